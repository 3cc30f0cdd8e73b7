// A data root of a test's own, and archives made for it. For tests only.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "base/error.h"
#include "store/blob_store.h"
#include "store/data_root.h"
#include "store/gzip_writer.h"
#include "store/layer_tar.h"
#include "store/tar_writer.h"
#include "sys/file.h"

namespace minibox::store {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : dir_("/tmp", "minibox-store-test."), root_(DataRoot::open(dir_.path() + "/data")), blobs_(root_) {}

  // Entries belong to the user who runs the test, so that no privilege is needed to unpack them.
  static TarEntry entry(const std::string& path, mode_t mode) {
    TarEntry made;
    made.path = path;
    made.mode = mode;
    made.uid = ::geteuid();
    made.gid = ::getegid();
    made.mtime = 1'000'000'000;
    return made;
  }
  static TarEntry link(const std::string& path, const std::string& target, bool hard = false) {
    TarEntry made = entry(path, hard ? S_IFREG | 0644 : S_IFLNK | 0777);
    made.link_target = target;
    made.hard_link = hard;
    return made;
  }

  static std::string tar(const std::function<void(TarWriter&)>& fill) {
    std::string bytes;
    TarWriter writer([&](std::string_view piece) { bytes += piece; });
    fill(writer);
    writer.finish();
    return bytes;
  }
  // One entry of a ustar archive and its content, whatever they say.
  static std::string raw_member(char type, const std::string& name, const std::string& content) {
    std::string header(512, '\0');
    const auto put = [&](size_t at, const std::string& text) { header.replace(at, text.size(), text); };
    const auto octal = [](size_t value) {
      std::string digits = "00000000000";
      for (size_t at = digits.size(); value > 0; value /= 8) digits[--at] = static_cast<char>('0' + value % 8);
      return digits;
    };
    put(0, name);
    put(100, "0000644");
    put(108, octal(::geteuid()).substr(4));
    put(116, octal(::getegid()).substr(4));
    put(124, octal(content.size()));
    put(136, octal(1'000'000'000));
    put(148, std::string(8, ' '));
    put(156, std::string(1, type));
    put(257, std::string("ustar\0"
                         "00",
                         8));
    size_t sum = 0;
    for (const char byte : header) sum += static_cast<unsigned char>(byte);
    put(148, octal(sum).substr(5) + std::string("\0 ", 2));
    return header + content + std::string((512 - content.size() % 512) % 512, '\0');
  }
  // A file "f" of 1000 bytes, in the form of GNU tar's sparse files 1.0, that begins with its map.
  static std::string sparse_member(const std::string& content) {
    const std::string attributes =
        "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n21 GNU.sparse.name=f\n28 GNU.sparse.realsize=1000\n";
    return raw_member('x', "f", attributes) + raw_member('0', "f", content);
  }
  // Its map leads past the file's end: 1000 bytes at 100. libarchive tells of no hole in it.
  static std::string tar_with_a_false_sparse_map() {
    const std::string map = "1\n100\n1000\n";
    const std::string content = map + std::string(512 - map.size(), '\0') + std::string(1000, 'x');
    return sparse_member(content) + std::string(1024, '\0');
  }
  static std::string gzip(std::string_view bytes) {
    std::string compressed;
    GzipWriter writer([&](std::string_view piece) { compressed += piece; });
    writer.write(bytes);
    writer.finish();
    return compressed;
  }

  std::string target() {
    const std::string path = dir_.path() + "/target";
    sys::make_dirs(path, 0755);
    return path;
  }
  // Unpacks uncompressed or compressed tar bytes into target().
  void unpack(const std::string& bytes, const oci::Digest& diff_id, const LayerLimits& limits = {}) {
    const oci::Descriptor blob = blobs_.put(bytes, oci::kGzipLayerMediaType);
    unpack_layer(blobs_.open(blob.digest), diff_id, target(), {}, limits);
  }
  void unpack_tar(const std::function<void(TarWriter&)>& fill) {
    const std::string bytes = tar(fill);
    unpack(bytes, oci::Sha256::of(bytes));
  }
  std::string unpack_error(const std::function<void(TarWriter&)>& fill) {
    try {
      unpack_tar(fill);
      return "unpacked";
    } catch (const Error& error) {
      return error.text();
    }
  }
  // What stands beside the target and must not change.
  std::string outside() const { return dir_.path() + "/outside"; }

  sys::TempDir dir_;
  DataRoot root_;
  BlobStore blobs_;
};

}  // namespace minibox::store
