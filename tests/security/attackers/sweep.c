// Opens every regular file below the given directories for writing, without writing, and prints those that it gets;
// at the end how many it tried. Files without a write bit don't count: the kernel opens them for root, but takes
// nothing. The directories of processes are left out: they are the container's own.
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int tried;

static int is_process(const char* path) {
  return strncmp(path, "/proc/", 6) == 0 && (isdigit((unsigned char)path[6]) || strncmp(path + 6, "self", 4) == 0 ||
                                             strncmp(path + 6, "thread-self", 11) == 0);
}

static int visit(const char* path, const struct stat* info, int type, struct FTW* position) {
  (void)position;
  if (is_process(path)) return type == FTW_D || type == FTW_DNR ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
  if (type != FTW_F || !S_ISREG(info->st_mode)) return FTW_CONTINUE;
  ++tried;
  const int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return FTW_CONTINUE;
  if ((info->st_mode & 0222) != 0) printf("WRITABLE %s\n", path);
  close(fd);
  return FTW_CONTINUE;
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (nftw(argv[i], visit, 16, FTW_PHYS | FTW_ACTIONRETVAL) != 0) return 1;
  }
  printf("tried %d\n", tried);
  return 0;
}
