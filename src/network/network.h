// The network of one daemon, for engine/.
//
// Order in the life of a container: acquire() -> the container is born in Attachment::netns -> publish() -> ... ->
// unpublish() -> release(). At daemon start: adopt() each container found running, then reconcile() once, then
// warm_up() when the bridge is wanted at start. At daemon end: shutdown().
//
// The bridge and its nftables table are made when the first container needs them, and again, published ports included,
// when the next one finds that somebody has changed them. They outlive the daemon while containers do;
// shutdown() removes them when none has an address. Any thread may call; all act on the network
// namespace that the calling threads share.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "network/config.h"
#include "network/forward_keeper.h"
#include "network/ipam.h"
#include "network/port_publisher.h"
#include "network/slot_pool.h"
#include "sys/fd.h"

namespace minibox::network {

enum class NetworkKind { kBridge, kNone };

// "" is "bridge"; anything else than the two is kInvalid.
NetworkKind parse_network_kind(std::string_view text);

// What a container has of the network. Given back with release(): with the descriptor, or for an adopted container with
// the address alone.
struct Attachment {
  sys::Fd netns;
  std::string ip;  // empty for kNone
};

class Network {
 public:
  // `warn` takes a text for the log, from any thread, about what goes wrong behind the callers' backs.
  explicit Network(const Config& config, ForwardKeeper::Warn warn);
  ~Network();  // drops the ready slots; bridge, table and containers stay

  const Config& config() const { return config_; }

  Attachment acquire(NetworkKind kind);
  void release(Attachment attachment);

  void publish(const std::string& id, const std::string& ip, const std::vector<PublishedPort>& ports);
  // When it throws, the ports are free all the same, and the address may be released: nobody gets it before the rules
  // are right again.
  void unpublish(const std::string& id);

  // A container found running after a daemon restart. kConflict when its address is not free or not of our subnet. The
  // texts are warnings for the log.
  std::vector<std::string> adopt(const std::string& id, const std::string& ip, const std::vector<PublishedPort>& ports);

  // Removes what a previous daemon with this bridge left and no adopted container owns, and writes the table anew in
  // one transaction. The texts are warnings for the log.
  std::vector<std::string> reconcile();

  void top_up();    // ready slots for those that starts have taken, in the background
  void warm_up();   // bridge, table and ready slots, in the background where they can be
  bool shutdown();  // true: nothing of ours is left in the host; false: containers still have addresses

 private:
  // Makes bridge, table and firewall openings unless they are there; returns the bridge's index. About 20 us when
  // all is well, so that each container's start can afford to ask; 50 when others change rules of theirs.
  unsigned ensure_bridge();
  Slot make_bridge_slot();
  void remove_host_side();

  const Config config_;
  Ipam ipam_;
  std::mutex bridge_mutex_;
  unsigned bridge_ = 0;
  PortPublisher publisher_;
  ForwardKeeper forward_;
  // Last: their threads use the above.
  SlotPool isolated_slots_;
  SlotPool bridge_slots_;
};

}  // namespace minibox::network
