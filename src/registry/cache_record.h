// What a build cache in a registry consists of: for each block one record, an OCI artifact whose tag is made of the
// block's key. Its one layer is the block's, under the media type of a layer, so that the registry's own garbage
// collection and replication know what belongs to it; annotations say the rest.
//
// A record is hostile until proven otherwise: that the blob is what its digest says is seen while it comes, that it
// unpacks to the diff_id is for the caller to see. That it is what the block's steps make can't be seen at all: who may
// write to the repository decides that.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "oci/descriptor.h"
#include "registry/blobs.h"
#include "registry/client.h"
#include "registry/push.h"

namespace minibox::registry {

struct CacheRecord {
  std::string key;  // of the block: 64 hex digits
  oci::Descriptor layer;
  oci::Digest diff_id;
  bool operator==(const CacheRecord&) const = default;

  // kCorrupt unless it is a record, and of this key.
  static CacheRecord parse(std::string_view bytes, const std::string& key);
  std::string print() const;
};

// Empty when the repository has none under this tag, or is not there. kCorrupt for what is no record of this key.
std::optional<CacheRecord> find_cache_record(Client& client, const std::string& tag, const std::string& key,
                                             const std::stop_token& stop, const OnRetry& on_retry);

// What is the same for all records, and must be there before any: once, before push_cache_record().
void prepare_cache_push(Client& client, const std::stop_token& stop, const OnRetry& on_retry);

struct CacheRecordPush {
  const CacheRecord& record;
  std::string tag;
  size_t number;  // among `count`, from 1, for the events
  size_t count;
  const KnownAt& known_at;
};
void push_cache_record(Client& client, const CacheRecordPush& push, BlobSource& source, PushEvents& events,
                       const std::stop_token& stop);

}  // namespace minibox::registry
