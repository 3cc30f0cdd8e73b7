#include "runtime/shim/stdio.h"

#include <fcntl.h>

#include "sys/file.h"

namespace minibox::runtime::shim {

StdioPair make_pipes(bool input) {
  StdioPair pair;
  sys::Pipe out = sys::make_pipe();
  sys::Pipe err = sys::make_pipe();
  pair.mine.out = std::move(out.read);
  pair.mine.err = std::move(err.read);
  pair.theirs = {{}, std::move(out.write), std::move(err.write)};
  if (input) {
    sys::Pipe in = sys::make_pipe();
    pair.mine.in = std::move(in.write);
    pair.theirs.in = std::move(in.read);
  } else {
    pair.theirs.in = sys::open_file("/dev/null", O_RDONLY);
  }
  return pair;
}

StdioPair make_joint_pipe() {
  sys::Pipe out = sys::make_pipe();
  StdioPair pair;
  pair.mine.out = std::move(out.read);
  sys::Fd err = out.write.duplicate();
  pair.theirs = {sys::open_file("/dev/null", O_RDONLY), std::move(out.write), std::move(err)};
  return pair;
}

StdioPair make_nothing() {
  return {{},
          {sys::open_file("/dev/null", O_RDONLY), sys::open_file("/dev/null", O_WRONLY),
           sys::open_file("/dev/null", O_WRONLY)}};
}

StdioPair await_terminal() {
  return {{.in = {}, .out = {}, .err = {}, .terminal = true}, {}};
}

}  // namespace minibox::runtime::shim
