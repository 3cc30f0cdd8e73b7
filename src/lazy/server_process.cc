#include "lazy/server_process.h"

#include <chrono>

#include "base/error.h"
#include "sys/memory_file.h"
#include "sys/seqpacket.h"

namespace minibox::lazy {
namespace {

constexpr std::chrono::seconds kDeadline{30};  // for mounting and reading indexes: no network is needed

}  // namespace

sys::Child start_server(const std::string& program, const Config& config, const sys::Fd& log) {
  auto [mine, theirs] = sys::make_socket_pair();
  sys::Child process = sys::spawn(program, {"minibox-lazy"}, {}, theirs);
  theirs.reset();
  const sys::Fd text = sys::make_memory_file("minibox-lazy-config", config.print());
  sys::send_packet(mine, "serve", {text.get(), log.get()});
  if (!sys::wait_readable(mine, kDeadline))
    throw Error(ErrorKind::kTimeout, "minibox-lazy did not start within " + std::to_string(kDeadline.count()) + " s");
  const auto answer = sys::receive_packet(mine);
  if (!answer) throw Error(ErrorKind::kInternal, "minibox-lazy ended without a word");
  if (answer->bytes == "ready") return process;
  const size_t blank = answer->bytes.find(' ');
  throw Error(kind_from_name(answer->bytes.substr(0, blank)), answer->bytes.substr(blank + 1));
}

}  // namespace minibox::lazy
