#include "api/file_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <optional>

#include "sys/file.h"

namespace minibox::api {
namespace {

namespace asio = boost::asio;

class FileReaderTest : public ::testing::Test {
 protected:
  FileBody body(const std::string& content, std::uint64_t offset, std::uint64_t size) {
    sys::write_file(dir_.path() + "/f", content);
    return {sys::open_file(dir_.path() + "/f", O_RDONLY), offset, size};
  }
  void read(FileBody& from) {
    asio::co_spawn(loop_, read_piece(lanes_, from), [this](const std::exception_ptr& error, std::string bytes) {
      error_ = error;
      piece_ = std::move(bytes);
    });
  }

  sys::TempDir dir_{"/tmp", "minibox-file-reader-test."};
  asio::io_context loop_{1};
  Lanes lanes_{{.short_calls = 1, .long_calls = 1, .followers = 1, .stops = 1, .kills = 1}};
  std::exception_ptr error_;
  std::optional<std::string> piece_;
};

TEST_F(FileReaderTest, TheLoopGoesOnWhileAReadLasts) {
  std::promise<void> disk;
  ASSERT_TRUE(lanes_.try_submit(Lane::kShort, [held = disk.get_future().share()] { held.wait(); }));
  FileBody from = body("one\ntwo\n", 4, 4);
  read(from);
  loop_.poll();
  EXPECT_FALSE(piece_) << "read by the loop itself";
  disk.set_value();
  loop_.run();
  EXPECT_EQ(piece_, "two\n");
  EXPECT_EQ(from.size, 0u);
  EXPECT_EQ(from.offset, 8u);
}

TEST_F(FileReaderTest, AFileThatBecameShorterHasNoMorePieces) {
  FileBody from = body("one\n", 4, 10);
  read(from);
  loop_.run();
  EXPECT_EQ(piece_, "");
  EXPECT_EQ(from.size, 10u);
}

TEST_F(FileReaderTest, ErrorsReachTheReader) {
  FileBody directory{sys::open_dir(dir_.path()), 0, 10};
  read(directory);
  loop_.run();
  ASSERT_TRUE(error_);
  EXPECT_THROW(std::rethrow_exception(error_), Error);
  lanes_.join();
  error_ = nullptr;
  loop_.restart();
  read(directory);
  loop_.run();
  EXPECT_TRUE(error_) << "a lane that takes nothing more";
}

}  // namespace
}  // namespace minibox::api
