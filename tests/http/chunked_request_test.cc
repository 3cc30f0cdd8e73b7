// Requests whose body comes in chunks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server_fixture.h"

namespace minibox::test {
namespace {

using testing::StartsWith;

class ChunkedRequestTest : public ServerTest {};

// Story: neither the limit of heads nor that of bodies counts what stands between the chunks of a body. A field of a
// trailer with more than 64 KiB was an exception out of the event loop: the end of the daemon.
TEST_F(ChunkedRequestTest, WhatStandsBetweenChunksIsBounded) {
  start();
  const std::string head =
      request("POST /containers/run", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
  const std::string image = "\r\n{\"image\": \"missing\"}\r\n0\r\n";
  const std::string long_text(70'000, 'a');
  EXPECT_THAT(exchange(head + "14;name=value" + image + "\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(exchange(head + "14;" + long_text + image + "\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange(head + "14" + image + "Trailer: " + long_text + "\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

}  // namespace
}  // namespace minibox::test
