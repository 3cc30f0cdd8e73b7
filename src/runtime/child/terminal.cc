// The program's terminal: a pair of the container's own devpts, so that its name inside (/dev/pts/0) is true and
// nothing of the host's is in it. The master goes to the shim.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "runtime/shim/protocol.h"
#include "sys/mount.h"
#include "sys/root_dir.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::child {
namespace {

constexpr char kMultiplexer[] = "/dev/pts/ptmx";
const dev_t kMultiplexerDevice = makedev(5, 2);

// When something is executed in a container, its /dev is what its programs have made of it.
sys::Fd open_master() {
  sys::Fd master(::open(kMultiplexer, O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC));
  if (!master) throw Error::from_errno(std::string("open('") + kMultiplexer + "')", errno);
  struct stat info{};
  struct statfs system{};
  if (::fstat(master.get(), &info) != 0 || ::fstatfs(master.get(), &system) != 0) {
    throw Error::from_errno("fstat()", errno);
  }
  if (!S_ISCHR(info.st_mode) || info.st_rdev != kMultiplexerDevice || system.f_type != DEVPTS_SUPER_MAGIC) {
    throw Error(ErrorKind::kInvalid, std::string("'") + kMultiplexer + "' of the container is no terminal multiplexer");
  }
  return master;
}

// By ioctl and not by name: what stands at /dev/pts/N does not matter (ioctl_tty(2), TIOCGPTPEER).
sys::Fd open_peer(const sys::Fd& master) {
  int locked = 0;
  if (::ioctl(master.get(), TIOCSPTLCK, &locked) != 0) throw Error::from_errno("ioctl(TIOCSPTLCK)", errno);
  sys::Fd peer(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!peer) throw Error::from_errno("ioctl(TIOCGPTPEER)", errno);
  return peer;
}

}  // namespace

void open_terminal(const oci::RuntimeSpec& spec, ChildState& state) {
  const oci::Process& process = spec.process;
  if (!process.terminal) return;
  const sys::Fd master = open_master();
  const sys::Fd terminal = open_peer(master);
  winsize size{};
  size.ws_row = static_cast<unsigned short>(process.console_height);
  size.ws_col = static_cast<unsigned short>(process.console_width);
  if (size.ws_row != 0 && ::ioctl(master.get(), TIOCSWINSZ, &size) != 0)
    throw Error::from_errno("ioctl(TIOCSWINSZ)", errno);
  // The group stays devpts' own (gid=5): programs look for it there.
  if (::fchown(terminal.get(), process.user.uid, static_cast<gid_t>(-1)) != 0)
    throw Error::from_errno("fchown(the terminal)", errno);
  if (::ioctl(terminal.get(), TIOCSCTTY, 0) != 0) throw Error::from_errno("ioctl(TIOCSCTTY)", errno);
  for (int fd = 0; fd < 3; ++fd) {
    if (::dup2(terminal.get(), fd) < 0) throw Error::from_errno("dup2()", errno);
  }
  sys::send_packet(state.channel, Message{MessageType::kTerminal, {}}.print(), {master.get()});
}

void bind_console(const oci::RuntimeSpec& spec, ChildState&) {
  if (!spec.process.terminal) return;
  const sys::RootDir root = sys::RootDir::open("/");
  const sys::RootDir::Parent dev = root.open_parent("/dev/console");
  const sys::Fd target(::openat(dev.dir.get(), dev.name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target) throw Error::from_errno("openat('/dev/console')", errno);
  const sys::Fd terminal(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!terminal) throw Error::from_errno("fcntl(F_DUPFD_CLOEXEC)", errno);
  sys::attach(sys::clone_tree(terminal, "", false), target, "/dev/console");
}

}  // namespace minibox::runtime::child
