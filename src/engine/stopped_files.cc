#include "engine/stopped_files.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <chrono>
#include <exception>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "oci/runtime_spec.h"
#include "runtime/bundle.h"
#include "runtime/shim/mount_options.h"
#include "sys/entry.h"
#include "sys/mount.h"

namespace minibox::engine {
namespace {

sys::Fd volume_copy(const oci::Mount& mount) {
  const runtime::MountOptions options = runtime::parse_options(mount);
  sys::Fd copy = sys::clone_tree({}, mount.source, options.recursive_bind);
  sys::MountAttributes attributes = options.attributes;
  attributes.set |= MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  sys::set_attributes(copy, attributes);
  return copy;
}

sys::Fd empty_directory() {
  sys::FsContext context("tmpfs");
  context.set_string("size", "64k");  // the mount points of what lies below
  context.set_string("mode", "755");
  return context.create(MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

// As the set-up would make it.
sys::Fd file_target(const sys::RootDir& root, const std::string& path) {
  const sys::RootDir::Parent parent = root.open_parent(path);
  if (!sys::try_stat_entry(parent.dir, parent.name)) sys::create_file_entry(parent.dir, parent.name);
  return sys::open_file_at(parent.dir, parent.name, O_PATH | O_NOFOLLOW);
}

void attach_all(const sys::RootDir& root, const std::vector<oci::Mount>& mounts) {
  std::vector<sys::Fd> empty;
  for (const oci::Mount& mount : mounts) {
    if (mount.destination == "/") continue;
    with_context("mount at " + quote(mount.destination), [&] {
      sys::Fd source = mount.type == "bind" ? volume_copy(mount) : empty_directory();
      const bool directory = sys::is_directory(source);
      const sys::Fd target =
          directory ? root.make_dirs_beneath(mount.destination, 0755) : file_target(root, mount.destination);
      sys::attach(source, target, mount.destination);
      if (mount.type != "bind") empty.push_back(std::move(source));
    });
  }
  for (const sys::Fd& mount : empty) sys::set_attributes(mount, {.set = MOUNT_ATTR_RDONLY});
}

// One that several share. Until it has a container nobody but its maker knows of it, who holds the container's mutex.
struct SharedFiles {
  SharedFiles() = default;
  SharedFiles(const SharedFiles&) = delete;
  SharedFiles& operator=(const SharedFiles&) = delete;
  ~SharedFiles() {
    files.reset();
    if (!container) return;
    const std::lock_guard closing(container->mutex);
    container->files.reset();  // or the two would keep each other
    container->files_mounted = false;
    container->files_free.notify_all();
  }
  std::unique_ptr<const StoppedFiles> files;
  ContainerPtr container;
};

// Calling thread only: it never comes back from the namespace, and ends.
sys::Fd move_to_namespace(const sys::RootDir& root, const oci::RuntimeSpec& spec) {
  if (::unshare(CLONE_NEWNS) != 0) throw Error::from_errno("unshare(CLONE_NEWNS)", errno);
  sys::Fd held = sys::open_file("/proc/thread-self/ns/mnt", O_RDONLY);
  sys::make_private_recursive();
  sys::attach_at_root(root.fd());
  attach_all(root, spec.mounts);
  if (spec.root_readonly) sys::set_attributes(root.fd(), {.set = MOUNT_ATTR_RDONLY});  // as the set-up does, last
  sys::pivot_to(root.fd());  // and the host's mounts are gone from it
  return held;
}

}  // namespace

StoppedFiles::StoppedFiles(const std::vector<oci::Mount>& root, const oci::RuntimeSpec& spec) : view_(root) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      namespace_ = move_to_namespace(view_.root(), spec);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

std::shared_ptr<const StoppedFiles> share_files(EngineState& state, const ContainerPtr& container,
                                                std::unique_lock<std::mutex>& lock) {
  while (container->files_mounted) {
    if (auto shared = container->files.lock()) return shared;
    await_files(*container, lock);  // the last one closes it at this moment
    if (container->running() || container->removed)
      throw Error(ErrorKind::kConflict, "container " + label_of(*container) + " has just been started or removed");
  }
  release_shim(state, *container);  // the last life's mounts may still be there
  const std::string config = sys::read_file(container->directory + "/" + runtime::kConfigFile);
  const LazyLayers::Use layers(state.lazy);
  ensure_layers(state, container->record);
  const auto made = std::make_shared<SharedFiles>();
  made->files = std::make_unique<StoppedFiles>(state.snapshots.resume(container->directory, container->record.layers),
                                               oci::RuntimeSpec::parse(config));
  made->container = container;
  const std::shared_ptr<const StoppedFiles> shared(made, made->files.get());
  container->files = shared;
  container->files_mounted = true;
  return shared;
}

void await_files(Container& container, std::unique_lock<std::mutex>& lock) {
  constexpr std::chrono::seconds kDeadline{30};
  if (container.files_free.wait_for(lock, kDeadline, [&] { return !container.files_mounted; })) return;
  throw Error(ErrorKind::kConflict, "files of container " + label_of(container) + " are being copied")
      .with_hint("try again when minibox cp has ended");
}

}  // namespace minibox::engine
