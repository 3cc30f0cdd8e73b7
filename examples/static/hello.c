#include <stdio.h>
#include <unistd.h>

int main(void) {
  printf("hello, and there is %s shell\n", access("/bin/sh", X_OK) == 0 ? "a" : "no");
  return 0;
}
