// AF_UNIX SOCK_SEQPACKET: whole messages with descriptors (SCM_RIGHTS) between daemon, shim and container set-up.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

inline constexpr size_t kMaxMessage = 64 * 1024;
inline constexpr size_t kMaxPassedFds = 250;  // SCM_MAX_FD is 253

struct Packet {
  std::string bytes;
  std::vector<Fd> fds;
};

std::pair<Fd, Fd> make_socket_pair();
// `dir` and `name`: paths may be longer than sun_path allows, so they go through /proc/self/fd.
Fd listen_at(const Fd& dir, const std::string& name);
Fd connect_to(const Fd& dir, const std::string& name);  // kUnavailable when nobody listens, kNotFound when absent
Fd accept_one(const Fd& listener);

void send_packet(const Fd& socket, const std::string& bytes, const std::vector<int>& fds = {});
// Blocks. Empty at end of file; the other side's death may also show as ECONNRESET, which is end of file too.
std::optional<Packet> receive_packet(const Fd& socket);
// Waits until `fd` is readable or closed; false when the deadline passed first.
bool wait_readable(const Fd& fd, std::chrono::milliseconds deadline);

}  // namespace minibox::sys
