// nftables scripts through libnftables: for set-up, where a rule set reads best as text. One script is one transaction.
// Elements of maps on the hot path go through sys/nft_socket.h, twenty times cheaper. Acts on the network namespace of
// the calling thread. Any thread: calls take turns, for libnftables has state that all its contexts share.
#pragma once

#include <string>

namespace minibox::sys {

void run_nft(const std::string& script);
std::string list_nft_json(const std::string& command);  // "list chains ip" -> JSON text with handles

}  // namespace minibox::sys
