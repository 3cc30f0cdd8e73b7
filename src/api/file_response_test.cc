#include "api/file_response.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "sys/file.h"

namespace minibox::api {
namespace {

class FileResponse : public ::testing::Test {
 protected:
  Response answer(const std::string& range) const {
    Request request;
    if (!range.empty()) request.headers["range"] = range;
    return file_response(request, sys::open_file(path_, O_RDONLY));
  }

  sys::TempDir dir_{"/tmp", "minibox-api-test."};
  const std::string path_ = dir_.path() + "/file";
};

std::string content_range(const Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "Content-Range") return value;
  }
  return "";
}

TEST_F(FileResponse, OneRangeIsAPart) {
  sys::write_file(path_, "0123456789");
  struct Row {
    const char* range;
    std::uint64_t offset;
    std::uint64_t size;
    const char* content_range;
  };
  for (const Row& row : {Row{"bytes=2-4", 2, 3, "bytes 2-4/10"}, Row{"bytes=7-", 7, 3, "bytes 7-9/10"},
                         Row{"bytes=-4", 6, 4, "bytes 6-9/10"}, Row{"bytes=-99", 0, 10, "bytes 0-9/10"},
                         Row{"Bytes=0-99", 0, 10, "bytes 0-9/10"}, Row{"bytes=9-9", 9, 1, "bytes 9-9/10"}}) {
    const Response response = answer(row.range);
    EXPECT_EQ(response.status, 206) << row.range;
    ASSERT_TRUE(response.file);
    EXPECT_EQ(response.file->offset, row.offset) << row.range;
    EXPECT_EQ(response.file->size, row.size) << row.range;
    EXPECT_EQ(content_range(response), row.content_range);
  }
}

TEST_F(FileResponse, WhatIsNotOneRangeOfBytesIsTheWholeFile) {
  sys::write_file(path_, "0123456789");
  for (const char* range : {"", "bytes=", "bytes=-", "bytes=4-2", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=1",
                            "bytes=99999999999999999999-"}) {
    const Response response = answer(range);
    EXPECT_EQ(response.status, 200) << range;
    EXPECT_EQ(response.body_size(), 10u) << range;
    EXPECT_EQ(content_range(response), "");
  }
}

TEST_F(FileResponse, RangeBeyondTheEndIsRefusedWithTheSize) {
  sys::write_file(path_, "0123456789");
  for (const char* range : {"bytes=10-", "bytes=10-20", "bytes=-0"}) {
    const Response response = answer(range);
    EXPECT_EQ(response.status, 416) << range;
    EXPECT_EQ(response.body_size(), 0u);
    EXPECT_EQ(content_range(response), "bytes */10");
  }
  sys::write_file(path_, "");
  EXPECT_EQ(answer("bytes=-5").status, 416);
  EXPECT_EQ(answer("").status, 200);
}

}  // namespace
}  // namespace minibox::api
