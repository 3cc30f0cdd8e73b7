// The set-up's last step on processes that break one promise each.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "sys/capability.h"
#include "sys/mount.h"
#include "sys/seqpacket.h"

namespace minibox::test {
namespace {

using runtime::child::ChildState;

struct Promise {
  oci::RuntimeSpec spec;  // root without any capability, nor a way to one
  ChildState state;
};
using Change = std::function<void(Promise&)>;

void keep_promise(Promise& promise) {
  if (promise.spec.process.no_new_privileges) runtime::child::set_no_new_privileges(promise.spec, promise.state);
  if (!promise.state.seccomp_program.empty()) runtime::child::load_seccomp_filter(promise.spec, promise.state);
  sys::drop_bounding_set(0);
  sys::set_capabilities({});
  runtime::child::close_other_descriptors(promise.spec, promise.state);
}

// What the last step says of a process that keeps its promise, except for what `before` or `after` that changes.
std::string verdict(const Change& before, const Change& after) {
  auto [mine, theirs] = sys::make_socket_pair();
  const pid_t pid = ::fork();
  if (pid == 0) {
    Promise promise;
    promise.state.channel = std::move(theirs);
    const sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    promise.state.seccomp_program.assign(reinterpret_cast<const char*>(&allow), sizeof allow);
    std::string text = "it holds";
    try {
      before(promise);
      keep_promise(promise);
      after(promise);
      runtime::child::verify_confinement(promise.spec, promise.state);
    } catch (const Error& error) {
      text = error.text();
    }
    sys::send_packet(promise.state.channel, text);
    ::_exit(0);
  }
  theirs.reset();
  const auto packet = sys::receive_packet(mine);
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
  return packet ? packet->bytes : "the child died";
}

const Change kNothing = [](Promise&) {};

std::string broken(const std::string& promise) {
  return "the confinement does not hold: " + promise;
}

// A mount namespace whose root is a new tmpfs; with `leave` the old root stays stacked upon it.
void move_to_new_root(Promise& promise, bool leave) {
  if (::unshare(CLONE_NEWNS) != 0) throw Error::from_errno("unshare()", errno);
  sys::make_private_recursive();
  sys::FsContext context("tmpfs");
  const sys::Fd root = context.create(0);
  sys::attach_at_root(root);
  promise.state.root_mount = sys::mount_id(root, "");
  if (!leave) {
    sys::pivot_to(root);
    return;
  }
  if (::fchdir(root.get()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0) throw Error::from_errno("pivot", errno);
}

TEST(VerifyConfinement, AcceptsWhatWasAskedFor) {
  EXPECT_EQ(verdict(kNothing, kNothing), "it holds");
  EXPECT_EQ(verdict([](Promise& promise) { move_to_new_root(promise, false); }, kNothing), "it holds");
}

TEST(VerifyConfinement, RefusesWithoutTheFilter) {
  EXPECT_EQ(verdict([](Promise& promise) { promise.state.seccomp_program.clear(); },
                    [](Promise& promise) { promise.spec.seccomp_json = "{}"; }),
            broken("seccomp is not in filter mode"));
}

TEST(VerifyConfinement, RefusesWhereNewPrivilegesArePossible) {
  EXPECT_EQ(verdict([](Promise& promise) { promise.spec.process.no_new_privileges = false; },
                    [](Promise& promise) { promise.spec.process.no_new_privileges = true; }),
            broken("new privileges are not forbidden"));
}

// One capability that was asked for and is not there stands for one that is there and was not asked for.
TEST(VerifyConfinement, RefusesOtherCapabilitiesInAnyOfTheFiveSets) {
  const auto after = [](std::vector<std::string> oci::Capabilities::* set) {
    return verdict(kNothing, [set](Promise& promise) { promise.spec.process.capabilities.*set = {"CAP_KILL"}; });
  };
  EXPECT_EQ(after(&oci::Capabilities::effective), broken("effective capabilities differ"));
  EXPECT_EQ(after(&oci::Capabilities::permitted), broken("permitted capabilities differ"));
  EXPECT_EQ(after(&oci::Capabilities::inheritable), broken("inheritable capabilities differ"));
  EXPECT_EQ(after(&oci::Capabilities::bounding), broken("the bounding set differs"));
  EXPECT_EQ(after(&oci::Capabilities::ambient), broken("ambient capabilities differ"));
}

TEST(VerifyConfinement, RefusesAnotherUserOrGroup) {
  EXPECT_EQ(verdict(kNothing, [](Promise& promise) { promise.spec.process.user.uid = 1; }), broken("the user differs"));
  EXPECT_EQ(verdict(kNothing, [](Promise& promise) { promise.spec.process.user.gid = 1; }),
            broken("the group differs"));
  EXPECT_EQ(verdict(kNothing, [](Promise& promise) { promise.spec.process.user.additional_gids = {1, 2, 3}; }),
            broken("supplementary groups differ"));
}

TEST(VerifyConfinement, RefusesWhileTheOldRootIsInReach) {
  EXPECT_EQ(verdict([](Promise& promise) { move_to_new_root(promise, true); }, kNothing),
            broken("the old root is still in reach"));
}

TEST(VerifyConfinement, RefusesAnOpenDescriptor) {
  EXPECT_EQ(verdict(kNothing, [](Promise&) { EXPECT_GT(::dup(0), 2); }), broken("a descriptor of the set-up is open"));
}

}  // namespace
}  // namespace minibox::test
