// No attack but its measure: a program with threads must work under the filter (glibc tries clone3 first). Each thread
// prints the filter mode that it runs under.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static void* report(void* unused) {
  char path[64];
  char line[128];
  snprintf(path, sizeof path, "/proc/self/task/%ld/status", syscall(SYS_gettid));
  FILE* status = fopen(path, "re");
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    int mode;
    if (sscanf(line, "Seccomp: %d", &mode) == 1) printf("mode %d\n", mode);
  }
  if (status != NULL) fclose(status);
  return unused;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) {
    if (pthread_create(&threads[i], NULL, report, NULL) != 0) return 1;
  }
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  return 0;
}
