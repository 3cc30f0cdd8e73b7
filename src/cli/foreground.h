// A program whose streams are ours for a while (run without -d, exec): its stdout and stderr become ours, byte for byte
// and nothing else, ours becomes its stdin if asked for; its exit status becomes ours.
//
// Signals (INT, TERM, HUP, QUIT, USR1, USR2) go to the program instead of ending us. One that comes before it has
// started is kept for it; a second one then ends us with 128+signal. The third INT or TERM kills the program: it may
// ignore what the user asks for, its user not. When the kernel has killed a process of the container for want of
// memory, a line on stderr says so at the end.
//
// When whoever reads our stdout or stderr has left (EPIPE), the program gets SIGPIPE, as it would if it held the pipe
// itself, so `minibox run busybox yes | head -1` ends; Docker's client dies and leaves the container running. The rest
// of that stream is dropped and the exit status still waited for. Any other write error is reported, the rest of the
// stream dropped, and the exit status is 125.
#pragma once

#include "cli/program_stream.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

// -> exit status of the program; Error (exit code 125, 126 or 127) when it did not start or its shim was lost.
// `joint` was checked; `auth` is for an image that is run lazily.
int run_in_foreground(client::Client& client, const wire::RunRequest& request, const wire::RegistryAuth& auth,
                      const Joint& joint, const Style& stderr_style);
int exec_in_foreground(client::Client& client, const wire::ExecRequest& request, const Joint& joint);

// To a container that runs; whether it reads input and has a terminal is its own affair.
int attach_in_foreground(client::Client& client, const std::string& reference, Joint joint);
// The same to one that does not run yet.
int start_in_foreground(client::Client& client, const std::string& reference, Joint joint);

}  // namespace minibox::cli
