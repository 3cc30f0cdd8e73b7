// Holding a TCP port of the host for a container: a socket that is bound and never listens. Packets for a published
// port are redirected before they could reach it; it is there so that no program of the host takes the port while the
// container has it, and so that one that has it already is found.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "sys/fd.h"

namespace minibox::sys {

// Owns one reservation; destroying it frees the port at once, even while a process that is just being spawned has a
// copy of the socket.
class PortReservation {
 public:
  explicit PortReservation(Fd socket) : socket_(std::move(socket)) {}
  PortReservation(PortReservation&&) = default;
  PortReservation& operator=(PortReservation&& other) noexcept;
  ~PortReservation() { release(); }

  const Fd& socket() const { return socket_; }

 private:
  void release() noexcept;
  Fd socket_;
};

// IPv4 in host byte order; 0 is every address. Empty when the port is taken (EADDRINUSE); connections that linger in
// TIME_WAIT do not count. Other failures (address not of this host) throw.
std::optional<PortReservation> try_reserve_port(std::uint32_t address, std::uint16_t port);

}  // namespace minibox::sys
