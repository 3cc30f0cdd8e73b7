// "name|uid[:group|gid]" to numbers, by the image's own /etc/passwd and /etc/group.
#pragma once

#include <string>
#include <vector>

#include "engine/engine_state.h"
#include "oci/runtime_spec.h"
#include "sys/root_dir.h"

namespace minibox::engine {

struct ResolvedUser {
  oci::User ids;
  std::string home = "/root";
};

// Empty is root. Unknown names are Error kInvalid, never a fallback to root. A number without a group gets gid = its
// passwd entry's group, or 0 as in Docker when there is no entry.
ResolvedUser resolve_user(EngineState& state, const std::string& user, const std::vector<oci::Digest>& layers);

// The same against a snapshot that has changes of its own, as during a build.
ResolvedUser resolve_user_in_snapshot(EngineState& state, const std::string& user, const std::string& directory,
                                      const std::vector<oci::Digest>& layers);

// The same against the files of a container that runs: `root` is its root directory.
ResolvedUser resolve_user_beneath(const sys::RootDir& root, const std::string& user);

// The pure part.
ResolvedUser resolve_user_in(const std::string& user, const std::string& passwd, const std::string& group);

}  // namespace minibox::engine
