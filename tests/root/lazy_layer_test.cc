// A lazy layer beside the same layer unpacked: minibox-lazy shows it through the kernel's FUSE. Needs root for mounts,
// and Linux 6.12 or later. The mounts are made in a mount namespace of the test's own.
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "lazy_fixture.h"
#include "sys/attributes.h"
#include "sys/entry.h"

namespace minibox::lazy {
namespace {

using store::TarEntry;
using store::TarWriter;
using testing::ElementsAre;
using testing::HasSubstr;

class LazyLayerTest : public LazyTest {
 protected:
  // All that a tree is, but for inode numbers; times of directories that no entry names are the unpacking's own.
  static void list(const sys::Fd& dir, const std::string& path, std::string& text) {
    for (const std::string& name : sys::list_entries(dir)) {
      const struct stat info = sys::stat_entry(dir, name);
      text += path + name + " " + std::to_string(info.st_mode) + " " + std::to_string(info.st_uid) + ":" +
              std::to_string(info.st_gid) + " " + std::to_string(info.st_nlink) + " " + std::to_string(info.st_rdev);
      if (!S_ISDIR(info.st_mode) && !sys::is_whiteout(info))
        text += " " + std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
                std::to_string(info.st_mtim.tv_nsec);
      if (S_ISLNK(info.st_mode)) text += " -> " + sys::read_link_entry(dir, name);
      if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) {
        const sys::Fd file =
            S_ISDIR(info.st_mode) ? sys::open_dir_entry(dir, name) : sys::open_regular_entry(dir, name);
        for (const std::string& key : sys::list_xattrs(file)) text += " " + key + "=" + *sys::try_get_xattr(file, key);
        if (S_ISREG(info.st_mode)) text += " " + oci::Sha256::of(sys::read_all(file, 64u << 20, name)).hex();
        text += "\n";
        if (S_ISDIR(info.st_mode)) list(file, path + name + "/", text);
      } else {
        text += "\n";
      }
    }
  }
  static std::string listing(const std::string& directory) {
    std::string text;
    list(sys::open_dir(directory), "", text);
    return text;
  }
};

void fill_odd(TarWriter& tar) {
  const auto make = [](const std::string& path, mode_t mode) {
    TarEntry entry;
    entry.path = path;
    entry.mode = mode;
    entry.mtime = 1'000'000'000;
    return entry;
  };
  tar.add(make("./", S_IFDIR | 0711));
  TarEntry plain = make("plain", S_IFREG | 04755);
  plain.uid = 1234;
  plain.gid = 70001;
  plain.mtime = -3600;
  plain.xattrs = {{"user.note", "a b"}, {"trusted.other", "no"}};
  tar.add_file(plain, "plain text");
  TarEntry hard = make("implied/deep/hard", kFile);
  hard.hard_link = true;
  hard.link_target = "plain";
  tar.add(hard);
  TarEntry soft = make("soft", S_IFLNK | 0777);
  soft.link_target = "/absolute/nowhere";
  tar.add(soft);
  TarEntry null = make("null", S_IFCHR | 0640);
  null.device = makedev(1, 3);
  tar.add(null);
  tar.add(make("pipe", S_IFIFO | 0620));
  tar.add(make("opaque", S_IFDIR | 01777));
  tar.add_file(make("opaque/.wh..wh..opq", kFile), "");
  tar.add_file(make("opaque/new", kFile), "new");
  tar.add_file(make(".wh.gone", kFile), "");
  tar.add_file(make(".wh.again", kFile), "");
  tar.add_file(make("again/file", kFile), "in a new directory");
  tar.add_file(make("twice", kFile), "first");
  tar.add_file(make("twice", S_IFREG | 0600), "second, longer");
  tar.add(make("kind", kDir));
  tar.add_file(make("kind/lost", kFile), "lost");
  tar.add_file(make("kind", kFile), "a file now");
  tar.add_file(make(std::string(200, 'n') + "/" + std::string(255, 'm'), kFile), "long");
  tar.add_file(make("empty", kFile), "");
  tar.add_file(make("large", kFile), std::string(5'000'000, 'l') + "end");
  for (int i = 0; i < 3000; ++i) tar.add(make("many/" + std::to_string(i), kFile));
}

TEST_F(LazyLayerTest, ShowsWhatUnpackingMakes) {
  const LayerConfig layer = store_layer(fill_odd);
  serve({layer});
  const std::string before = listing(lazy(layer));
  unpack(layer);
  EXPECT_EQ(before, listing(root_.extracted_layer(layer.diff_id)));
  EXPECT_EQ(sys::stat_of(sys::open_dir(lazy(layer))).st_mode, mode_t{S_IFDIR | 0711});
}

TEST_F(LazyLayerTest, ReadsTheUnpackedLayerAsSoonAsThereIsOne) {
  const LayerConfig layer = store_layer([&](TarWriter& tar) { tar.add_file(entry("file", kFile), "as it was"); });
  serve({layer});
  unpack(layer);
  sys::remove_file(root_.blob(layer.blob.digest));
  EXPECT_EQ(sys::read_file(lazy(layer, "/file")), "as it was");
}

TEST_F(LazyLayerTest, WithoutBlobAndRegistryReadingIsAnErrorAndTheRestGoesOn) {
  const LayerConfig layer = store_layer([&](TarWriter& tar) { tar.add_file(entry("file", kFile), "content"); });
  serve({layer});
  const std::string blob = sys::read_file(root_.blob(layer.blob.digest));
  sys::remove_file(root_.blob(layer.blob.digest));
  EXPECT_THROW(sys::read_file(lazy(layer, "/file")), Error);
  EXPECT_THAT(sys::list_dir(lazy(layer)), ElementsAre("file"));
  blobs_.put(blob, layer.blob.media_type);
  EXPECT_EQ(sys::read_file(lazy(layer, "/file")), "content");
}

TEST_F(LazyLayerTest, WrongBytesAreAnErrorAndNeverData) {
  const LayerConfig layer = store_layer([&](TarWriter& tar) { tar.add_file(entry("file", kFile), "content"); });
  store::LayerIndex lying = *store::make_layer_index(blobs_.open(layer.blob.digest), layer.blob.digest).index;
  lying.chunks.at(0).digest = oci::Sha256::of("something else");
  const LayerConfig config{layer.blob, layer.diff_id, put_index(lying)};
  serve({config});
  EXPECT_THROW(sys::read_file(lazy(config, "/file")), Error);
}

TEST_F(LazyLayerTest, AnIndexOfAnotherLayerIsRefusedAndNothingStaysMounted) {
  const LayerConfig one = store_layer([&](TarWriter& tar) { tar.add_file(entry("one", kFile), "1"); });
  const LayerConfig two = store_layer([&](TarWriter& tar) { tar.add_file(entry("two", kFile), "2"); });
  const Config config{root_.path(), {{one.blob, one.diff_id, two.index}}, "", "", {}, {}};
  try {
    start_server(MINIBOX_LAZY, config, sys::duplicate_stderr());
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.text(), HasSubstr("the index is not of this layer"));
  }
}

