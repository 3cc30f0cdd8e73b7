// Files read for answers. A cold file on a slow disk blocks whoever reads it, so the event loop does not; and no reader
// keeps a thread while its client is slow, for each piece is a job of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "api/http.h"
#include "api/lane.h"

namespace minibox::api {

// Event loop only. Reads the next piece on a thread of the short lane, takes it off `body` and resumes on the loop;
// empty: the file has become shorter. Throws what the reading threw, and lane_is_full(). `body` and `lanes` must live
// until then, and lanes be joined before the loop goes.
boost::asio::awaitable<std::string> read_piece(Lanes& lanes, FileBody& body);

}  // namespace minibox::api
