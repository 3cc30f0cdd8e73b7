// Carries a program's standard streams: its output to the log and to every client, the clients' input to it. Part of a
// poll loop: watch() what it waits for, serve() what is ready. Owns both ends' descriptors.
//
// The client that started the program (the first one) is its terminal or pipe: when it is slow the program waits, when
// its input ends or it goes away the program's stdin ends.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "runtime/shim/client_stream.h"
#include "runtime/shim/stdio.h"
#include "sys/poll_set.h"

namespace minibox::runtime::shim {

class Relay {
 public:
  Relay(StdioEnds ends, sys::Fd log, ClientStream client);  // `log` may be invalid, the client detached

  void watch(sys::PollSet& set);
  std::vector<int> serve(const sys::PollSet& set);  // -> signals for the program

  void drain();                   // after the program's end: what the pipes still hold
  void send_exit(int exit_code);  // the last word to the clients
  void flush();                   // waits until they have read all of it, or gone

 private:
  std::optional<size_t> copy_some(const sys::Fd& from, wire::Stream stream);
  void drain(const sys::Fd& from, wire::Stream stream);
  void write_log(std::string_view bytes);
  void serve_client(short events, std::vector<int>& signals);
  void feed();
  void resize(std::uint32_t size);
  const sys::Fd& input() const { return ends_.terminal ? ends_.out : ends_.in; }

  StdioEnds ends_;
  sys::Fd log_;
  ClientStream client_;
  bool log_cut_ = false;
  size_t out_at_ = 0;  // places in the PollSet of the last watch()
  size_t err_at_ = 0;
  size_t in_at_ = 0;
  size_t client_at_ = 0;
};

}  // namespace minibox::runtime::shim
