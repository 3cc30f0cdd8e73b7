#include "base/path.h"

#include <gtest/gtest.h>

namespace minibox {
namespace {

TEST(Path, ResolvedPathsStopAtTheRoot) {
  EXPECT_EQ(resolve_path("/app", "../../etc/./x//y"), "/etc/x/y");
  EXPECT_EQ(resolve_path("/app", "a/../b/"), "/app/b");
  EXPECT_EQ(resolve_path("/app", "/"), "/");
  EXPECT_EQ(resolve_path("/", "."), "/");
}

}  // namespace
}  // namespace minibox
