#include "network/hosts_file.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::network {
namespace {

TEST(HostsFile, HasLocalhostAndOneLineAName) {
  EXPECT_EQ(hosts_file({{"172.19.0.2", {"web", "0123abcd"}}}),
            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\n"
            "ff02::2\tip6-allrouters\n\n172.19.0.2\tweb\n172.19.0.2\t0123abcd\n");
}

TEST(HostsFile, NameCantAddALine) {
  EXPECT_THROW(hosts_file({{"172.19.0.2", {"web\n6.6.6.6\tbank"}}}), Error);
  EXPECT_THROW(hosts_file({{"172.19.0.2", {""}}}), Error);
  EXPECT_THROW(hostname_file("a b"), Error);
}

TEST(ResolvConf, DropsServersThatAContainerCantReach) {
  EXPECT_EQ(resolv_conf("# generated\nnameserver 127.0.0.53\nnameserver 10.0.0.1\nnameserver ::1\n"
                        "nameserver fe80::1%eth0\n  options  edns0 trust-ad\nsearch a.example b.example\n"),
            "nameserver 10.0.0.1\noptions edns0 trust-ad\nsearch a.example b.example\n");
}

TEST(ResolvConf, SaysSoWhenNoServerIsLeft) {
  EXPECT_EQ(resolv_conf("nameserver 127.0.0.1\nsearch x\n"),
            "search x\n# the host has no name server that a container can reach\n");
  EXPECT_FALSE(names_reachable_server("nameserver 127.0.0.53\n"));
  EXPECT_TRUE(names_reachable_server("nameserver 127.0.0.53\nnameserver\t9.9.9.9"));
}

}  // namespace
}  // namespace minibox::network
