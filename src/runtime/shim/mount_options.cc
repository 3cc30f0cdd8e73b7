#include "runtime/shim/mount_options.h"

#include <sys/mount.h>

#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace minibox::runtime {
namespace {

struct Word {
  std::string_view name;
  std::uint64_t set;
  std::uint64_t clear;
};

constexpr std::array kWords = {
    Word{"ro", MOUNT_ATTR_RDONLY, 0},
    Word{"rw", 0, MOUNT_ATTR_RDONLY},
    Word{"nosuid", MOUNT_ATTR_NOSUID, 0},
    Word{"suid", 0, MOUNT_ATTR_NOSUID},
    Word{"nodev", MOUNT_ATTR_NODEV, 0},
    Word{"dev", 0, MOUNT_ATTR_NODEV},
    Word{"noexec", MOUNT_ATTR_NOEXEC, 0},
    Word{"exec", 0, MOUNT_ATTR_NOEXEC},
    Word{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    Word{"relatime", 0, MOUNT_ATTR__ATIME},
};

bool apply_attribute(MountOptions& options, std::string_view word) {
  for (const Word& entry : kWords) {
    if (entry.name != word) continue;
    options.attributes.set = (options.attributes.set & ~entry.clear) | entry.set;
    options.attributes.clear = (options.attributes.clear & ~entry.set) | entry.clear;
    return true;
  }
  return false;
}

}  // namespace

MountOptions parse_options(const oci::Mount& mount) {
  MountOptions options;
  for (const std::string& word : mount.options) {
    if (apply_attribute(options, word)) continue;
    if (word == "bind") continue;
    if (word == "rbind") {
      options.recursive_bind = true;
      options.attributes.recursive = true;
      continue;
    }
    if (mount.type == "bind") throw Error(ErrorKind::kUnsupported, "unknown bind option " + quote(word));
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      options.data.emplace_back(word, "");
    } else {
      options.data.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return options;
}

bool is_prepared_by_shim(const oci::Mount& mount) {
  return mount.destination == "/" || mount.type == "bind" || mount.type == "sysfs" || mount.destination == "/dev";
}

}  // namespace minibox::runtime
