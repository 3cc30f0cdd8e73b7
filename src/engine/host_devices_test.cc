#include "engine/host_devices.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::engine {
namespace {

TEST(HostDevices, RequestsAreOneToThreeParts) {
  EXPECT_EQ(parse_device_request("/dev/fuse").container, "/dev/fuse");
  EXPECT_EQ(parse_device_request("/dev/fuse").access, "rwm");
  EXPECT_EQ(parse_device_request("/dev/fuse:r").access, "r");
  EXPECT_EQ(parse_device_request("/dev/fuse:/dev/other").container, "/dev/other");
  EXPECT_EQ(parse_device_request("/dev/fuse:/dev/a/b:rw").access, "rw");
  for (const char* text : {"", "fuse", "/dev/fuse:", "/dev/fuse:/etc/x", "/dev/fuse:/dev/../etc",
                           "/dev/fuse:/dev/x:rwx", "/dev/fuse:/dev/null", "/dev/fuse:/dev/pts/9",
                           "/dev/fuse:/dev/shm/x", "/dev/fuse:/dev/x:r:w", "/dev/fuse:/dev//x", "/dev/fuse:/dev/"})
    EXPECT_THROW(parse_device_request(text), Error) << text;
}

TEST(HostDevices, OnlyDevicesAreDevices) {
  const auto devices = find_host_devices({"/dev/zero:/dev/mine:r"});
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].device.major, 1u);
  EXPECT_EQ(devices[0].device.minor, 5u);
  EXPECT_EQ(devices[0].access, "r");
  EXPECT_THROW(find_host_devices({"/etc/passwd:/dev/x"}), Error);
  EXPECT_THROW(find_host_devices({"/nonexistent-minibox:/dev/x"}), Error);
  EXPECT_THROW(find_host_devices({"/dev/zero:/dev/x", "/dev/full:/dev/x"}), Error);
}

}  // namespace
}  // namespace minibox::engine
