#include "sys/nft_map.h"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <memory>

#include "base/error.h"

namespace minibox::sys {
namespace {

constexpr size_t kMessageRoom = 512;

struct SetDeleter {
  void operator()(nftnl_set* set) const { nftnl_set_free(set); }
};

using Set = std::unique_ptr<nftnl_set, SetDeleter>;

Set make_set(const std::string& table, const NftElementChange& change) {
  Set set(nftnl_set_alloc());
  nftnl_set_elem* element = nftnl_set_elem_alloc();
  if (!set || element == nullptr) throw Error::from_errno("nftnl_set_alloc()", ENOMEM);
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table.c_str());
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, change.map.c_str());
  nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, change.key.data(), static_cast<uint32_t>(change.key.size()));
  if (change.kind == NftElementChange::Kind::kAdd) {
    nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, change.data.data(), static_cast<uint32_t>(change.data.size()));
  }
  nftnl_set_elem_add(set.get(), element);
  return set;
}

void append(std::string& buffer, const nlmsghdr* message) {
  buffer.append(reinterpret_cast<const char*>(message), NLMSG_ALIGN(message->nlmsg_len));
}

void append_change(std::string& buffer, const std::string& table, const NftElementChange& change, unsigned sequence) {
  const Set set = make_set(table, change);
  const bool add = change.kind == NftElementChange::Kind::kAdd;
  alignas(nlmsghdr) char room[kMessageRoom] = {};
  nlmsghdr* message = nftnl_nlmsg_build_hdr(room, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, NFPROTO_IPV4,
                                            static_cast<uint16_t>(NLM_F_ACK | (add ? NLM_F_CREATE : 0)), sequence);
  nftnl_set_elems_nlmsg_build_payload(message, set.get());
  append(buffer, message);
}

}  // namespace

NftMapSocket::NftMapSocket() : socket_(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC)) {
  if (socket_ == nullptr) throw Error::from_errno("socket(NETLINK_NETFILTER)", errno);
  if (mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) {
    const int error = errno;
    mnl_socket_close(socket_);
    throw Error::from_errno("bind(NETLINK_NETFILTER)", error);
  }
}

NftMapSocket::~NftMapSocket() {
  mnl_socket_close(socket_);
}

bool NftMapSocket::apply(const std::string& table, const std::vector<NftElementChange>& changes) {
  if (changes.empty()) return true;
  std::string buffer;
  alignas(nlmsghdr) char room[kMessageRoom] = {};
  append(buffer, nftnl_batch_begin(room, ++sequence_));
  const unsigned first = sequence_ + 1;
  for (const NftElementChange& change : changes) append_change(buffer, table, change, ++sequence_);
  const unsigned last = sequence_;
  append(buffer, nftnl_batch_end(room, ++sequence_));
  if (mnl_socket_sendto(socket_, buffer.data(), buffer.size()) < 0) {
    throw Error::from_errno("sendto(NETLINK_NETFILTER)", errno);
  }

  // One answer a change; any failure has undone the whole batch.
  int failure = 0;
  alignas(nlmsghdr) char answers[8192];
  for (unsigned seen = first; seen <= last;) {
    const ssize_t got = mnl_socket_recvfrom(socket_, answers, sizeof answers);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error::from_errno("recvmsg(NETLINK_NETFILTER)", errno);
    int left = static_cast<int>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(answers); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type != NLMSG_ERROR) continue;
      const int error = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
      // A refused batch as a whole (EPERM, ENOMEM) is answered once, on its first message.
      if (message->nlmsg_seq < first) throw Error::from_errno("change nftables map in '" + table + "'", error);
      if (message->nlmsg_seq > last) continue;
      ++seen;
      if (error != 0 && failure == 0) failure = error;
    }
  }
  if (failure == ENOENT) return false;
  if (failure != 0) throw Error::from_errno("change nftables map in '" + table + "'", failure);
  return true;
}

}  // namespace minibox::sys
