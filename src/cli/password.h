// A password from where it is not seen: stdin, or the terminal without echo.
#pragma once

#include <string>

namespace minibox::cli {

std::string read_password_from_stdin();               // up to its end, without the last line feed
std::string ask(const std::string& question);         // at the terminal; kInvalid when there is none
std::string ask_secret(const std::string& question);  // the same, unseen

}  // namespace minibox::cli
