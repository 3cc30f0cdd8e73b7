// Sends one UDP datagram, "spoofed", that seems to come from somebody else:  spoof FROM TO PORT MAC-OF-TO
// By every means that a program has: a raw IP header, a frame of its own (from its own hardware address, and an ARP
// answer that claims FROM), a transparent socket, a bound foreign address. Prints how far each got.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char kText[] = "spoofed\n";

struct datagram {
  struct iphdr ip;
  struct udphdr udp;
  char text[sizeof kText - 1];
} __attribute__((packed));

static void report(const char* how, long result) {
  printf("%s %s\n", how, result < 0 ? strerrorname_np(errno) : "SENT");
}

static unsigned short checksum(const void* bytes, size_t size) {
  const unsigned short* words = bytes;
  unsigned sum = 0;
  for (size_t i = 0; i < size / 2; ++i) sum += words[i];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return (unsigned short)~sum;
}

static struct datagram make_datagram(in_addr_t from, const struct sockaddr_in* to) {
  struct datagram made = {.ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .saddr = from},
                          .udp = {.source = htons(53), .dest = to->sin_port}};
  made.ip.daddr = to->sin_addr.s_addr;
  made.ip.tot_len = htons(sizeof made);
  made.udp.len = htons(sizeof made.udp + sizeof made.text);
  made.ip.check = checksum(&made.ip, sizeof made.ip);
  memcpy(made.text, kText, sizeof made.text);
  return made;
}

static void try_raw(const struct datagram* datagram, const struct sockaddr_in* to) {
  const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (fd < 0) {
    report("raw", -1);
    return;
  }
  report("raw", sendto(fd, datagram, sizeof *datagram, 0, (const struct sockaddr*)to, sizeof *to));
  close(fd);
}

static void try_frame(const struct datagram* datagram, const unsigned char* mac) {
  const int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
  if (fd < 0) {
    report("frame", -1);
    return;
  }
  struct sockaddr_ll to = {.sll_family = AF_PACKET,
                           .sll_protocol = htons(ETH_P_IP),
                           .sll_ifindex = (int)if_nametoindex("eth0"),
                           .sll_halen = ETH_ALEN};
  memcpy(to.sll_addr, mac, ETH_ALEN);
  report("frame", sendto(fd, datagram, sizeof *datagram, 0, (struct sockaddr*)&to, sizeof to));
  close(fd);
}

// "FROM is at my hardware address", to everybody.
static void try_arp(in_addr_t from, in_addr_t to) {
  const int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP));
  if (fd < 0) {
    report("arp", -1);
    return;
  }
  struct ifreq own = {.ifr_name = "eth0"};
  ioctl(fd, SIOCGIFHWADDR, &own);
  struct ether_arp claim = {.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
                                       .ar_pro = htons(ETH_P_IP),
                                       .ar_hln = ETH_ALEN,
                                       .ar_pln = 4,
                                       .ar_op = htons(ARPOP_REPLY)}};
  memcpy(claim.arp_sha, own.ifr_hwaddr.sa_data, ETH_ALEN);
  memset(claim.arp_tha, 0xff, ETH_ALEN);
  memcpy(claim.arp_spa, &from, 4);
  memcpy(claim.arp_tpa, &to, 4);
  struct sockaddr_ll all = {.sll_family = AF_PACKET,
                            .sll_protocol = htons(ETH_P_ARP),
                            .sll_ifindex = (int)if_nametoindex("eth0"),
                            .sll_halen = ETH_ALEN,
                            .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  report("arp", sendto(fd, &claim, sizeof claim, 0, (struct sockaddr*)&all, sizeof all));
  close(fd);
}

static void try_bound(const char* how, int option, in_addr_t from, const struct sockaddr_in* to) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const int on = 1;
  const struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {from}};
  if (setsockopt(fd, IPPROTO_IP, option, &on, sizeof on) != 0 ||
      bind(fd, (const struct sockaddr*)&own, sizeof own) != 0) {
    report(how, -1);
  } else {
    report(how, sendto(fd, kText, sizeof kText - 1, 0, (const struct sockaddr*)to, sizeof *to));
  }
  close(fd);
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const in_addr_t from = inet_addr(argv[1]);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[3]))};
  unsigned char mac[ETH_ALEN];
  if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1 ||
      sscanf(argv[4], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6)
    return 2;
  const struct datagram datagram = make_datagram(from, &to);
  try_bound("freebind", IP_FREEBIND, from, &to);
  try_bound("transparent", IP_TRANSPARENT, from, &to);
  try_raw(&datagram, &to);
  try_frame(&datagram, mac);
  try_arp(from, to.sin_addr.s_addr);
  return 0;
}
