// What the processes of minibox-lazy may do once they read what comes from outside. For single-threaded callers.
#pragma once

#include <string>
#include <vector>

namespace minibox::lazy {

// No debugger and no core dump: the memory holds credentials, or rights that others lack.
void make_undumpable();

// Becomes user 65534 with these capabilities and no way to get others.
void drop_rights(const std::vector<std::string>& kept);

}  // namespace minibox::lazy
