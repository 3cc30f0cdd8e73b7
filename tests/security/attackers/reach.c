// Connects to an address that routing would keep from us, over a network device of our choice:
//   reach DEVICE ADDRESS PORT
// SO_BINDTODEVICE needs no capability: bound to eth0, 127.0.0.1 is looked for on the bridge and not on lo
// (CVE-2020-8558). Prints "connected", followed by what a request for /ping brings, or the error.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int failed(const char* what) {
  printf("%s %s\n", what, strerrorname_np(errno));
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct timeval patience = {.tv_usec = 500000};
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[3]))};
  if (fd < 0 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) return 2;
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, argv[1], (socklen_t)strlen(argv[1]) + 1) != 0)
    return failed("bind to device");
  if (connect(fd, (struct sockaddr*)&to, sizeof to) != 0) return failed("connect");
  printf("connected\n");
  const char request[] = "GET /ping HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";
  char answer[1024];
  if (write(fd, request, sizeof request - 1) < 0) return failed("write");
  const ssize_t size = read(fd, answer, sizeof answer);
  if (size > 0) fwrite(answer, 1, (size_t)size, stdout);
  return 0;
}
