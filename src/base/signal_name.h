// Signals by name and number, as kill(1) takes them.
#pragma once

#include <optional>
#include <string>

namespace minibox {

// "HUP", "SIGHUP", "hup" or "1"; "RTMIN", "RTMIN+3", "RTMAX-2"; nothing for what is no signal.
std::optional<int> parse_signal(const std::string& text);
std::string signal_name(int number);  // "SIGHUP"; the number where there is no name

}  // namespace minibox
