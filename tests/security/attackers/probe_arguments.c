// System calls that are allowed with some arguments only: namespaces by clone and clone3, address families of socket,
// also with bits above the 32 that the kernel looks at (a filter compares 64), and personalities.
// Prints a line a try: what, and the errno's number or 0 when it worked.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char* what, long result) {
  printf("%s %d\n", what, result < 0 ? errno : 0);
}

// A child that the kernel lets us have is ended at once.
static void try_clone(const char* what, unsigned long flags) {
  fflush(stdout);
  const long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  report(what, child);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
}

static void try_clone3(void) {
  struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  fflush(stdout);
  const long child = syscall(SYS_clone3, &args, sizeof args);
  if (child == 0) _exit(0);
  report("clone3-newuser", child);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
}

static void try_socket(const char* what, unsigned long family, unsigned long type, unsigned long protocol) {
  const long fd = syscall(SYS_socket, family, type, protocol);
  report(what, fd);
  if (fd >= 0) close((int)fd);
}

static void try_personality(const char* what, unsigned long value) {
  const long before = syscall(SYS_personality, value);
  report(what, before);
  if (before >= 0) syscall(SYS_personality, before);
}

int main(void) {
  const unsigned long high = 1UL << 32;
  try_clone("clone-plain", 0);
  try_clone("clone-newns", CLONE_NEWNS);
  try_clone("clone-newcgroup", CLONE_NEWCGROUP);
  try_clone("clone-newuts", CLONE_NEWUTS);
  try_clone("clone-newipc", CLONE_NEWIPC);
  try_clone("clone-newuser", CLONE_NEWUSER);
  try_clone("clone-newpid", CLONE_NEWPID);
  try_clone("clone-newnet", CLONE_NEWNET);
  try_clone("clone-newuser-high", CLONE_NEWUSER | high);
  try_clone3();
  try_socket("socket-inet", AF_INET, SOCK_STREAM, 0);
  try_socket("socket-unix", AF_UNIX, SOCK_STREAM, 0);
  try_socket("socket-netlink", AF_NETLINK, SOCK_RAW, 0);
  try_socket("socket-alg", AF_ALG, SOCK_SEQPACKET, 0);
  try_socket("socket-alg-high", AF_ALG | high, SOCK_SEQPACKET, 0);
  try_socket("socket-vsock", AF_VSOCK, SOCK_STREAM, 0);
  try_socket("socket-vsock-high", AF_VSOCK | high, SOCK_STREAM, 0);
  try_socket("socket-packet", AF_PACKET, SOCK_RAW, 0);
  try_socket("socket-raw", AF_INET, SOCK_RAW, IPPROTO_ICMP);
  try_personality("personality-plain", 0);
  try_personality("personality-read-implies-exec", 0x0400000);
  try_personality("personality-no-randomize", 0x0040000);
  return 0;
}
