#include "registry/authorizer.h"

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "registry/answer_error.h"

namespace minibox::registry {
namespace {

constexpr size_t kMaxTokenAnswer = 1u << 20;
constexpr size_t kMaxToken = 64u << 10;
constexpr std::int64_t kDefaultLife = 60;  // seconds, what a token server means that does not say
constexpr std::int64_t kLongestLife = 3600;
constexpr std::int64_t kMargin = 5;  // before its end a token is not used any more

const Challenge* find_scheme(const std::vector<Challenge>& challenges, const std::string& scheme) {
  const auto found =
      std::find_if(challenges.begin(), challenges.end(), [&](const Challenge& c) { return c.scheme == scheme; });
  return found == challenges.end() ? nullptr : &*found;
}

std::string parse_token(const oci::JsonObject& answer) {
  std::string token = answer.text("token");
  if (token.empty()) token = answer.text("access_token");
  const bool good = !token.empty() && token.size() <= kMaxToken &&
                    std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!good) throw Error(ErrorKind::kUnavailable, "the answer holds no token");
  return token;
}

}  // namespace

std::string Authorizer::basic() const {
  return "Basic " + base64_encode(credentials_->username + ":" + credentials_->password);
}

std::string Authorizer::header(const Scopes& scopes) const {
  const std::lock_guard lock(mutex_);
  if (use_basic_) return basic();
  const auto token = tokens_.find(scopes);
  if (token == tokens_.end() || token->second.expires <= std::chrono::steady_clock::now()) return {};
  return "Bearer " + token->second.text;
}

bool Authorizer::sends_password() const {
  const std::lock_guard lock(mutex_);
  return use_basic_;
}

bool Authorizer::learn(const std::string& challenge_field, const Scopes& scopes, const std::string& refused,
                       std::stop_token stop) {
  const std::vector<Challenge> challenges = parse_challenges(challenge_field);
  if (const Challenge* bearer = find_scheme(challenges, "bearer")) {
    Token token = fetch_token(*bearer, scopes, std::move(stop));
    const std::lock_guard lock(mutex_);
    use_basic_ = false;
    tokens_[scopes] = std::move(token);
    return true;
  }
  if (!find_scheme(challenges, "basic") || !credentials_ || refused.starts_with("Basic ")) return false;
  const std::lock_guard lock(mutex_);
  use_basic_ = true;
  return true;
}

Url Authorizer::token_url(const Challenge& challenge, const Scopes& scopes) const {
  Url url =
      with_context("token server of " + endpoint_.origin(), [&] { return Url::parse(challenge.parameter("realm")); });
  // The registry is whoever its certificate says. It must not send our password where anybody can read it.
  if (endpoint_.tls && !url.tls) {
    throw Error(ErrorKind::kDenied, "the registry " + endpoint_.origin() + " has its tokens at " + url.origin() +
                                        ", without TLS: the credentials are not sent there");
  }
  if (const std::string service = challenge.parameter("service"); !service.empty()) url.add_query("service", service);
  // Ours and not those of the challenge: a token must be good for nothing that we did not mean to do.
  for (const std::string& scope : scopes) url.add_query("scope", scope);
  if (credentials_) url.add_query("account", credentials_->username);
  return url;
}

Authorizer::Token Authorizer::fetch_token(const Challenge& challenge, const Scopes& scopes,
                                          std::stop_token stop) const {
  HttpRequest request;
  request.url = token_url(challenge, scopes);
  request.headers = {{"Accept", "application/json"}, {"User-Agent", kUserAgent}};
  if (credentials_) request.headers.emplace_back("Authorization", basic());
  return with_context("token from " + request.url.print_without_query(), [&] {
    const auto exchange = http_.send(request, std::move(stop));
    if (exchange->head().status != 200) throw answer_error(*exchange, credentials_.has_value());
    const std::string body = exchange->read_all(kMaxTokenAnswer);
    const oci::Json document = oci::parse_document(body, "the token server's answer");
    const oci::JsonObject answer(document, "the token server's answer");
    const std::int64_t life =
        std::clamp<std::int64_t>(answer.integer("expires_in", kDefaultLife), 2 * kMargin, kLongestLife);
    return Token{parse_token(answer), std::chrono::steady_clock::now() + std::chrono::seconds(life - kMargin)};
  });
}

}  // namespace minibox::registry
