// Puts the entries of one layer archive into a directory, one after the other. The part of unpacking that meets hostile
// names; layer_unpack.cc reads the archive. One thread; the directory has no other writer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/layer_format.h"
#include "store/tar_reader.h"
#include "store/tar_writer.h"
#include "sys/fd.h"
#include "sys/root_dir.h"

namespace minibox::store {

using ContentReader = std::function<void(const PieceSink&)>;

class LayerUnpacker {
 public:
  // kExhausted when remembering directories takes more than `directory_memory` bytes.
  LayerUnpacker(sys::Fd target, std::uint64_t directory_memory)
      : root_(std::move(target)), directory_memory_(directory_memory) {}

  void add(const TarEntry& entry, std::int64_t mtime_ns, const ContentReader& content);
  void finish();  // directory times, which every new entry would have changed

 private:
  struct Place {  // where an entry goes: its parent directory, open, and its last name
    const sys::Fd& dir;
    std::string name;
  };

  Place place(const std::string& path);
  void reveal(const std::string& path);
  void remember_time(const std::string& path, const timespec& mtime);
  void clear(const Place& place, bool keep_directory);
  void add_whiteout(const Place& place, const std::string& hidden);
  void add_directory(const Place& place, const TarEntry& entry, const std::string& path, const timespec& mtime);
  void add_regular(const Place& place, const TarEntry& entry, const timespec& mtime, const ContentReader& content);
  void add_hard_link(const Place& place, const TarEntry& entry);
  void add_special(const Place& place, const TarEntry& entry, const timespec& mtime);
  void set_root_attributes(const TarEntry& entry, const timespec& mtime);

  sys::RootDir root_;
  std::string parent_path_;  // of parent_; archives come sorted, so one remembered directory saves nearly all look-ups
  sys::Fd parent_;
  std::map<std::string, timespec> directory_times_;
  DirectoryMemory directory_memory_;
};

}  // namespace minibox::store
