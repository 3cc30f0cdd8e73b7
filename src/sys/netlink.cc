#include "sys/netlink.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "sys/consistent_dump.h"

namespace minibox::sys {
namespace {

// No message of ours is longer.
constexpr size_t kMessageRoom = 512;

std::string print_ipv4(std::uint32_t address) {
  const in_addr raw{htonl(address)};
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &raw, text, sizeof text);
}

// mnl_attr_for_each, which C++ refuses to compile.
template <typename Visit>
void for_each_attribute(const nlmsghdr* message, size_t offset, Visit visit) {
  const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(message));
  const auto* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, offset));
  while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
    visit(attribute);
    attribute = mnl_attr_next(attribute);
  }
}

// The kernel's own explanation of a failure (NETLINK_EXT_ACK), when it sent one.
std::string remark_of(const nlmsghdr* message) {
  if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  // NETLINK_CAP_ACK is on: only the header of the request is echoed.
  std::string remark;
  for_each_attribute(message, sizeof(nlmsgerr), [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0) {
      remark = std::string(" (") + mnl_attr_get_str(attribute) + ")";
    }
  });
  return remark;
}

void collect_link(const nlmsghdr* message, void* data) {
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  Link link;
  link.index = static_cast<unsigned>(info->ifi_index);
  for_each_attribute(message, sizeof *info, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case IFLA_IFNAME:
        link.name = mnl_attr_get_str(attribute);
        break;
      case IFLA_IFALIAS:
        link.alias = mnl_attr_get_str(attribute);
        break;
      default:
        break;
    }
  });
  static_cast<std::vector<Link>*>(data)->push_back(std::move(link));
}

void collect_address(const nlmsghdr* message, void* data) {
  const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  LinkAddress address{info->ifa_index, 0, info->ifa_prefixlen};
  for_each_attribute(message, sizeof *info, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFA_LOCAL) address.address = ntohl(mnl_attr_get_u32(attribute));
  });
  static_cast<std::vector<LinkAddress>*>(data)->push_back(address);
}

}  // namespace

nlmsghdr* RouteBatch::begin(std::string call, std::uint16_t type, std::uint16_t flags, int tolerated_errno) {
  if (buffer_.size() - size_ < kMessageRoom) throw Error(ErrorKind::kInternal, "too many messages in a netlink batch");
  nlmsghdr* message = mnl_nlmsg_put_header(buffer_.data() + size_);
  message->nlmsg_type = type;
  message->nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | NLM_F_ACK | flags);
  message->nlmsg_seq = static_cast<__u32>(steps_.size());
  steps_.push_back({std::move(call), tolerated_errno});
  return message;
}

nlmsghdr* RouteBatch::begin_link(std::string call, const std::string& name, std::uint16_t type, std::uint16_t flags,
                                 bool up, int tolerated_errno) {
  nlmsghdr* message = begin(std::move(call), type, flags, tolerated_errno);
  auto* info = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  if (up) info->ifi_flags = info->ifi_change = IFF_UP;
  mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
  return message;
}

void RouteBatch::end(const nlmsghdr* message) {
  size_ += NLMSG_ALIGN(message->nlmsg_len);
}

void RouteBatch::create_bridge(const std::string& name, const MacAddress& mac) {
  nlmsghdr* message = begin_link("create bridge '" + name + "'", name, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  // Without a MAC of its own a bridge takes the lowest of its ports, and changes it as they come and go.
  mnl_attr_put(message, IFLA_ADDRESS, mac.size(), mac.data());
  nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
  mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
  nlattr* bridge = mnl_attr_nest_start(message, IFLA_INFO_DATA);
  mnl_attr_put_u8(message, IFLA_BR_MCAST_SNOOPING, 0);
  mnl_attr_nest_end(message, bridge);
  mnl_attr_nest_end(message, info);
  end(message);
}

void RouteBatch::create_veth(const VethPair& pair, const Fd& peer_namespace) {
  nlmsghdr* message =
      begin_link("create veth '" + pair.host_name + "'", pair.host_name, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, true);
  mnl_attr_put_u32(message, IFLA_MASTER, pair.master);
  nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
  mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
  nlattr* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
  nlattr* peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
  mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg));  // not up: a veth can't be before it has its peer
  mnl_attr_put_strz(message, IFLA_IFNAME, pair.peer_name.c_str());
  mnl_attr_put(message, IFLA_ADDRESS, pair.peer_mac.size(), pair.peer_mac.data());
  mnl_attr_put_u32(message, IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_namespace.get()));
  mnl_attr_nest_end(message, peer);
  mnl_attr_nest_end(message, data);
  mnl_attr_nest_end(message, info);
  end(message);
}

void RouteBatch::set_alias(const std::string& name, const std::string& alias) {
  nlmsghdr* message = begin_link("set alias of '" + name + "'", name, RTM_NEWLINK, 0);
  mnl_attr_put_str(message, IFLA_IFALIAS, alias.c_str());
  end(message);
}

void RouteBatch::join_bridge(const std::string& name, unsigned master) {
  nlmsghdr* message = begin_link("join '" + name + "' to the bridge", name, RTM_NEWLINK, 0, false, ENODEV);
  mnl_attr_put_u32(message, IFLA_MASTER, master);
  end(message);
}

