#include "runtime/plan_volumes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace minibox::runtime {
namespace {

constexpr std::int64_t kDefaultShmMb = 64;
constexpr std::int64_t kDatabaseShmMb = 256;

[[noreturn]] void invalid(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::kInvalid, message).with_hint(hint);
}

// "/a//b/" -> "/a/b"; anything that is not a place below "/" is refused.
std::string volume_destination(const std::string& path) {
  std::string normal;
  bool good = path.starts_with("/");
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    good = good && part != "..";
    normal += "/" + part;
  }
  for (const char* taken : {"/proc", "/sys", "/dev"}) {
    if (normal == taken || normal.starts_with(std::string(taken) + "/")) {
      invalid("a volume can't be at " + quote(normal) + ": the container's own " + taken + " is there",
              normal == "/dev/shm" ? "its size is set by --shm-size" : "");
    }
  }
  if (good && !normal.empty()) return normal;
  invalid("invalid container volume path " + quote(path), "give an absolute path below '/', as in -v /srv/data:/data");
}

oci::Mount plan_volume(const std::string& source, const std::string& target, const oci::RuntimeSpec& spec) {
  const size_t colon = target.find(':');
  const std::string mode = colon == std::string::npos ? "rw" : target.substr(colon + 1);
  if (source.empty() || source[0] != '/') invalid("volume source " + quote(source) + " is not an absolute path");
  if (mode != "ro" && mode != "rw") invalid("volume option " + quote(mode) + " is not 'ro' or 'rw'");
  return {volume_destination(target.substr(0, colon)),
          "bind",
          source,
          {"rbind", mode, "nosuid", "nodev"},
          spec.uid_mappings,
          spec.gid_mappings};
}

// The words a user may give; suid and dev are not among them.
void check_tmpfs_option(const std::string& option) {
  constexpr std::array<std::string_view, 8> kFlags = {"ro",     "rw",    "exec",    "noexec",
                                                      "nosuid", "nodev", "noatime", "relatime"};
  constexpr std::array<std::string_view, 5> kValues = {"size", "mode", "uid", "gid", "nr_inodes"};
  const size_t equals = option.find('=');
  const std::string_view name = std::string_view(option).substr(0, equals);
  const bool known = equals == std::string::npos ? std::find(kFlags.begin(), kFlags.end(), name) != kFlags.end()
                                                 : std::find(kValues.begin(), kValues.end(), name) != kValues.end();
  if (!known) {
    invalid("unknown tmpfs option " + quote(option),
            "known: ro rw exec noexec nosuid nodev noatime relatime size= mode= uid= gid= nr_inodes=");
  }
}

bool has_option(const std::vector<std::string>& options, std::string_view start) {
  return std::any_of(options.begin(), options.end(),
                     [&](const std::string& option) { return option.starts_with(start); });
}

oci::Mount plan_tmpfs(const std::string& path, const std::string& words, const oci::RuntimeSpec& spec) {
  oci::Mount mount{volume_destination(path), "tmpfs", "tmpfs", {"noexec", "nosuid", "nodev"}, {}, {}};
  for (const std::string& option : split(words, ',')) {
    if (option.empty()) continue;
    check_tmpfs_option(option);
    mount.options.push_back(option);
  }
  if (!has_option(mount.options, "mode=")) mount.options.emplace_back("mode=1777");
  if (!has_option(mount.options, "size=") && spec.resources.memory_limit)
    mount.options.push_back("size=" + std::to_string(*spec.resources.memory_limit / 2));
  return mount;
}

}  // namespace

bool is_volume_name(const std::string& name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.empty() || name.size() > 64 || !alphanumeric(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

void check_volume_name(const std::string& name) {
  if (is_volume_name(name)) return;
  invalid("invalid volume name " + quote(name),
          "letters, digits, '_', '.' and '-', at most 64, beginning with a letter or digit");
}

std::vector<oci::Mount> plan_volumes(const wire::RunRequest& request, const std::string& named_dir,
                                     const oci::RuntimeSpec& spec) {
  std::vector<oci::Mount> volumes;
  for (const auto& [source, target] : request.volumes) volumes.push_back(plan_volume(source, target, spec));
  for (const auto& [name, target] : request.named_volumes) {
    check_volume_name(name);
    volumes.push_back(plan_volume(named_dir + "/" + name, target, spec));
  }
  for (const auto& [path, options] : request.tmpfs) volumes.push_back(plan_tmpfs(path, options, spec));
  std::sort(volumes.begin(), volumes.end(),
            [](const oci::Mount& a, const oci::Mount& b) { return a.destination < b.destination; });
  for (size_t i = 1; i < volumes.size(); ++i) {
    if (volumes[i].destination == volumes[i - 1].destination) {
      invalid("two volumes for " + quote(volumes[i].destination) + ": " + quote(volumes[i - 1].source) + " and " +
              quote(volumes[i].source));
    }
  }
  // Servers that write to /tmp do so into memory, and an earlier life's files are not there.
  const bool tmp_taken =
      std::any_of(volumes.begin(), volumes.end(), [](const oci::Mount& mount) { return mount.destination == "/tmp"; });
  if (request.db_mode && !tmp_taken) volumes.push_back(plan_tmpfs("/tmp", "", spec));
  return volumes;
}

std::vector<std::string> plan_shm_options(const wire::RunRequest& request) {
  const std::int64_t size = request.shm_size != 0 ? request.shm_size : request.db_mode ? kDatabaseShmMb : kDefaultShmMb;
  return {"nosuid", "nodev", "noexec", "mode=1777", "size=" + std::to_string(size << 10) + "k"};
}

}  // namespace minibox::runtime
