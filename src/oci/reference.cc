#include "oci/reference.h"

#include <algorithm>

#include "base/error.h"
#include "base/registry_name.h"
#include "base/text.h"

namespace minibox::oci {
namespace {

// Of "host/path": what registries and other clients take (distribution spec, "Pulling manifests").
constexpr size_t kMaxName = 255;
constexpr size_t kMaxTag = 128;
constexpr size_t kDigest = 7 + 64;
constexpr size_t kMaxReference = kMaxName + 1 + kMaxTag + 1 + kDigest;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower_alnum(char c) {
  return is_lower(c) || is_digit(c);
}
bool is_alnum(char c) {
  return is_lower_alnum(c) || is_upper(c);
}

[[noreturn]] void invalid(std::string_view text, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "invalid image name " + quote(text) + ": " + why);
}

// Between two alphanumerics: ".", "_", "__" or any number of "-".
bool is_separator(std::string_view run) {
  if (run == "." || run == "_" || run == "__") return true;
  return !run.empty() && run.find_first_not_of('-') == std::string_view::npos;
}

bool is_path_component(std::string_view part) {
  if (part.empty() || !is_lower_alnum(part.front()) || !is_lower_alnum(part.back())) return false;
  for (size_t at = 0; at < part.size();) {
    if (is_lower_alnum(part[at])) {
      ++at;
      continue;
    }
    const auto next = std::find_if(part.begin() + static_cast<std::ptrdiff_t>(at), part.end(), is_lower_alnum);
    const size_t end = static_cast<size_t>(next - part.begin());
    if (!is_separator(part.substr(at, end - at))) return false;
    at = end;
  }
  return true;
}

bool is_host_name(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  }
  for (const std::string& label : split(host, '.')) {
    if (label.empty() || !is_alnum(label.front()) || !is_alnum(label.back())) return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; })) return false;
  }
  return true;
}

void check_host(std::string_view text, std::string_view host) {
  const HostPort parts = split_host_port(host);
  if (!is_host_name(parts.host)) invalid(text, "bad registry host " + quote(host));
  if (parts.port && !parse_int(*parts.port, 1, 65535)) {
    invalid(text, "bad registry port in " + quote(host));
  }
}

void check_path(std::string_view text, std::string_view path) {
  for (const std::string& part : split(path, '/')) {
    if (is_path_component(part)) continue;
    if (part.empty()) invalid(text, "empty name component");
    if (std::any_of(part.begin(), part.end(), is_upper)) invalid(text, "upper-case letters are not allowed");
    invalid(text, "bad component " + quote(part) +
                      ", expected lower-case letters and digits with single '.', '_' or '-' between");
  }
}

void check_tag(std::string_view text, std::string_view tag) {
  const auto is_word = [](char c) { return is_alnum(c) || c == '_'; };
  const bool good = !tag.empty() && tag.size() <= kMaxTag && is_word(tag.front()) &&
                    std::all_of(tag.begin(), tag.end(), [&](char c) { return is_word(c) || c == '.' || c == '-'; });
  if (!good) invalid(text, "bad tag " + quote(tag));
}

}  // namespace

Reference Reference::parse(std::string_view text) {
  if (text.empty()) invalid(text, "it is empty");
  if (text.size() > kMaxReference) invalid(text, "longer than " + std::to_string(kMaxReference) + " characters");

  Reference reference;
  reference.text_ = text;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest_ =
        with_context("invalid image name " + quote(text), [&] { return Digest::parse(rest.substr(at + 1)); });
    rest = rest.substr(0, at);
  }
  if (const std::string_view host = registry_host_in(rest); !host.empty()) {
    reference.host_ = host;
    check_host(text, host);
    rest = rest.substr(host.size() + 1);
  }
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    reference.tag_ = rest.substr(colon + 1);
    check_tag(text, reference.tag_);
    rest = rest.substr(0, colon);
  }
  check_path(text, rest);
  reference.path_ = rest;
  if (reference.repository_name().size() > kMaxName) {
    invalid(text, "the name without tag and digest is longer than 255 characters");
  }
  return reference;
}

std::string Reference::registry() const {
  return normal_registry(host_);
}

std::string Reference::repository() const {
  const bool official = registry() == kDefaultRegistry && path_.find('/') == std::string::npos;
  return official ? "library/" + path_ : path_;
}

std::string Reference::name() const {
  return repository_name() + ":" + (tag_.empty() ? "latest" : tag_);
}

}  // namespace minibox::oci