void RouteBatch::set_hairpin(const std::string& name) {
  nlmsghdr* message = begin_link("set hairpin of '" + name + "'", name, RTM_NEWLINK, 0, false, ENODEV);
  nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
  mnl_attr_put_strz(message, IFLA_INFO_SLAVE_KIND, "bridge");
  nlattr* port = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
  mnl_attr_put_u8(message, IFLA_BRPORT_MODE, 1);
  mnl_attr_nest_end(message, port);
  mnl_attr_nest_end(message, info);
  end(message);
}

void RouteBatch::set_up(const std::string& name) {
  end(begin_link("set link '" + name + "' up", name, RTM_NEWLINK, 0, true));
}

void RouteBatch::sync_carrier(const std::string& name) {
  nlmsghdr* message = begin_link("query link '" + name + "'", name, RTM_GETLINK, 0);
  mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  end(message);
}

void RouteBatch::add_address(unsigned index, std::uint32_t address, unsigned prefix) {
  const std::string call = "add address " + print_ipv4(address) + "/" + std::to_string(prefix);
  nlmsghdr* message = begin(call, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, EEXIST);
  auto* info = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifaddrmsg)));
  info->ifa_family = AF_INET;
  info->ifa_prefixlen = static_cast<unsigned char>(prefix);
  info->ifa_index = index;
  mnl_attr_put_u32(message, IFA_LOCAL, htonl(address));
  mnl_attr_put_u32(message, IFA_BROADCAST, htonl(address | ~(~0u << (32 - prefix))));
  end(message);
}

void RouteBatch::add_default_route(std::uint32_t gateway, unsigned index) {
  nlmsghdr* message = begin("add default route via " + print_ipv4(gateway), RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  auto* info = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
  info->rtm_family = AF_INET;
  info->rtm_table = RT_TABLE_MAIN;
  info->rtm_protocol = RTPROT_STATIC;
  info->rtm_scope = RT_SCOPE_UNIVERSE;
  info->rtm_type = RTN_UNICAST;
  mnl_attr_put_u32(message, RTA_GATEWAY, htonl(gateway));
  mnl_attr_put_u32(message, RTA_OIF, index);
  end(message);
}

void RouteBatch::delete_link(const std::string& name) {
  end(begin_link("delete link '" + name + "'", name, RTM_DELLINK, 0, false, ENODEV));
}

RouteSocket::RouteSocket() : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)) {
  if (socket_ == nullptr) throw Error::from_errno("socket(NETLINK_ROUTE)", errno);
  int on = 1;
  // Both are comfort (kernel 4.12): without them a failure has no remark.
  mnl_socket_setsockopt(socket_, NETLINK_EXT_ACK, &on, sizeof on);
  mnl_socket_setsockopt(socket_, NETLINK_CAP_ACK, &on, sizeof on);
  if (mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) {
    const int error = errno;
    mnl_socket_close(socket_);
    throw Error::from_errno("bind(NETLINK_ROUTE)", error);
  }
}

RouteSocket::~RouteSocket() {
  mnl_socket_close(socket_);
}

void RouteSocket::run(const RouteBatch& batch) {
  if (mnl_socket_sendto(socket_, batch.buffer_.data(), batch.size_) < 0) {
    throw Error::from_errno("sendto(NETLINK_ROUTE)", errno);
  }
  // One acknowledgement a message, in order. All are read, or the next batch would meet the rest of them.
  std::optional<Error> failure;
  alignas(nlmsghdr) char buffer[8192];
  for (size_t seen = 0; seen < batch.steps_.size();) {
    const ssize_t got = mnl_socket_recvfrom(socket_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error::from_errno("recvmsg(NETLINK_ROUTE)", errno);
    int left = static_cast<int>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type != NLMSG_ERROR || message->nlmsg_seq >= batch.steps_.size()) continue;
      ++seen;
      const int error = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
      const auto& step = batch.steps_[message->nlmsg_seq];
      if (error == 0 || error == step.tolerated_errno || failure) continue;
      failure = Error::from_errno(step.call + remark_of(message), error);
    }
  }
  if (failure) throw *failure;
}

bool RouteSocket::dump(std::uint16_t type, unsigned char family, Callback callback, void* data) {
  std::vector<char> buffer(32768);  // the kernel's own size for a part of a dump
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = type;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = ++sequence_;
  static_cast<rtgenmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)))->rtgen_family = family;
  if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) {
    throw Error::from_errno("sendto(NETLINK_ROUTE)", errno);
  }
  bool consistent = true;
  while (true) {
    const ssize_t got = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error::from_errno("recvmsg(NETLINK_ROUTE)", errno);
    int left = static_cast<int>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) consistent = false;
      if (message->nlmsg_type == NLMSG_DONE) return consistent;
      if (message->nlmsg_type == NLMSG_ERROR) {
        throw Error::from_errno("netlink dump", -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error);
      }
      callback(message, data);
    }
  }
}

std::vector<Link> RouteSocket::list_links() {
  std::vector<Link> links;
  dump_until_consistent("links", [&] {
    links.clear();
    return dump(RTM_GETLINK, AF_UNSPEC, collect_link, &links);
  });
  return links;
}

std::vector<LinkAddress> RouteSocket::list_addresses() {
  std::vector<LinkAddress> addresses;
  dump_until_consistent("addresses", [&] {
    addresses.clear();
    return dump(RTM_GETADDR, AF_INET, collect_address, &addresses);
  });
  return addresses;
}

unsigned link_index(const std::string& name) {
  return ::if_nametoindex(name.c_str());
}

}  // namespace minibox::sys
