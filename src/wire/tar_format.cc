#include "wire/tar_format.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace minibox::wire {
namespace {

using Block = std::array<char, kTarBlock>;

struct Field {
  size_t offset;
  size_t size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12}, kTime{136, 12}, kSum{148, 8},
    kLink{157, 100}, kMagic{257, 6}, kPrefix{345, 155};
constexpr size_t kTypeOffset = 156;
constexpr std::uint64_t kMaxRecords = 1 << 20;
constexpr size_t kMaxPath = 4096;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "archive: " + why);
}

void put_text(Block& block, Field field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), field.size),
              block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

bool fits(std::uint64_t value, Field field) {
  return value < std::uint64_t{1} << (3 * (field.size - 1));
}

void put_octal(Block& block, Field field, std::uint64_t value) {
  char text[24];
  const int width = static_cast<int>(field.size) - 1;
  const int length = std::snprintf(text, sizeof text, "%0*llo", width, static_cast<unsigned long long>(value));
  put_text(block, field, std::string_view(text, static_cast<size_t>(length)));
}

unsigned sum_of(const Block& block) {
  unsigned sum = 0;
  for (size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kSum.offset && i < kSum.offset + kSum.size;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

// Whatever stands there: what is no archive has no sum that fits.
bool sum_fits(const Block& block) {
  unsigned written = 0;
  for (size_t i = kSum.offset; i < kSum.offset + kSum.size; ++i) {
    if (block[i] >= '0' && block[i] <= '7') written = written * 8 + static_cast<unsigned>(block[i] - '0');
  }
  return written == sum_of(block);
}

std::string_view text_of(const Block& block, Field field) {
  const std::string_view all(block.data() + field.offset, field.size);
  return all.substr(0, all.find('\0'));
}

std::uint64_t number_of(const Block& block, Field field, const char* what) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(block.data() + field.offset);
  std::uint64_t value = 0;
  if ((bytes[0] & 0x80) != 0) {  // base 256, as GNU tar writes what is too large
    for (size_t i = 0; i < field.size; ++i) {
      if (value >> 55 != 0) refuse(std::string(what) + " is out of range");
      value = value << 8 | (i == 0 ? bytes[i] & 0x7fU : bytes[i]);
    }
    return value;
  }
  for (const char c : trim(text_of(block, field))) {
    if (c < '0' || c > '7') refuse(std::string(what) + " is no number");
    value = value * 8 + static_cast<unsigned>(c - '0');
  }
  return value;
}

char type_letter(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::kFile:
      return '0';
    case TarEntry::Type::kHardLink:
      return '1';
    case TarEntry::Type::kSymlink:
      return '2';
    case TarEntry::Type::kDirectory:
      break;
  }
  return '5';
}

TarEntry::Type type_of(char letter, const std::string& path) {
  switch (letter) {
    case '\0':
    case '0':
    case '7':
      return TarEntry::Type::kFile;
    case '1':
      return TarEntry::Type::kHardLink;
    case '2':
      return TarEntry::Type::kSymlink;
    case '5':
      return TarEntry::Type::kDirectory;
    default:
      refuse(quote(path) + " is neither file, directory nor link");
  }
}

Block print_block(char type, const TarEntry& entry) {
  Block block{};
  put_text(block, kName, entry.path);
  put_octal(block, kMode, entry.mode & 07777);
  put_octal(block, kUid, fits(entry.uid, kUid) ? entry.uid : 0);
  put_octal(block, kGid, fits(entry.gid, kGid) ? entry.gid : 0);
  put_octal(block, kSize, fits(entry.size, kSize) ? entry.size : 0);
  put_octal(block, kTime,
            entry.mtime > 0 && fits(static_cast<std::uint64_t>(entry.mtime), kTime)
                ? static_cast<std::uint64_t>(entry.mtime)
                : 0);
  block[kTypeOffset] = type;
  put_text(block, kLink, entry.link_target);
  put_text(block, kMagic, "ustar");
  put_text(block, {kMagic.offset + 6, 2}, "00");
  char sum[8];
  std::snprintf(sum, sizeof sum, "%06o", sum_of(block));
  put_text(block, kSum, std::string_view(sum, 7));
  block[kSum.offset + 7] = ' ';
  return block;
}

// "<length> <key>=<value>\n", the length counting itself.
std::string record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

std::string records_of(const TarEntry& entry) {
  std::string records;
  if (entry.path.size() > kName.size) records += record("path", entry.path);
  if (entry.link_target.size() > kLink.size) records += record("linkpath", entry.link_target);
  if (!fits(entry.size, kSize)) records += record("size", std::to_string(entry.size));
  if (!fits(entry.uid, kUid)) records += record("uid", std::to_string(entry.uid));
  if (!fits(entry.gid, kGid)) records += record("gid", std::to_string(entry.gid));
  return records;
}

std::uint64_t to_number(const std::string& text) {
  const auto number = parse_int(text, 0, INT64_MAX);
  if (!number) refuse("record " + quote(text) + " is no number");
  return static_cast<std::uint64_t>(*number);
}

