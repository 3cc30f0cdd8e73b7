#include "sys/port_reservation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "base/error.h"

namespace minibox::sys {
namespace {

void set_reuse(const Fd& socket, int on) {
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    throw Error::from_errno("setsockopt(SO_REUSEADDR)", errno);
  }
}

}  // namespace

PortReservation& PortReservation::operator=(PortReservation&& other) noexcept {
  if (this == &other) return *this;
  release();
  socket_ = std::move(other.socket_);
  return *this;
}

void PortReservation::release() noexcept {
  if (!socket_) return;
  // posix_spawn gives the child a copy of every descriptor until it execs, and the kernel keeps the port with the last
  // one. A copy with SO_REUSEADDR is in nobody's way. Nothing can fail here, and if it did the close would do.
  const int on = 1;
  static_cast<void>(::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  socket_.reset();
}

std::optional<PortReservation> try_reserve_port(std::uint32_t address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(address);
  name.sin_port = htons(port);
  // With SO_REUSEADDR only where it must be: else a TIME_WAIT connection would count as an owner, but a port that was
  // bound with it can be bound with it again for as long as the kernel remembers (Linux 6.1).
  for (const int reuse : {0, 1}) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) throw Error::from_errno("socket(AF_INET)", errno);
    set_reuse(socket, reuse);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) {
      // From here no other socket can listen on the port, one with SO_REUSEADDR neither: listen(2) checks again.
      set_reuse(socket, 0);
      return PortReservation(std::move(socket));
    }
    if (errno != EADDRINUSE) throw Error::from_errno("bind(port " + std::to_string(port) + ")", errno);
  }
  return std::nullopt;
}

}  // namespace minibox::sys
