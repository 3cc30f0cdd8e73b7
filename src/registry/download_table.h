// Which blobs are being fetched just now, so that several pulls of one blob fetch it once: the first claims it, the
// others wait, look again, and find it there, or, when the first has failed, fetch it themselves. Any thread may call.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>

#include "oci/digest.h"

namespace minibox::registry {

class DownloadTable {
 public:
  class Claim {
   public:
    Claim(DownloadTable& table, const oci::Digest& digest) : table_(table), digest_(digest) {}
    ~Claim() { table_.release(digest_); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    DownloadTable& table_;
    oci::Digest digest_;
  };

  // Waits while somebody else has it. kCancelled.
  Claim claim(const oci::Digest& digest, std::stop_token stop);

 private:
  void release(const oci::Digest& digest);

  std::mutex mutex_;
  std::condition_variable_any released_;
  std::set<oci::Digest> claimed_;
};

}  // namespace minibox::registry
