// Tries system calls that a container must not have, through one of the three entries of an x86-64 kernel:
//   probe_calls native|i386|x32
// Prints a line a call: its name and the errno's number, or 0 when it worked. Every argument is -1, with which nothing
// here does harm, and each call has a process of its own: an entry that the kernel lacks kills it, which prints
// "killed".
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kNone = -1, kX32Bit = 0x40000000 };

struct call {
  const char* name;
  long native;
  long i386;
};

// The numbers are spelt out: the C library's headers know those of one entry only.
static const struct call kCalls[] = {
    {"_sysctl", 156, 149},
    {"acct", 163, 51},
    {"add_key", 248, 286},
    {"bpf", 321, 357},
    {"clock_adjtime", 305, 343},
    {"clock_settime", 227, 264},
    {"create_module", 174, 127},
    {"delete_module", 176, 129},
    {"fanotify_init", 300, 338},
    {"finit_module", 313, 350},
    {"fsconfig", 431, 431},
    {"fsmount", 432, 432},
    {"fsopen", 430, 430},
    {"fspick", 433, 433},
    {"get_kernel_syms", 177, 130},
    {"get_mempolicy", 239, 275},
    {"init_module", 175, 128},
    {"io_uring_enter", 426, 426},
    {"io_uring_register", 427, 427},
    {"io_uring_setup", 425, 425},
    {"ioperm", 173, 101},
    {"iopl", 172, 110},
    {"kcmp", 312, 349},
    {"kexec_file_load", 320, kNone},
    {"kexec_load", 246, 283},
    {"keyctl", 250, 288},
    {"listmount", 458, 458},
    {"lookup_dcookie", 212, 253},
    {"lsm_set_self_attr", 460, 460},
    {"mbind", 237, 274},
    {"migrate_pages", 256, 294},
    {"modify_ldt", 154, 123},
    {"mount", 165, 21},
    {"mount_setattr", 442, 442},
    {"move_mount", 429, 429},
    {"move_pages", 279, 317},
    {"name_to_handle_at", 303, 341},
    {"nfsservctl", 180, 169},
    {"open_by_handle_at", 304, 342},
    {"open_tree", 428, 428},
    {"perf_event_open", 298, 336},
    {"pidfd_getfd", 438, 438},
    {"pivot_root", 155, 217},
    {"process_madvise", 440, 440},
    {"process_vm_readv", 310, 347},
    {"process_vm_writev", 311, 348},
    {"ptrace", 101, 26},
    {"quotactl", 179, 131},
    {"quotactl_fd", 443, 443},
    {"reboot", 169, 88},
    {"request_key", 249, 287},
    {"set_mempolicy", 238, 276},
    {"setdomainname", 171, 121},
    {"sethostname", 170, 74},
    {"setns", 308, 346},
    {"settimeofday", 164, 79},
    {"statmount", 457, 457},
    {"swapoff", 168, 115},
    {"swapon", 167, 87},
    {"sysfs", 139, 135},
    {"syslog", 103, 103},
    {"umount2", 166, 52},
    {"unshare", 272, 310},
    {"uselib", 134, 86},
    {"userfaultfd", 323, 374},
    {"ustat", 136, 62},
    {"vhangup", 153, 111},
    {"vm86", kNone, 166},
    // Harmless everywhere: the entry itself is what is asked for.
    {"getpid", 39, 20},
};

static long call_native(long number) {
  return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 ? errno : 0;
}

static long call_i386(long number) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(-1L), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L)
                   : "memory", "r8", "r9", "r10", "r11");
  return (int)result < 0 ? -(int)result : 0;
}

static long number_of(const struct call* call, const char* entry) {
  if (strcmp(entry, "i386") == 0) return call->i386;
  return strcmp(entry, "x32") == 0 && call->native != kNone ? call->native | kX32Bit : call->native;
}

static int probe(const struct call* call, const char* entry) {
  const long number = number_of(call, entry);
  if (number == kNone) return 0;
  fflush(stdout);
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) _exit((int)(strcmp(entry, "i386") == 0 ? call_i386(number) : call_native(number)));
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 1;
  if (WIFEXITED(status)) {
    printf("%s %d\n", call->name, WEXITSTATUS(status));
  } else {
    printf("%s killed\n", call->name);
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (size_t i = 0; i < sizeof kCalls / sizeof kCalls[0]; ++i) {
    if (probe(&kCalls[i], argv[1]) != 0) return 1;
  }
  return 0;
}
