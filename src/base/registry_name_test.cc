#include "base/registry_name.h"

#include <gtest/gtest.h>

namespace minibox {
namespace {

TEST(RegistryName, IsWhatCouldBeNoPathOfTheDefaultOne) {
  EXPECT_EQ(registry_host_in("busybox"), "");
  EXPECT_EQ(registry_host_in("team/app:1"), "");
  EXPECT_EQ(registry_host_in("localhost/app"), "localhost");
  EXPECT_EQ(registry_host_in("quay.io/a/b"), "quay.io");
  EXPECT_EQ(registry_host_in("lan:5000/a"), "lan:5000");
  EXPECT_EQ(registry_host_in("Lan/a"), "Lan");
}

TEST(RegistryName, HasOneSpelling) {
  for (const char* name : {"", "docker.io", "https://index.docker.io/v1/", "registry-1.docker.io", "Docker.IO"}) {
    EXPECT_EQ(normal_registry(name), "docker.io") << name;
  }
  EXPECT_EQ(normal_registry("https://Quay.io/"), "quay.io");
  EXPECT_EQ(normal_registry("localhost:5000"), "localhost:5000");
}

}  // namespace
}  // namespace minibox
