#include "cli/ps_selection.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace minibox::cli {
namespace {

void add(Containers& containers, const char* id, const char* name, const char* status,
         std::map<std::string, std::string> labels) {
  wire::ContainerInfo& info = containers[id];
  info.id = id;
  info.name = name;
  info.status = status;
  info.labels = std::move(labels);
}

Containers some() {
  Containers containers;
  add(containers, "0a000001", "web-1", "running", {{"tier", "front"}});
  add(containers, "0b000002", "db", "exited", {{"tier", "back"}, {"x", ""}});
  return containers;
}

std::string ids(const PsFilter& filter) {
  return container_ids(filter.apply(some()), true);
}

PsFilter filter_of(const std::vector<std::string>& words) {
  PsFilter filter;
  for (const std::string& word : words) filter.add(word);
  return filter;
}

TEST(PsFilter, EachKeyChooses) {
  EXPECT_EQ(ids(filter_of({})), "0a000001\n0b000002\n");
  EXPECT_EQ(ids(filter_of({"name=eb"})), "0a000001\n");
  EXPECT_EQ(ids(filter_of({"id=0b"})), "0b000002\n");
  EXPECT_EQ(ids(filter_of({"status=exited"})), "0b000002\n");
  EXPECT_EQ(ids(filter_of({"label=tier"})), "0a000001\n0b000002\n");
  EXPECT_EQ(ids(filter_of({"label=tier=front"})), "0a000001\n");
}

TEST(PsFilter, OneOfSeveralNamesAndAllLabels) {
  EXPECT_EQ(ids(filter_of({"name=web", "name=db"})), "0a000001\n0b000002\n");
  EXPECT_EQ(ids(filter_of({"label=tier", "label=x"})), "0b000002\n");
  EXPECT_EQ(ids(filter_of({"name=web", "status=exited"})), "");
  EXPECT_THROW(filter_of({"status=bogus"}), Error);
}

TEST(PsFilter, UnknownKeysAreRefused) {
  for (const char* word : {"", "name", "name=", "colour=red"}) EXPECT_THROW(filter_of({word}), Error) << word;
}

TEST(PsFormat, FieldsAreReplaced) {
  EXPECT_EQ(containers_formatted(some(), false, "{{.ID}}: {{ .Names }} {{.Labels}}"), "0a000001: web-1 tier=front\n");
  EXPECT_EQ(containers_formatted(some(), true, "{{.State}}"), "running\nexited\n");
  EXPECT_EQ(containers_formatted(some(), false, R"({{.ID}}\t{{.Names}}\x)"), "0a000001\tweb-1\\x\n");
  EXPECT_THROW(containers_formatted(some(), true, "{{.Nope}}"), Error);
  EXPECT_THROW(containers_formatted(some(), true, "table {{.ID}}"), Error);
  EXPECT_EQ(containers_formatted(some(), false, "open {{.ID"), "open {{.ID\n");
}

}  // namespace
}  // namespace minibox::cli
