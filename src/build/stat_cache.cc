#include "build/stat_cache.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "build/hasher.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/file_system.h"

namespace minibox::build {
namespace {

using Record = StatCache::Record;
static_assert(std::is_trivially_copyable_v<Record> && sizeof(Record) == 72);

constexpr std::string_view kMagic = "minibox stat cache 1\n";
constexpr size_t kSumSize = std::tuple_size_v<oci::Sha256::Sum>;
constexpr size_t kMaxBytes = kMagic.size() + 2 * kSumSize + StatCache::kMaxFiles * sizeof(Record);
constexpr size_t kMaxContexts = 64;
constexpr std::uint64_t kMaxTotalBytes = 128u << 20;
constexpr std::uint32_t kMaxUnused = 16;

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

Record describe(const struct stat& info) {
  Record record;
  record.inode = info.st_ino;
  record.size = static_cast<std::uint64_t>(info.st_size);
  record.mtime_ns = nanoseconds(info.st_mtim);
  record.ctime_ns = nanoseconds(info.st_ctim);
  record.mode = info.st_mode;
  return record;
}

bool is_same_file(const Record& a, const Record& b) {
  return a.inode == b.inode && a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns &&
         a.mode == b.mode;
}

bool by_inode(const Record& a, const Record& b) {
  return a.inode < b.inode;
}

std::string_view bytes_of(const oci::Sha256::Sum& sum) {
  return {sum.data(), sum.size()};
}

oci::Sha256::Sum sum_of(std::string_view bytes) {
  oci::Sha256 hash;
  hash.update(bytes);
  return hash.finish_sum();
}

// magic, identity, records, SHA-256 of all before
std::string print_records(const oci::Sha256::Sum& identity, const std::vector<Record>& records) {
  std::string bytes(kMagic);
  bytes += bytes_of(identity);
  bytes.append(reinterpret_cast<const char*>(records.data()), records.size() * sizeof(Record));
  bytes += bytes_of(sum_of(bytes));
  return bytes;
}

std::vector<Record> parse_records(const oci::Sha256::Sum& identity, std::string_view bytes) {
  const std::string head = std::string(kMagic) + std::string(bytes_of(identity));
  if (bytes.size() < head.size() + kSumSize || !bytes.starts_with(head)) return {};
  const std::string_view sum = bytes.substr(bytes.size() - kSumSize);
  bytes.remove_suffix(kSumSize);
  if (bytes_of(sum_of(bytes)) != sum) return {};
  bytes.remove_prefix(head.size());
  std::vector<Record> records(bytes.size() / sizeof(Record));
  if (!records.empty()) std::memcpy(records.data(), bytes.data(), records.size() * sizeof(Record));
  return std::is_sorted(records.begin(), records.end(), by_inode) ? records : std::vector<Record>{};
}

// Both sorted by inode. What is old stays for some time: a build may look at a part of the context only.
std::vector<Record> merge(std::vector<Record> old, const std::vector<Record>& fresh) {
  std::erase_if(old, [&](Record& record) {
    return ++record.unused > kMaxUnused || std::binary_search(fresh.begin(), fresh.end(), record, by_inode);
  });
  if (old.size() + fresh.size() > StatCache::kMaxFiles) {
    std::erase_if(old, [](const Record& record) { return record.unused > 1; });
  }
  std::vector<Record> all;
  all.reserve(old.size() + fresh.size());
  std::merge(old.begin(), old.end(), fresh.begin(), fresh.end(), std::back_inserter(all), by_inode);
  all.resize(std::min(all.size(), StatCache::kMaxFiles));
  return all;
}

// The longest unused first.
void remove_surplus(const std::string& directory) {
  struct File {
    std::uint64_t used_ns;
    std::uint64_t size;
    std::string path;
  };
  std::vector<File> files;
  std::uint64_t total = 0;
  for (const std::string& name : sys::list_dir(directory)) {
    const std::string path = directory + "/" + name;
    const auto info = sys::try_lstat(path);
    if (!info) continue;
    files.push_back({nanoseconds(info->st_mtim), static_cast<std::uint64_t>(info->st_size), path});
    total += files.back().size;
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.used_ns < b.used_ns; });
  for (size_t i = 0; i < files.size() && (files.size() - i > kMaxContexts || total > kMaxTotalBytes); ++i) {
    sys::remove_file(files[i].path);
    total -= files[i].size;
  }
}

}  // namespace

bool is_settled(const timespec& ctime, std::int64_t now_ns) {
  // The kernel stamps with the time of its last tick, at most 10 ms ago. Whole seconds: an inode without room for more.
  const std::int64_t granularity = ctime.tv_nsec == 0 ? 2'000'000'000 : 20'000'000;
  const std::int64_t latest = now_ns - granularity;
  return std::pair(ctime.tv_sec, static_cast<std::int64_t>(ctime.tv_nsec)) <
         std::pair(static_cast<time_t>(latest / 1'000'000'000), latest % 1'000'000'000);
}

StatCache StatCache::load(const std::string& directory, const sys::Fd& root) {
  StatCache cache;
  const auto file_system = sys::identify_file_system(root);
  if (!file_system) return cache;
  const struct stat info = sys::stat_of(root);
  Hasher identity;
  identity.field(*file_system).field(info.st_dev).field(info.st_ino);
  cache.identity_ = identity.sum();
  cache.device_ = info.st_dev;
  cache.directory_ = directory;
  cache.path_ = directory + "/" + oci::to_hex(cache.identity_);
  const auto size = sys::try_lstat(cache.path_);
  if (!size || size->st_size > static_cast<off_t>(kMaxBytes)) return cache;
  if (const auto bytes = sys::try_read_file(cache.path_, kMaxBytes)) {
    cache.known_ = parse_records(cache.identity_, *bytes);
  }
  return cache;
}

std::optional<oci::Sha256::Sum> StatCache::find(const struct stat& info) {
  if (info.st_dev != device_) return std::nullopt;
  const Record wanted = describe(info);
  const auto found = std::lower_bound(known_.begin(), known_.end(), wanted, by_inode);
  if (found == known_.end() || !is_same_file(*found, wanted)) return std::nullopt;
  found->unused = 0;
  return found->content;
}

void StatCache::remember(const struct stat& before, const struct stat& after, std::int64_t began_ns,
                         const oci::Sha256::Sum& content) {
  if (!is_enabled() || before.st_dev != device_ || fresh_.size() >= kMaxFiles) return;
  Record record = describe(before);
  if (!is_same_file(record, describe(after)) || !is_settled(before.st_ctim, began_ns)) return;
  record.content = content;
  fresh_.push_back(record);
}

void StatCache::save() {
  if (!is_enabled()) return;
  if (fresh_.empty()) {
    // The time of the last use. One more name of a file, or a build beside this one, may have removed it.
    if (const auto file = sys::try_open(path_, O_RDONLY)) {
      const std::int64_t now = realtime_ns();
      sys::set_modified_time(*file, {now / 1'000'000'000, now % 1'000'000'000});
    }
    return;
  }
  std::sort(fresh_.begin(), fresh_.end(), by_inode);
  // Names of one file are one record.
  fresh_.erase(std::unique(fresh_.begin(), fresh_.end(), is_same_file), fresh_.end());
  known_ = merge(std::move(known_), fresh_);
  fresh_.clear();
  sys::replace_file(path_, print_records(identity_, known_));
  remove_surplus(directory_);
}

void StatCache::forget() {
  if (!is_enabled()) return;
  sys::remove_file(path_);
  known_.clear();
  fresh_.clear();
}

}  // namespace minibox::build