std::map<std::string, std::string> parse_records(const std::string& text) {
  std::map<std::string, std::string> records;
  for (size_t start = 0; start < text.size();) {
    const size_t blank = text.find(' ', start);
    const auto length =
        blank == std::string::npos ? std::nullopt : parse_int(text.substr(start, blank - start), 5, INT32_MAX);
    if (!length || static_cast<size_t>(*length) > text.size() - start || blank - start >= static_cast<size_t>(*length))
      refuse("damaged pax record");
    const std::string body = text.substr(blank + 1, start + static_cast<size_t>(*length) - blank - 1);
    const size_t equals = body.find('=');
    if (equals == std::string::npos || body.back() != '\n') refuse("damaged pax record");
    records[body.substr(0, equals)] = body.substr(equals + 1, body.size() - equals - 2);
    start += static_cast<size_t>(*length);
  }
  return records;
}

// Without "./" and doubled slashes; never absolute, never upwards.
std::string checked_path(const std::string& path) {
  if (path.empty() || path.size() > kMaxPath || path.find('\0') != std::string::npos) refuse("bad path " + quote(path));
  if (path.front() == '/') refuse("path " + quote(path) + " is absolute");
  std::string normal;
  for (const std::string& part : split(path, '/')) {
    if (part == "..") refuse("path " + quote(path) + " leads upwards");
    if (part.empty() || part == ".") continue;
    normal += (normal.empty() ? "" : "/") + part;
  }
  return normal.empty() ? "." : normal;
}

}  // namespace

size_t tar_padding(std::uint64_t size) {
  return static_cast<size_t>((kTarBlock - size % kTarBlock) % kTarBlock);
}

std::string tar_end() {
  return std::string(2 * kTarBlock, '\0');
}

std::string print_tar_header(const TarEntry& entry) {
  std::string text;
  if (const std::string records = records_of(entry); !records.empty()) {
    TarEntry extended;
    extended.path = "PaxHeaders/entry";
    extended.mode = 0644;
    extended.size = records.size();
    const Block block = print_block('x', extended);
    text.append(block.data(), block.size()).append(records).append(tar_padding(records.size()), '\0');
  }
  const Block block = print_block(type_letter(entry.type), entry);
  return text.append(block.data(), block.size());
}

bool TarReader::read_block(char* block) {
  size_t got = 0;
  while (got < kTarBlock) {
    const size_t part = source_(block + got, kTarBlock - got);
    if (part == 0 && got == 0) return false;
    if (part == 0) refuse("it is cut off");
    got += part;
  }
  return true;
}

size_t TarReader::read(char* buffer, size_t size) {
  if (left_ == 0) return 0;
  const size_t got = source_(buffer, static_cast<size_t>(std::min<std::uint64_t>(size, left_)));
  if (got == 0) refuse("it is cut off");
  left_ -= got;
  return got;
}

void TarReader::skip_content() {
  char discarded[16 * 1024];
  while (read(discarded, sizeof discarded) > 0) {
  }
  left_ = std::exchange(padding_, 0);
  while (read(discarded, sizeof discarded) > 0) {
  }
}

std::string TarReader::read_records(std::uint64_t size) {
  if (size > kMaxRecords) refuse("its extended header is too long");
  left_ = size;
  padding_ = tar_padding(size);
  std::string text(static_cast<size_t>(size), '\0');
  for (size_t got = 0; got < text.size();) got += read(text.data() + got, text.size() - got);
  skip_content();
  return text;
}

bool TarReader::next(TarEntry& entry) {
  skip_content();
  std::map<std::string, std::string> records;
  std::string long_name;
  std::string long_link;
  Block block;
  for (;;) {
    if (!read_block(block.data())) return false;  // without the empty blocks: tolerated
    if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; })) {
      while (source_(block.data(), block.size()) > 0) {  // the rest of the last record
      }
      return false;
    }
    if (!sum_fits(block)) refuse("damaged header, or no tar archive");
    const char type = block[kTypeOffset];
    const std::uint64_t size = number_of(block, kSize, "size");
    if (type == 'x') {
      records = parse_records(read_records(size));
    } else if (type == 'L' || type == 'K') {  // GNU tar's long names
      const std::string text = read_records(size);
      (type == 'L' ? long_name : long_link) = text.substr(0, text.find('\0'));
    } else if (type == 'g') {
      read_records(size);
    } else {
      break;
    }
  }
  const auto chosen = [&](const char* key, std::string plain) {
    const auto found = records.find(key);
    return found == records.end() ? std::move(plain) : found->second;
  };
  const std::string_view prefix = text_of(block, kMagic) == "ustar" ? text_of(block, kPrefix) : std::string_view();
  std::string name = (prefix.empty() ? "" : std::string(prefix) + "/") + std::string(text_of(block, kName));
  entry.path = checked_path(chosen("path", long_name.empty() ? std::move(name) : long_name));
  entry.type = type_of(block[kTypeOffset], entry.path);
  entry.link_target = chosen("linkpath", long_link.empty() ? std::string(text_of(block, kLink)) : long_link);
  if (entry.type == TarEntry::Type::kHardLink) entry.link_target = checked_path(entry.link_target);
  entry.mode = static_cast<unsigned>(number_of(block, kMode, "mode")) & 07777;
  const auto numeric = [&](const char* key, Field field) {
    const std::string text = chosen(key, "");
    return text.empty() ? number_of(block, field, key) : to_number(text);
  };
  entry.uid = numeric("uid", kUid);
  entry.gid = numeric("gid", kGid);
  entry.mtime = static_cast<std::int64_t>(number_of(block, kTime, "time"));
  const std::uint64_t size = numeric("size", kSize);
  entry.size = entry.type == TarEntry::Type::kFile ? size : 0;
  left_ = entry.size;
  padding_ = tar_padding(entry.size);
  return true;
}

}  // namespace minibox::wire
