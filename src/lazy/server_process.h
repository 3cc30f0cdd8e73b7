// The daemon's side of lazy/server.h.
#pragma once

#include <string>

#include "lazy/config.h"
#include "sys/process.h"

namespace minibox::lazy {

// Starts the program and returns when every layer of the config can be used under its path. The process lives on
// without us; it is ours to reap. Throws the server's own Error; what it has mounted by then nobody serves, and the
// caller unmounts it.
sys::Child start_server(const std::string& program, const Config& config, const sys::Fd& log);

}  // namespace minibox::lazy
