#include "lazy/server.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <list>
#include <stop_token>

#include "base/error.h"
#include "lazy/backing_process.h"
#include "lazy/config.h"
#include "lazy/fuse_message.h"
#include "lazy/fuse_mount.h"
#include "lazy/lazy_layer.h"
#include "lazy/reader_process.h"
#include "lazy/rights.h"
#include "store/blob_store.h"
#include "store/data_root.h"
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
  Server(const Config& config, std::vector<sys::Fd> devices, BackingProcess& backing,
         std::function<void(const std::string& line)> log)
      : root_(store::DataRoot::open(config.data_root)),
        blobs_(sys::open_dir(root_.blobs())),
        extracted_(sys::open_dir(root_.extracted())),
        access_(settings_of(config), config.credentials),
        remote_(make_clients(access_, config.reference), ending_.get_token()),
        surroundings_{
            blobs_, extracted_, remote_, pool_, backing, std::move(log), store::make_chunk_cache(kCacheBytes)},
        pool_(kThreads, cgroup_of, ending_) {
    const store::BlobStore store(root_);
    for (std::uint32_t i = 0; i < config.layers.size(); ++i) {
      const LayerConfig& layer = config.layers[i];
      with_context("layer " + layer.diff_id.short_hex(), [&] {
        layers_.emplace_back(layer, store.read(layer.index), std::move(devices[i]), i, surroundings_);
      });
    }
    if (std::none_of(layers_.begin(), layers_.end(),
                     [](const LazyLayer& layer) { return layer.names_backing_files(); }))
      backing.end();
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
    } catch (const Unmounted&) {
      return false;
    } catch (const Error& error) {
      surroundings_.log(error.text());
      return true;
    }
  }
  // Reads of it may still be under way: it is kept, with its descriptor, until all end.
  std::list<LazyLayer>::iterator end_layer(std::list<LazyLayer>::iterator layer) {
    layer->end();
    const auto next = std::next(layer);
    ended_.splice(ended_.end(), layers_, layer);
    return next;
  }

  const store::DataRoot root_;
  const sys::Fd blobs_;
  const sys::Fd extracted_;
  registry::Access access_;
  std::stop_source ending_;  // of reads that are under way
  RemoteSources remote_;
  const Surroundings surroundings_;
  std::list<LazyLayer> layers_;
  std::list<LazyLayer> ended_;
  ReadPool pool_;  // last: its threads use all of the above
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
  make_undumpable();
  sys::raise_open_files_limit();
  BackingProcess backing;  // before anything is here that it must not have
  std::optional<Start> start = receive_start(control);
  if (!start) return;  // the daemon has gone
  std::unique_ptr<Server> server;
  try {
    std::vector<sys::Fd> devices = mount_all(start->config);
    backing.begin(sys::open_dir(store::DataRoot::open(start->config.data_root).extracted()), devices);
    drop_rights({"CAP_DAC_READ_SEARCH"});  // files of containers' owners
    server = std::make_unique<Server>(start->config, std::move(devices), backing, open_log(std::move(start->log)));
  } catch (const Error& error) {
    sys::send_packet(control, std::string(kind_name(error.kind())) + " " + error.text());
    return;
  }
  sys::send_packet(control, "ready");
  control.reset();
  server->run();
}

}  // namespace minibox::lazy
