// Makes the embedded default image at compile time.
//   make_busybox_image BUSYBOX APPLETS OUT.tar
// BUSYBOX is a static busybox, APPLETS the output of `busybox --list-full`. Runs as an ordinary user: the root file
// system exists only as archive entries. The same input gives the same bytes.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "oci/image_config.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "store/blob_store.h"
#include "store/layer_tar.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox {
namespace {

constexpr size_t kMaxBusybox = 16u << 20;

constexpr char kPasswd[] =
    "root:x:0:0:root:/root:/bin/sh\n"
    "daemon:x:1:1:daemon:/usr/sbin:/bin/false\n"
    "bin:x:2:2:bin:/bin:/bin/false\n"
    "sys:x:3:3:sys:/dev:/bin/false\n"
    "mail:x:8:8:mail:/var/mail:/bin/false\n"
    "www-data:x:33:33:www-data:/var/www:/bin/false\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";

constexpr char kGroup[] =
    "root:x:0:\n"
    "daemon:x:1:\n"
    "bin:x:2:\n"
    "sys:x:3:\n"
    "tty:x:5:\n"
    "mail:x:8:\n"
    "www-data:x:33:\n"
    "users:x:100:\n"
    "nogroup:x:65534:\n";

struct Directory {
  const char* path;
  mode_t mode;
};
constexpr Directory kDirectories[] = {
    {"bin", 0755},       {"dev", 0755},       {"etc", 0755},           {"home", 0755},      {"mnt", 0755},
    {"opt", 0755},       {"proc", 0755},      {"root", 0700},          {"run", 0755},       {"sbin", 0755},
    {"srv", 0755},       {"sys", 0755},       {"tmp", 01777},          {"usr", 0755},       {"usr/bin", 0755},
    {"usr/lib", 0755},   {"usr/local", 0755}, {"usr/local/bin", 0755}, {"usr/sbin", 0755},  {"var", 0755},
    {"var/cache", 0755}, {"var/lib", 0755},   {"var/log", 0755},       {"var/spool", 0755}, {"var/tmp", 01777},
    {"var/www", 0755},
};

store::TarEntry entry(const std::string& path, mode_t mode) {
  store::TarEntry made;
  made.path = path;
  made.mode = mode;
  return made;
}

// One symlink an applet, where the program expects it; the names have no directory we lack.
void add_applets(store::TarWriter& tar, const std::string& list) {
  std::set<std::string> paths;
  for (const std::string& line : split(list, '\n')) {
    const std::string path(trim(line));
    if (!path.empty() && path != "bin/busybox" && path != "linuxrc") paths.insert(path);
  }
  paths.insert("usr/bin/env");  // scripts name it by path
  for (const std::string& path : paths) {
    store::TarEntry link = entry(path, S_IFLNK | 0777);
    link.link_target = "/bin/busybox";
    tar.add(link);
  }
}

void add_root_file_system(store::TarWriter& tar, const std::string& busybox, const std::string& applets) {
  tar.add(entry("./", S_IFDIR | 0755));
  for (const Directory& directory : kDirectories) {
    tar.add(entry(std::string(directory.path) + "/", S_IFDIR | directory.mode));
  }
  tar.add_file(entry("bin/busybox", S_IFREG | 0755), busybox);
  add_applets(tar, applets);
  tar.add_file(entry("etc/group", S_IFREG | 0644), kGroup);
  tar.add_file(entry("etc/passwd", S_IFREG | 0644), kPasswd);
  tar.add_file(entry("etc/profile", S_IFREG | 0644), "umask 022\n");
  tar.add_file(entry("etc/shells", S_IFREG | 0644), "/bin/sh\n/bin/ash\n");
}

oci::ImageConfig make_config(const oci::Digest& diff_id) {
  oci::ImageConfig config;
  config.created = "1970-01-01T00:00:00Z";
  config.config.cmd = {"sh"};
  config.config.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  config.diff_ids = {diff_id};
  config.history = {{config.created, "busybox-static of Debian", "", "", false}};
  return config;
}

// index.json stands first, so that a reader of the name alone need not pass the blobs.
void write_layout(const std::string& path, const oci::Descriptor& manifest, const store::BlobStore& blobs,
                  const std::vector<oci::Descriptor>& parts) {
  oci::Index index;
  index.manifests = {manifest};
  index.manifests[0].annotations[std::string(oci::kRefNameAnnotation)] = "busybox";
  const sys::Fd out = sys::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  store::TarWriter tar([&](std::string_view bytes) { sys::write_all(out, bytes, path); });
  tar.add_file(entry("oci-layout", S_IFREG | 0644), R"({"imageLayoutVersion":"1.0.0"})");
  tar.add_file(entry("index.json", S_IFREG | 0644), index.print());
  for (const oci::Descriptor& part : parts) {
    const std::string bytes = sys::read_all(blobs.open(part.digest), kMaxBusybox, part.digest.text());
    tar.add_file(entry("blobs/sha256/" + part.digest.hex(), S_IFREG | 0644), bytes);
  }
  tar.finish();
}

void make_image(const std::string& busybox_path, const std::string& applets_path, const std::string& out) {
  const std::string busybox = sys::read_file(busybox_path, kMaxBusybox);
  const std::string applets = sys::read_file(applets_path);
  const sys::TempDir scratch(".", "busybox-image.");
  const store::DataRoot root = store::DataRoot::open(sys::path_of(sys::open_dir(scratch.path())));
  const store::BlobStore blobs(root);
  const store::Layer layer =
      store::write_layer(blobs, [&](store::TarWriter& tar) { add_root_file_system(tar, busybox, applets); });
  oci::Manifest manifest;
  manifest.config = blobs.put(make_config(layer.diff_id).print(), oci::kConfigMediaType);
  manifest.layers = {layer.blob};
  const oci::Descriptor descriptor = blobs.put(manifest.print(), oci::kManifestMediaType);
  write_layout(out, descriptor, blobs, {descriptor, manifest.config, layer.blob});
}

}  // namespace
}  // namespace minibox

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: make_busybox_image BUSYBOX APPLETS OUT.tar\n", stderr);
    return 2;
  }
  try {
    minibox::make_image(argv[1], argv[2], argv[3]);
    return 0;
  } catch (const minibox::Error& error) {
    std::fprintf(stderr, "make_busybox_image: %s\n", error.what());
    return 1;
  }
}
