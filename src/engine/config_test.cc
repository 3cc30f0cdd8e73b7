#include "engine/config.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace minibox::engine {
namespace {

Config from(const std::map<std::string, std::string>& environment) {
  return Config::from_environment([&](const char* name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

TEST(Config, DefaultsAreTheDocumentedOnes) {
  const Config config = from({});
  EXPECT_EQ(config.data_root, "/var/lib/minibox");
  EXPECT_EQ(config.http_address, "127.0.0.1:8080");
  EXPECT_EQ(config.socket, "/run/minibox/minibox.sock");
  EXPECT_EQ(config.bridge, "minibox0");
  EXPECT_EQ(config.subnet, "172.19.0.0/24");
  EXPECT_EQ(config.cgroup_parent(), "/minibox");
  EXPECT_TRUE(config.bridge_on_startup);
}

TEST(Config, DaemonsWithOtherBridgesHaveOtherCgroups) {
  EXPECT_EQ(from({{"MINIBOX_BRIDGE", "mb7"}}).cgroup_parent(), "/minibox-mb7");
}

TEST(Config, OnlyZeroSwitchesTheBridgeAtStartOff) {
  EXPECT_FALSE(from({{"MINIBOX_BRIDGE_ON_STARTUP", "0"}}).bridge_on_startup);
  EXPECT_TRUE(from({{"MINIBOX_BRIDGE_ON_STARTUP", "no"}}).bridge_on_startup);
  EXPECT_TRUE(from({}).index_layers);
  EXPECT_TRUE(from({}).index_on_startup);
  EXPECT_FALSE(from({{"MINIBOX_INDEX_LAYERS", "0"}}).index_layers);
  EXPECT_TRUE(from({{"MINIBOX_INDEX_LAYERS", "off"}}).index_layers);
  EXPECT_FALSE(from({{"MINIBOX_INDEX_ON_STARTUP", "0"}}).index_on_startup);
}

TEST(Config, ListsAreTrimmedAndEmptyOnesAreTheDefault) {
  EXPECT_EQ(from({{"MINIBOX_BUILD_PREFIXES", " /a , /b,,"}}).build_prefixes, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(from({{"MINIBOX_BUILD_PREFIXES", " , "}}).build_prefixes, Config().build_prefixes);
}

TEST(Config, BadValuesNameVariableAndValue) {
  for (const auto& [name, value] : std::map<std::string, std::string>{{"MINIBOX_SUBUID_BASE", "-1"},
                                                                      {"MINIBOX_SUBUID_COUNT", "10"},
                                                                      {"MINIBOX_DEFAULT_MEMORY", "64m"},
                                                                      {"MINIBOX_DATA_ROOT", "relative"},
                                                                      {"MINIBOX_SOCKET", "relative"}}) {
    try {
      from({{name, value}});
      ADD_FAILURE() << name << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(error.text().find(name + "='" + value + "'"), std::string::npos) << error.text();
      EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
    }
  }
}

}  // namespace
}  // namespace minibox::engine
