// Tries to get privileges by executing files that give some.
//   privileges show              prints the effective user and capabilities
//   privileges give FILE         puts the capabilities that a container may have on the file
//   privileges as UID COMMAND... becomes that user, then executes
#define _GNU_SOURCE
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static int show(void) {
  char line[256];
  printf("euid %d egid %d\n", (int)geteuid(), (int)getegid());
  FILE* status = fopen("/proc/self/status", "re");
  if (status == NULL) return 1;
  while (fgets(line, sizeof line, status) != NULL) {
    if (strncmp(line, "Cap", 3) == 0) fputs(line, stdout);
  }
  fclose(status);
  return 0;
}

static int give(const char* file) {
  struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};
  data.data[0].permitted = 0xa80425fb;
  if (setxattr(file, "security.capability", &data, sizeof data, 0) == 0) return 0;
  perror("setxattr");
  return 1;
}

static int as(uid_t uid, char** command) {
  if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0) {
    perror("setresuid");
    return 1;
  }
  execv(command[0], command);
  perror(command[0]);
  return 1;
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "show") == 0) return show();
  if (argc == 3 && strcmp(argv[1], "give") == 0) return give(argv[2]);
  if (argc > 3 && strcmp(argv[1], "as") == 0) return as((uid_t)atoi(argv[2]), argv + 3);
  return 2;
}
