#include "sys/legacy_iptables.h"

#include <libiptc/libiptc.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

struct HandleDeleter {
  void operator()(xtc_handle* handle) const { iptc_free(handle); }
};
using Handle = std::unique_ptr<xtc_handle, HandleDeleter>;

// A rule without matches: the entry and, behind it, its target.
struct AcceptRule {
  AcceptRule(const std::string& interface, bool incoming) {
    ipt_ip& ip = entry()->ip;
    std::memcpy(incoming ? ip.iniface : ip.outiface, interface.c_str(), interface.size() + 1);
    std::memset(incoming ? ip.iniface_mask : ip.outiface_mask, 0xff, interface.size() + 1);
    entry()->target_offset = sizeof(ipt_entry);
    entry()->next_offset = sizeof bytes;
    auto* target = reinterpret_cast<xt_standard_target*>(bytes + sizeof(ipt_entry));
    target->target.u.target_size = XT_ALIGN(sizeof(xt_standard_target));
    std::memcpy(target->target.u.user.name, IPTC_LABEL_ACCEPT, sizeof IPTC_LABEL_ACCEPT);
  }
  ipt_entry* entry() { return reinterpret_cast<ipt_entry*>(bytes); }

  alignas(xt_counters) unsigned char bytes[sizeof(ipt_entry) + XT_ALIGN(sizeof(xt_standard_target))] = {};
};

[[noreturn]] void fail(const char* call) {
  throw Error::from_errno(std::string(call) + "('filter', 'FORWARD')", errno)
      .with_hint("the host uses iptables-legacy: compare 'iptables-legacy -S FORWARD'");
}

// Deletes every copy of the rule from the snapshot in `handle`.
void delete_copies(xtc_handle* handle, AcceptRule& rule) {
  unsigned char mask[sizeof rule.bytes];
  std::memset(mask, 0xff, sizeof mask);
  while (iptc_delete_entry("FORWARD", rule.entry(), mask, handle) != 0) {
  }
  if (errno != ENOENT) fail("iptc_delete_entry");
}

// Another program may change the table between snapshot and commit: the kernel then answers EAGAIN.
void change_forward(const std::string& interface, bool present) {
  if (interface.size() >= sizeof(ipt_ip::iniface))
    throw Error::from_errno("interface '" + interface + "'", ENAMETOOLONG);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const Handle handle(iptc_init("filter"));
    if (!handle) fail("iptc_init");
    for (const bool incoming : {true, false}) {
      AcceptRule rule(interface, incoming);
      delete_copies(handle.get(), rule);
      if (present && iptc_insert_entry("FORWARD", rule.entry(), 0, handle.get()) == 0) fail("iptc_insert_entry");
    }
    if (iptc_commit(handle.get()) != 0) return;
    if (errno != EAGAIN) fail("iptc_commit");
  }
  fail("iptc_commit");
}

}  // namespace

bool has_legacy_filter_table() {
  // Of the thread's namespace: /proc/net would be that of the main thread.
  const std::optional<std::string> names = try_read_file("/proc/thread-self/net/ip_tables_names", 4096);
  if (!names) return false;
  for (const std::string& name : split(*names, '\n')) {
    if (name == "filter") return true;
  }
  return false;
}

void accept_legacy_forward(const std::string& interface) {
  change_forward(interface, true);
}

void remove_legacy_forward(const std::string& interface) {
  change_forward(interface, false);
}

}  // namespace minibox::sys
