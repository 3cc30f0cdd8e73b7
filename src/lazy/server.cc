#include "lazy/server.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <list>

#include "base/error.h"
#include "lazy/config.h"
#include "lazy/fuse_mount.h"
#include "lazy/lazy_layer.h"
#include "store/blob_store.h"
#include "store/data_root.h"
#include "sys/capability.h"
#include "sys/file.h"
#include "sys/poll_set.h"
#include "sys/process.h"
#include "sys/seqpacket.h"

namespace minibox::lazy {
namespace {

constexpr size_t kThreads = 32;
constexpr size_t kCacheBytes = 64u << 20;  // uncompressed chunks, of all layers together
constexpr int kRequestsInTurn = 64;        // of one layer, before the others have theirs
constexpr size_t kMaxConfig = 16u << 20;

// What reads files of containers' owners, and no more.
void drop_rights() {
  const sys::CapabilityMask kept = sys::capability_mask({"CAP_DAC_READ_SEARCH"});
  sys::drop_bounding_set(kept);
  sys::set_capabilities({.effective = kept, .permitted = kept, .inheritable = 0});
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_NO_NEW_PRIVS)", errno);
}

std::vector<std::unique_ptr<registry::Client>> make_clients(registry::Access& access, const std::string& image) {
  std::vector<std::unique_ptr<registry::Client>> clients;
  if (image.empty()) return clients;
  const oci::Reference reference = oci::Reference::parse(image);
  for (const registry::Url& source : access.sources(reference)) clients.push_back(access.client(source, reference));
  return clients;
}

registry::Settings settings_of(const Config& config) {
  registry::Settings settings;
  if (!config.registries.empty()) settings = registry::Settings::parse(config.registries, "registries.json");
  settings.proxies = registry::ProxyTable::parse(config.proxies.http, config.proxies.https, config.proxies.none);
  return settings;
}

class Server {
 public:
  Server(const Config& config, std::vector<sys::Fd> devices, std::function<void(const std::string& line)> log)
      : root_(store::DataRoot::open(config.data_root)),
        blobs_(sys::open_dir(root_.blobs())),
        extracted_(sys::open_dir(root_.extracted())),
        access_(settings_of(config), config.credentials),
        remote_(make_clients(access_, config.reference)),
        pool_(kThreads),
        surroundings_{blobs_, extracted_,     remote_,
                      pool_,  std::move(log), kCacheBytes / std::max<size_t>(config.layers.size(), 1)} {
    const store::BlobStore store(root_);
    for (size_t i = 0; i < config.layers.size(); ++i) {
      const LayerConfig& layer = config.layers[i];
      with_context("layer " + layer.diff_id.short_hex(),
                   [&] { layers_.emplace_back(layer, store.read(layer.index), std::move(devices[i]), surroundings_); });
    }
  }

  // Until nothing is mounted any more.
  void run() {
    while (!layers_.empty()) {
      sys::PollSet set;
      for (const LazyLayer& layer : layers_) set.add(layer.device(), POLLIN);
      if (!set.wait(-1)) continue;
      size_t index = 0;
      for (auto layer = layers_.begin(); layer != layers_.end(); ++index) {
        const bool there = set.ready(index) == 0 || serve(*layer);
        layer = there ? std::next(layer) : end_layer(layer);
      }
    }
  }

 private:
  bool serve(LazyLayer& layer) const {
    try {
      for (int i = 0; i < kRequestsInTurn && layer.serve(); ++i) {
      }
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) surroundings_.log(error.text());
      return error.kind() != ErrorKind::kNotFound;
    }
  }
  // Reads of it may still be under way: it is kept, with its descriptor, until all end.
  std::list<LazyLayer>::iterator end_layer(std::list<LazyLayer>::iterator layer) {
    const auto next = std::next(layer);
    ended_.splice(ended_.end(), layers_, layer);
    return next;
  }

  const store::DataRoot root_;
  const sys::Fd blobs_;
  const sys::Fd extracted_;
  registry::Access access_;
  RemoteSources remote_;
  std::list<LazyLayer> layers_;
  std::list<LazyLayer> ended_;
  ReadPool pool_;  // ends before the layers that it reads
  const Surroundings surroundings_;
};

struct Start {
  Config config;
  sys::Fd log;
};

std::optional<Start> receive_start(const sys::Fd& control) {
  std::optional<sys::Packet> packet = sys::receive_packet(control);
  if (!packet || packet->fds.size() != 2) return std::nullopt;
  return Start{Config::parse(sys::read_all(packet->fds[0], kMaxConfig, "lazy config")), std::move(packet->fds[1])};
}

std::vector<sys::Fd> mount_all(const Config& config) {
  const store::DataRoot root = store::DataRoot::open(config.data_root);
  std::vector<sys::Fd> devices;
  for (const LayerConfig& layer : config.layers) {
    const std::string target = root.lazy_layer(layer.diff_id, layer.index);
    sys::make_dirs(target);
    devices.push_back(with_context("mount " + target, [&] { return mount_fuse(target); }));
  }
  return devices;
}

}  // namespace

void serve_lazy_layers(sys::Fd control, const OpenLog& open_log) {
  ::signal(SIGPIPE, SIG_IGN);
  // Its memory holds credentials.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_DUMPABLE)", errno);
  sys::raise_open_files_limit();
  std::optional<Start> start = receive_start(control);
  if (!start) return;  // the daemon has gone
  std::unique_ptr<Server> server;
  try {
    std::vector<sys::Fd> devices = mount_all(start->config);
    drop_rights();
    server = std::make_unique<Server>(start->config, std::move(devices), open_log(std::move(start->log)));
  } catch (const Error& error) {
    sys::send_packet(control, std::string(kind_name(error.kind())) + " " + error.text());
    return;
  }
  sys::send_packet(control, "ready");
  control.reset();
  server->run();
}

}  // namespace minibox::lazy
