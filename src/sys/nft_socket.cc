#include "sys/nft_socket.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/error.h"
#include "sys/consistent_dump.h"

namespace minibox::sys {
namespace {

// The kernel answers each message with a packet of its own, and a receive buffer holds some 250 of them: what overflows
// is lost, after the commit. With many elements in a message the answers stay few. The length of the list is 16 bits.
constexpr size_t kElementsPerMessage = 256;
constexpr size_t kElementRoom = 256;  // key and data of 64 bytes, which is libnftnl's limit, and seven headers
constexpr size_t kHeaderRoom = 512;

struct SetDeleter {
  void operator()(nftnl_set* set) const { nftnl_set_free(set); }
};
using Set = std::unique_ptr<nftnl_set, SetDeleter>;

using Elements = std::span<const NftElement>;

void add_element(nftnl_set* set, NftSocket::Change change, const NftElement& source) {
  nftnl_set_elem* element = nftnl_set_elem_alloc();
  if (element == nullptr) throw Error::from_errno("nftnl_set_elem_alloc()", ENOMEM);
  nftnl_set_elem_add(set, element);
  const auto put = [element](uint16_t attribute, const std::string& bytes) {
    if (nftnl_set_elem_set(element, attribute, bytes.data(), static_cast<uint32_t>(bytes.size())) < 0)
      throw Error::from_errno("nftnl_set_elem_set()", errno);
  };
  put(NFTNL_SET_ELEM_KEY, source.key);
  if (change == NftSocket::Change::kAdd) put(NFTNL_SET_ELEM_DATA, source.data);
}

void append(std::string& buffer, const nlmsghdr* message) {
  buffer.append(reinterpret_cast<const char*>(message), NLMSG_ALIGN(message->nlmsg_len));
}

// All of `elements` are of one map.
void append_elements(std::string& buffer, const std::string& table, NftSocket::Change change, Elements elements,
                     unsigned sequence) {
  const Set set(nftnl_set_alloc());
  if (!set) throw Error::from_errno("nftnl_set_alloc()", ENOMEM);
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table.c_str());
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, elements.front().map.c_str());
  for (const NftElement& element : elements) add_element(set.get(), change, element);
  const bool add = change == NftSocket::Change::kAdd;
  std::vector<nlmsghdr> room((kHeaderRoom + elements.size() * kElementRoom) / sizeof(nlmsghdr));
  nlmsghdr* message =
      nftnl_nlmsg_build_hdr(reinterpret_cast<char*>(room.data()), add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
                            NFPROTO_IPV4, static_cast<uint16_t>(NLM_F_ACK | (add ? NLM_F_CREATE : 0)), sequence);
  nftnl_set_elems_nlmsg_build_payload(message, set.get());
  append(buffer, message);
}

// Runs of one map, none longer than a message may be.
std::vector<Elements> split_for_messages(const std::vector<NftElement>& sorted) {
  std::vector<Elements> parts;
  for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    while (end < sorted.size() && end - begin < kElementsPerMessage && sorted[end].map == sorted[begin].map) ++end;
    parts.push_back(Elements(sorted).subspan(begin, end - begin));
  }
  return parts;
}

}  // namespace

void NftSocket::Closer::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

NftSocket::Socket NftSocket::open() {
  Socket socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket) throw Error::from_errno("socket(NETLINK_NETFILTER)", errno);
  int on = 1;  // a refusal echoes the header of its message, not all its elements
  if (mnl_socket_setsockopt(socket.get(), NETLINK_CAP_ACK, &on, sizeof on) < 0)
    throw Error::from_errno("setsockopt(NETLINK_CAP_ACK)", errno);
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
    throw Error::from_errno("bind(NETLINK_NETFILTER)", errno);
  return socket;
}

NftSocket::NftSocket() : socket_(open()) {}