TEST_F(LazyLayerTest, TheMountCanBeIdMappedAndNothingCanBeWritten) {
  const LayerConfig layer = store_layer([&](TarWriter& tar) { tar.add_file(entry("file", kFile), "content"); });
  serve({layer});
  const sys::Child sleeper = sys::clone_process({.flags = CLONE_NEWUSER});
  if (!sleeper.valid()) {
    for (;;) ::pause();
  }
  const std::string process = "/proc/" + std::to_string(sleeper.pid());
  sys::write_file(process + "/uid_map", "0 100000 65536");
  sys::write_file(process + "/gid_map", "0 100000 65536");
  const sys::Fd copy = sys::clone_tree({}, lazy(layer), false);
  sys::set_idmap(copy, sys::open_file(process + "/ns/user", O_RDONLY), false);
  EXPECT_EQ(sys::stat_entry(copy, "file").st_uid, 100000u);
  EXPECT_THROW(sys::write_file(lazy(layer, "/file"), "x"), Error);
}

TEST_F(LazyLayerTest, ItHasNoRightsButReading) {
  const LayerConfig layer = store_layer([&](TarWriter& tar) { tar.add_file(entry("file", kFile), "content"); });
  serve({layer});
  const std::string status = sys::read_file("/proc/" + std::to_string(server_.pid()) + "/status");
  for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
    EXPECT_THAT(status, HasSubstr(std::string(set) + ":\t0000000000000004\n"));  // CAP_DAC_READ_SEARCH
  }
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status, HasSubstr("Uid:\t65534\t65534\t65534\t65534\n"));
}

}  // namespace
}  // namespace minibox::lazy
