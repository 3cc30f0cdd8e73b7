// minibox cp: the container's side. The daemon opens no path of the user's: the client reads and writes those.
#include "base/error.h"
#include "base/text.h"
#include "engine/archive.h"
#include "engine/container_files.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "sys/fs_identity.h"

namespace minibox::engine {
namespace {

void check_path(const std::string& path) {
  if (!path.starts_with("/")) throw Error(ErrorKind::kInvalid, "path " + quote(path) + " is not absolute");
}

}  // namespace

std::uint64_t Engine::copy_out(const std::string& reference, const std::string& path, const ArchiveSink& sink) const {
  check_path(path);
  const ContainerFiles files(*state_, state_->containers.find(reference));
  std::uint64_t left_out = 0;
  files.read([&](const ArchiveRoot& from) { left_out = pack_archive(from, path, sink); });
  return left_out;
}

void Engine::copy_in(const std::string& reference, const std::string& path, const ArchiveSource& source) {
  check_path(path);
  const ContainerFiles files(*state_, state_->containers.find(reference));
  const sys::FsIdentity identity(files.first_id());
  unpack_archive(files.archive_root(), path, source);
}

}  // namespace minibox::engine
