// Bytes from a client without a known end (client/upload.h is the other side): frames of stdin on an upgraded
// connection, the last one empty. The handler's thread reads them; the answer is text or an error, then a status.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "api/http.h"
#include "sys/fd.h"

namespace minibox::api {

// Takes the connection over and runs `work`, which reads as far as it likes; 0 is the end. What it answers with is sent
// to the client, and so is the Error it throws. kInvalid when the client did not ask for the upgrade.
using UploadSource = std::function<size_t(char* buffer, size_t size)>;
void serve_upload(const Request& request, Exchange& exchange,
                  const std::function<std::string(const UploadSource& source)>& work);

}  // namespace minibox::api
