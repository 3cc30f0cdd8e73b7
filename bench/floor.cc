// The floor: what the kernel alone charges for "a container runs a program and is gone", with nothing around it.
// clone3 into every namespace, overlay root, proc, dev, sys, pivot_root, no capabilities, exec, reap. No daemon, no CLI
// protocol, no seccomp filter, no limits, no id mapping: nothing can start a container of this kind faster by much.
//   floor ROOTFS WORK_DIR PROGRAM [ARG...]
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace {

constexpr int kLastCapability = 63;

void check(long result, const char* call) {
  if (result >= 0) return;
  std::fprintf(stderr, "floor: %s: %s\n", call, std::strerror(errno));
  std::_Exit(125);
}

void make_dir(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) check(-1, path.c_str());
}

void mount_overlay(const std::string& lower, const std::string& work_dir) {
  for (const char* name : {"/upper", "/work", "/root"}) make_dir(work_dir + name);
  const std::string options =
      "lowerdir=" + lower + ",upperdir=" + work_dir + "/upper,workdir=" + work_dir + "/work,volatile";
  check(::mount("overlay", (work_dir + "/root").c_str(), "overlay", 0, options.c_str()), "mount overlay");
}

void make_device(const char* path, unsigned minor) {
  check(::mknod(path, S_IFCHR | 0666, makedev(1, minor)), path);
}

void mount_system_dirs() {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  for (const char* name : {"proc", "sys", "dev"}) make_dir(name);
  check(::mount("proc", "proc", "proc", kFlags, nullptr), "mount proc");
  check(::mount("sysfs", "sys", "sysfs", kFlags | MS_RDONLY, nullptr), "mount sysfs");
  check(::mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=65536k"), "mount dev");
  make_device("dev/null", 3);
  make_device("dev/zero", 5);
  make_device("dev/full", 7);
  make_device("dev/random", 8);
  make_device("dev/urandom", 9);
}

void enter_root(const std::string& root) {
  check(::chdir(root.c_str()), "chdir");
  mount_system_dirs();
  check(::syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(::umount2(".", MNT_DETACH), "umount old root");
}

void drop_capabilities() {
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;  // past the kernel's last one
  }
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

[[noreturn]] void run_child(const std::string& rootfs, const std::string& work_dir, char** argv) {
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
  mount_overlay(rootfs, work_dir);
  enter_root(work_dir + "/root");
  drop_capabilities();
  ::execv(argv[0], argv);
  check(-1, "exec");
  std::_Exit(127);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: floor ROOTFS WORK_DIR PROGRAM [ARG...]\n");
    return 2;
  }
  const std::string work_dir = std::string(argv[2]) + "/" + std::to_string(::getpid());
  make_dir(work_dir);
  clone_args args{};
  args.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
  args.exit_signal = SIGCHLD;
  const long child = ::syscall(SYS_clone3, &args, sizeof args);
  check(child, "clone3");
  if (child == 0) run_child(argv[1], work_dir, argv + 3);

  int status = 0;
  check(::waitpid(static_cast<pid_t>(child), &status, 0), "waitpid");
  std::filesystem::remove_all(work_dir);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
