#include "engine/registry_access.h"

#include "base/error.h"
#include "base/registry_name.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

constexpr size_t kMaxSettings = 1u << 20;

}  // namespace

std::optional<std::string> read_registries(const Config& config) {
  const auto text = sys::try_read_file(config.registries, kMaxSettings);
  if (text || !config.registries_given) return text;
  throw Error(ErrorKind::kInvalid, "MINIBOX_REGISTRIES=" + quote(config.registries) + ": no such file");
}

registry::Settings read_settings(const Config& config) {
  const auto text = read_registries(config);
  registry::Settings settings = text ? registry::Settings::parse(*text, config.registries) : registry::Settings();
  settings.proxies = config.proxies;
  return settings;
}

std::vector<registry::HostCredentials> credentials_of(const std::vector<wire::RegistryAuth>& auths) {
  std::vector<registry::HostCredentials> credentials;
  for (const wire::RegistryAuth& auth : auths) {
    if (!auth.empty()) credentials.push_back({normal_registry(auth.server), {auth.username, auth.password}});
  }
  return credentials;
}

registry::Access open_registries(const Config& config, const std::vector<wire::RegistryAuth>& auths) {
  return {read_settings(config), credentials_of(auths)};
}

bool is_sources_fault(const Error& error) {
  return error.kind() != ErrorKind::kCancelled && error.kind() != ErrorKind::kExhausted;
}

void add_login_hint(Error& error, const oci::Reference& image) {
  if (error.kind() != ErrorKind::kDenied || !error.hint().empty()) return;
  error.with_hint("log in: minibox login" + (image.host().empty() ? "" : " " + image.registry()));
}

}  // namespace minibox::engine
