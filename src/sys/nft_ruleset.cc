#include "sys/nft_ruleset.h"

#include <nftables/libnftables.h>

#include <cstdlib>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/text.h"

namespace minibox::sys {
namespace {

struct ContextDeleter {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

std::string run(const std::string& script, unsigned output_flags) {
  static std::mutex turn;
  const std::scoped_lock lock(turn);
  const std::unique_ptr<nft_ctx, ContextDeleter> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context || nft_ctx_buffer_output(context.get()) != 0 || nft_ctx_buffer_error(context.get()) != 0) {
    throw Error(ErrorKind::kInternal, "libnftables can't be started");
  }
  nft_ctx_output_set_flags(context.get(), output_flags);
  if (nft_run_cmd_from_buffer(context.get(), script.c_str()) != 0) {
    const std::string text = nft_ctx_get_error_buffer(context.get());
    throw Error(ErrorKind::kInternal,
                "nftables refused a change: " + std::string(trim(text.substr(0, text.find('\n')))))
        .with_hint("the kernel needs nf_tables with nat, fib and conntrack (CONFIG_NFT_NAT, CONFIG_NFT_FIB_IPV4)");
  }
  return nft_ctx_get_output_buffer(context.get());
}

}  // namespace

void run_nft(const std::string& script) {
  run(script, 0);
}

std::string list_nft_json(const std::string& command) {
  return run(command, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE);
}

}  // namespace minibox::sys
