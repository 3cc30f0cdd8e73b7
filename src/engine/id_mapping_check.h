// Whether this host can give containers a user namespace over layers and volumes that nobody has to chown.
#pragma once

#include <string>

namespace minibox::engine {

// Tries it: a user namespace, and a mount of `directory` seen through it. Error kUnsupported with the remedy when the
// kernel or the file system can't. For the daemon's start, before it has threads.
void check_id_mapping(const std::string& directory, unsigned base, unsigned count);

}  // namespace minibox::engine
