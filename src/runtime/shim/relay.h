// Carries a program's standard streams: its output to the log and to every client, the clients' input to it. Part of a
// poll loop: watch() what it waits for, serve() what is ready. Owns both ends' descriptors.
//
// Slow clients slow the program, as a slow pipe would: no more output is read while one of them has not taken what it
// was given. The client that started the program (run, exec) may take all the time it wants, as it may at the end of a
// pipe. One that attached later and takes nothing for kStall is dropped: a forgotten terminal must not stop a service.
//
// The starter's input is the program's stdin: when it ends, or the starter goes, stdin ends, unless it is a terminal.
// Input of attached clients is added; their end ends nothing.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "runtime/shim/client_stream.h"
#include "runtime/shim/log_writer.h"
#include "runtime/shim/stdio.h"
#include "sys/poll_set.h"

namespace minibox::runtime::shim {

class Relay {
 public:
  // Without `log` the output goes to clients only. A detached `starter` is none: then stdin stays open for those who
  // attach.
  Relay(StdioEnds ends, std::optional<LogWriter> log, ClientStream starter);

  void attach(ClientStream client);

  void watch(sys::PollSet& set);
  int timeout_ms() const;                           // until drop_stalled() has something to do; -1: never
  std::vector<int> serve(const sys::PollSet& set);  // -> signals for the program
  void drop_stalled();

  void drain();                                       // after the program's end: what the pipes still hold
  void send_exit(int exit_code, bool out_of_memory);  // the last word to the clients
  void flush();                                       // waits until they have read all of it, are gone, or were dropped

 private:
  std::optional<size_t> copy_some(const sys::Fd& from, wire::Stream stream);
  void drain(const sys::Fd& from, wire::Stream stream);
  void serve_client(ClientStream& client, short events, std::vector<int>& signals);
  void feed();
  void feed_from(ClientStream& client);
  void resize(std::uint32_t size);
  bool anybody_waits() const;
  const sys::Fd& input() const { return ends_.terminal ? ends_.out : ends_.in; }

  StdioEnds ends_;
  std::optional<LogWriter> log_;
  const bool has_starter_;
  std::vector<ClientStream> clients_;  // the starter is the first
  size_t out_at_ = 0;                  // places in the PollSet of the last watch()
  size_t err_at_ = 0;
  size_t in_at_ = 0;
  std::vector<size_t> clients_at_;
};

}  // namespace minibox::runtime::shim
