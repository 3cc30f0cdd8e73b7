// What goes into the Authorization header for one registry: nothing, Basic, or a Bearer token got for a scope
// (distribution spec, "token authentication"). Learns from the registry's 401 answers. Any thread may call.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/http_client.h"

namespace minibox::registry {

using Scopes = std::vector<std::string>;  // "repository:team/app:pull"

class Authorizer {
 public:
  // `http` must outlive this.
  Authorizer(HttpClient& http, Url endpoint, std::optional<Credentials> credentials)
      : http_(http), endpoint_(std::move(endpoint)), credentials_(std::move(credentials)) {}

  std::string header(const Scopes& scopes) const;  // "" when nothing is known to be needed
  bool sends_password() const;                     // in header(), not to a token server only
  // After a 401 to a request that had `refused` as its header: true when header() has something else now. kDenied when
  // the token server refuses, or must not be asked.
  bool learn(const std::string& challenge_field, const Scopes& scopes, const std::string& refused,
             std::stop_token stop);

 private:
  struct Token {
    std::string text;
    std::chrono::steady_clock::time_point expires;
  };

  std::string basic() const;
  Url token_url(const Challenge& challenge, const Scopes& scopes) const;
  Token fetch_token(const Challenge& challenge, const Scopes& scopes, std::stop_token stop) const;

  HttpClient& http_;
  const Url endpoint_;
  const std::optional<Credentials> credentials_;
  mutable std::mutex mutex_;
  bool use_basic_ = false;
  std::map<Scopes, Token> tokens_;
};

}  // namespace minibox::registry
