#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/undo.h"

namespace minibox {
namespace {

TEST(Error, TextReadsFromTheOutsideIn) {
  Error error = Error::from_errno("open_tree('/srv/a')", ENOENT);
  error.add_context("bind volume '/srv/a' at '/data'").add_context("cannot start container 'web'");
  EXPECT_EQ(error.text(),
            "cannot start container 'web': bind volume '/srv/a' at '/data': open_tree('/srv/a'): "
            "No such file or directory (ENOENT)");
  EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
}

TEST(Error, MisleadingErrnoCarriesAHint) {
  EXPECT_NE(Error::from_errno("clone3()", EPERM).hint().find("max_user_namespaces"), std::string::npos);
  EXPECT_EQ(Error::from_errno("open('/x')", ENOENT).hint(), "");
}

TEST(Error, EveryKindHasANameThatComesBack) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    EXPECT_EQ(kind_from_name(kind_name(static_cast<ErrorKind>(kind))), static_cast<ErrorKind>(kind));
  }
}

TEST(Undo, RunsLastFirstAndOnlyWhenNotCommitted) {
  std::string order;
  {
    Undo undo;
    undo.push([&] { order += "1"; });
    undo.push([&] { order += "2"; });
  }
  EXPECT_EQ(order, "21");
  {
    Undo undo;
    undo.push([&] { order += "3"; });
    undo.commit();
  }
  EXPECT_EQ(order, "21");
}

TEST(Undo, ASecondFailureIsAttachedAndDoesNotReplaceTheFirst) {
  Undo undo;
  undo.push([] { throw Error(ErrorKind::kInternal, "second"); });
  try {
    undo.fail(Error(ErrorKind::kConflict, "first"));
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "first; while undoing: second");
    EXPECT_EQ(error.kind(), ErrorKind::kConflict);
  }
}

}  // namespace
}  // namespace minibox