bool NftSocket::apply(const std::string& table, Change change, const std::vector<NftElement>& elements) {
  if (elements.empty()) return true;
  std::vector<NftElement> sorted = elements;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.map < b.map; });
  const std::vector<Elements> parts = split_for_messages(sorted);

  std::string batch;
  alignas(nlmsghdr) char room[kHeaderRoom] = {};
  append(batch, nftnl_batch_begin(room, ++sequence_));
  const unsigned first = sequence_;
  for (const Elements part : parts) append_elements(batch, table, change, part, ++sequence_);
  append(batch, nftnl_batch_end(room, ++sequence_));
  send(batch);

  // One answer a message. A batch that is refused as a whole is answered once, on its begin.
  bool good = true;
  const size_t answered = receive(first, parts.size(), [&](const nlmsghdr*, int error) { good = good && error == 0; });
  return good && answered == parts.size();
}

std::string NftSocket::rules(const std::string& table) {
  std::string rules;
  dump_until_consistent("nftables rules", [&] {
    rules.clear();
    alignas(nlmsghdr) char room[kHeaderRoom] = {};
    nlmsghdr* question = nftnl_nlmsg_build_hdr(room, NFT_MSG_GETRULE, NFPROTO_IPV4, NLM_F_DUMP, ++sequence_);
    mnl_attr_put_strz(question, NFTA_RULE_TABLE, table.c_str());
    return dump({room, question->nlmsg_len}, [&](const nlmsghdr* answer, int error) {
      if (error != 0) throw Error::from_errno("list the rules of nftables table '" + table + "'", error);
      // Behind nfgenmsg, which tells the generation.
      const auto* attributes = static_cast<const char*>(mnl_nlmsg_get_payload_offset(answer, sizeof(nfgenmsg)));
      rules.append(attributes, static_cast<const char*>(mnl_nlmsg_get_payload_tail(answer)));
    });
  });
  return rules;
}

std::uint32_t NftSocket::generation() {
  alignas(nlmsghdr) char room[kHeaderRoom] = {};
  const nlmsghdr* question = nftnl_nlmsg_build_hdr(room, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0, ++sequence_);
  std::uint32_t generation = 0;
  ask({room, question->nlmsg_len}, [&](const nlmsghdr* answer, int error) {
    if (error != 0) throw Error::from_errno("ask for the generation of the nftables rule set", error);
    const auto* id = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(answer, sizeof(nfgenmsg)));
    if (mnl_attr_get_type(id) == NFTA_GEN_ID) generation = ntohl(mnl_attr_get_u32(id));
  });
  return generation;
}

void NftSocket::send(const std::string& messages) {
  if (mnl_socket_sendto(socket_.get(), messages.data(), messages.size()) < 0)
    throw Error::from_errno("sendto(NETLINK_NETFILTER)", errno);
}

void NftSocket::ask(const std::string& question, const Visit& visit) {
  send(question);
  if (receive(sequence_, 1, visit) != 1)
    throw Error(ErrorKind::kInternal, "the kernel's answer about nftables was lost");
}

bool NftSocket::dump(const std::string& question, const Visit& visit) {
  send(question);
  bool consistent = true;
  alignas(nlmsghdr) char buffer[32768];  // the kernel's own size for a part of a dump
  for (;;) {
    const ssize_t got = ::recv(mnl_socket_get_fd(socket_.get()), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      socket_ = open();
      throw Error::from_errno("recv(NETLINK_NETFILTER)", error);
    }
    int left = static_cast<int>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence_) continue;  // to an earlier question
      if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) consistent = false;
      if (message->nlmsg_type == NLMSG_DONE) return consistent;
      const bool status = message->nlmsg_type == NLMSG_ERROR;
      visit(message, status ? -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error : 0);
    }
  }
}

// Visits the answers to the messages from `first` on, `count` of them or fewer when some were lost; returns how many.
// Nothing is waited for: the kernel has answered before sendto() returns.
size_t NftSocket::receive(unsigned first, size_t count, const Visit& visit) {
  size_t seen = 0;
  alignas(nlmsghdr) char buffer[8192];
  while (seen < count) {
    const ssize_t got = ::recv(mnl_socket_get_fd(socket_.get()), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      socket_ = open();  // a socket that has overflowed drops all further answers until it is empty
      break;
    }
    int left = static_cast<int>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq - first > sequence_ - first) continue;  // to an earlier question
      ++seen;
      const bool status = message->nlmsg_type == NLMSG_ERROR;
      visit(message, status ? -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error : 0);
    }
  }
  return seen;
}

}  // namespace minibox::sys
