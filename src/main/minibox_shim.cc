// minibox-shim: one per container, spawned by miniboxd with its control socket as descriptor 3. Not for use by hand.
#include <sys/prctl.h>

#include <cstdio>

#include "base/error.h"
#include "runtime/shim/supervisor.h"

int main() {
  constexpr int kControl = 3;
  ::prctl(PR_SET_NAME, "minibox-shim", 0, 0, 0);  // executed from memory, it would be called by a number
  try {
    minibox::sys::Fd control(kControl);
    minibox::sys::set_cloexec(control, true);
    return minibox::runtime::shim::supervise(std::move(control));
  } catch (const minibox::Error& error) {
    std::fprintf(stderr, "minibox-shim: %s\n", error.text().c_str());
    return 1;
  }
}
