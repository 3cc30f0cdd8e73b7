// CVE-2019-5736: the program that set a container up is seen from inside as /proc/1/exe. Whoever can open that for
// writing changes what the host's root executes next. Tries each way to a writable descriptor; prints what it got,
// writes nothing.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void report(const char* how, int result) {
  printf("%s %s\n", how, result < 0 ? strerrorname_np(errno) : "WRITABLE");
  if (result >= 0) close(result);
}

static void try_through(const char* how, const char* file, int flags) {
  char path[64];
  const int handle = open(file, flags | O_CLOEXEC);
  if (handle < 0) {
    printf("%s %s\n", how, strerrorname_np(errno));
    return;
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
  report(how, open(path, O_WRONLY | O_CLOEXEC));
  close(handle);
}

int main(int argc, char** argv) {
  const char* exe = argc > 1 ? argv[1] : "/proc/1/exe";
  report("write", open(exe, O_WRONLY | O_CLOEXEC));
  report("read-write", open(exe, O_RDWR | O_CLOEXEC));
  report("truncate", open(exe, O_WRONLY | O_TRUNC | O_CLOEXEC));
  report("chmod", chmod(exe, 0777));
  report("truncate-call", truncate(exe, 0));
  try_through("through-read", exe, O_RDONLY);
  try_through("through-path", exe, O_PATH);
  return 0;
}
