// Files of a lazy layer that are read past minibox-lazy, from the layer's unpacked files (lazy/open_files.h).
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "lazy/backing_process.h"
#include "lazy/fuse_mount.h"
#include "lazy_fixture.h"
#include "sys/entry.h"

namespace minibox::lazy {
namespace {

using store::TarWriter;
using testing::HasSubstr;

constexpr size_t kLarge = 1u << 20;
constexpr std::chrono::seconds kDeadline{20};

// Every byte tells where it is.
std::string content_of(const std::string& name, size_t size = kLarge) {
  std::string content = name;
  while (content.size() < size) content += " " + name + std::to_string(content.size());
  content.resize(size);
  return content;
}

class LazyPassthroughTest : public LazyTest {
 protected:
  LayerConfig store_large(const std::vector<std::string>& names) {
    return store_layer([&](TarWriter& tar) {
      for (const std::string& name : names) tar.add_file(entry(name, kFile), content_of(name));
    });
  }
  static std::string read_open(const sys::Fd& file, size_t size = kLarge) {
    std::string bytes(size, '\0');
    if (!sys::read_all_at(file, bytes.data(), size, 0)) return "";
    return bytes;
  }
  static sys::Fd open(const std::string& path) { return sys::open_file(path, O_RDONLY); }
  std::string unpacked(const LayerConfig& layer, const std::string& path) {
    return root_.extracted_layer(layer.diff_id) + path;
  }

  static bool is_in_memory(const sys::Fd& file) {
    void* at = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file.get(), 0);
    unsigned char page = 0;
    EXPECT_EQ(::mincore(at, 4096, &page), 0);
    ::munmap(at, 4096);
    return (page & 1) != 0;
  }
  // Whether a second read is one of the unpacked file: otherwise FUSE's own pages have what the first one brought.
  bool passes(const LayerConfig& layer, const std::string& path) {
    const sys::Fd backing = open(unpacked(layer, path));
    const sys::Fd file = open(lazy(layer, path));
    read_open(file, 4096);
    EXPECT_EQ(::fdatasync(backing.get()), 0);
    EXPECT_TRUE(before_deadline([&] {
      ::posix_fadvise(backing.get(), 0, 0, POSIX_FADV_DONTNEED);
      return !is_in_memory(backing);
    }));
    read_open(file, 4096);
    return is_in_memory(backing);
  }
  static bool before_deadline(const std::function<bool()>& happens) {
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (!happens()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  std::vector<pid_t> children_of_server() {
    const std::string pid = std::to_string(server_.pid());
    std::vector<pid_t> children;
    for (const std::string& child : split(sys::read_file("/proc/" + pid + "/task/" + pid + "/children"), ' ')) {
      if (!child.empty()) children.push_back(std::stoi(child));
    }
    return children;
  }
};

TEST_F(LazyPassthroughTest, WhatIsOpenedOnceUnpackedIsReadWithoutTheServer) {
  const LayerConfig layer = store_large({"one", "two"});
  serve({layer});
  EXPECT_EQ(sys::read_file(lazy(layer, "/one")), content_of("one"));
  unpack(layer);
  const sys::Fd one = open(lazy(layer, "/one"));
  const sys::Fd two = open(lazy(layer, "/two"));
  EXPECT_TRUE(passes(layer, "/two"));
  server_.kill_and_reap();
  EXPECT_EQ(read_open(one), content_of("one"));
  EXPECT_EQ(read_open(two), content_of("two"));
}

TEST_F(LazyPassthroughTest, SmallFilesAreOpenedByTheKernelAlone) {
  const LayerConfig layer = store_layer([&](TarWriter& tar) {
    tar.add_file(entry("large", kFile), content_of("large"));
    for (int i = 0; i < 4; ++i) tar.add_file(entry("small" + std::to_string(i), kFile), "small");
  });
  serve({layer});
  unpack(layer);
  EXPECT_EQ(sys::read_file(lazy(layer, "/large")), content_of("large"));
  EXPECT_FALSE(passes(layer, "/large"));
  EXPECT_TRUE(children_of_server().empty()) << "nobody names backing files";
}

TEST_F(LazyPassthroughTest, AFileThatIsHeldOpenStaysReadableForAllAndPassesWhenAllHaveClosedIt) {
  const LayerConfig layer = store_large({"file", "other"});
  serve({layer});
  sys::Fd before = open(lazy(layer, "/file"));
  read_open(before, 4096);
  unpack(layer);
  EXPECT_EQ(sys::read_file(lazy(layer, "/file")), content_of("file"));
  EXPECT_FALSE(passes(layer, "/file"));
  EXPECT_TRUE(passes(layer, "/other"));
  EXPECT_EQ(read_open(before), content_of("file"));
  before.reset();
  EXPECT_TRUE(before_deadline([&] { return passes(layer, "/file"); })) << "the kernel tells of a close a little later";
  EXPECT_EQ(sys::read_file(lazy(layer, "/file")), content_of("file"));
}

TEST_F(LazyPassthroughTest, HardLinksAreOneFile) {
  const LayerConfig layer = store_layer([&](TarWriter& tar) {
    tar.add_file(entry("file", kFile), content_of("file"));
    tar.add(link("dir/link", "file", true));
  });
  serve({layer});
  sys::Fd before = open(lazy(layer, "/dir/link"));
  unpack(layer);
  EXPECT_EQ(sys::read_file(lazy(layer, "/file")), content_of("file"));
  before.reset();
  EXPECT_TRUE(before_deadline([&] { return passes(layer, "/file"); }));
  const sys::Fd one = open(lazy(layer, "/file"));
  const sys::Fd two = open(lazy(layer, "/dir/link"));
  server_.kill_and_reap();
  EXPECT_EQ(read_open(one), content_of("file"));
  EXPECT_EQ(read_open(two), content_of("file"));
}

// What a container does: overlayfs above, programs and libraries mapped, a file written to.
TEST_F(LazyPassthroughTest, ProgramsRunAndFilesAreMappedAndCopiedUpThroughAnOverlay) {
  const std::string bash = sys::read_file("/bin/bash");
  const LayerConfig layer = store_layer([&](TarWriter& tar) {
    tar.add_file(entry("bash", S_IFREG | 0755), bash);
    tar.add_file(entry("data", kFile), content_of("data"));
  });
  serve({layer});
  for (const char* name : {"/upper", "/work", "/view"}) sys::make_dir(dir_.path() + name);
  sys::FsContext overlay("overlay");
  overlay.set_string("lowerdir", lazy(layer));
  overlay.set_string("upperdir", dir_.path() + "/upper");
  overlay.set_string("workdir", dir_.path() + "/work");
  const std::string view = dir_.path() + "/view";
  sys::attach(overlay.create(0), sys::open_dir(view), view);
  const auto exit_status = [&] {
    const std::vector<std::string> words = {"bash", "-c", "exit 7"};
    pid_t pid = -1;
    EXPECT_EQ(
        ::posix_spawn(&pid, (view + "/bash").c_str(), nullptr, nullptr, sys::exec_pointers(words).data(), nullptr), 0);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
  };
  const auto mapped = [&] {
    const sys::Fd file = open(view + "/data");
    void* at = ::mmap(nullptr, kLarge, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (at == MAP_FAILED) return std::string();
    const std::string bytes(static_cast<const char*>(at), kLarge);
    ::munmap(at, kLarge);
    return bytes;
  };
  EXPECT_EQ(exit_status(), 7);
  EXPECT_EQ(mapped(), content_of("data"));
  unpack(layer);
  EXPECT_TRUE(before_deadline([&] { return passes(layer, "/data") && passes(layer, "/bash"); }));
  EXPECT_EQ(exit_status(), 7);
  EXPECT_EQ(mapped(), content_of("data"));
  sys::write_all(sys::open_file(view + "/data", O_WRONLY | O_APPEND), "more", "data");
  EXPECT_EQ(sys::read_file(view + "/data"), content_of("data") + "more");
  EXPECT_EQ(sys::read_file(lazy(layer, "/data")), content_of("data"));
  sys::unmount(view);
}

// More files than backing files are kept, while the layer is unpacked.
TEST_F(LazyPassthroughTest, ManyThreadsReadManyFilesAcrossTheUnpacking) {
  constexpr size_t kSize = 260 * 1024;
  constexpr int kFiles = 300;
  std::vector<std::string> contents;
  for (int i = 0; i < kFiles; ++i) contents.push_back(content_of(std::to_string(i), kSize));
  const LayerConfig layer = store_layer([&](TarWriter& tar) {
    for (int i = 0; i < kFiles; ++i) tar.add_file(entry(std::to_string(i), kFile), contents[i]);
  });
  serve({layer});
  std::atomic<bool> is_unpacked = false;
  std::atomic<int> wrong = 0;
  const auto read_all_files = [&](int first) {
    for (int rounds_after = 0; rounds_after < 3; rounds_after += is_unpacked) {
      for (int i = 0; i < kFiles; ++i) {
        const int number = (first + i) % kFiles;
        const sys::Fd file = open(lazy(layer, "/" + std::to_string(number)));
        std::string piece(4096, '\0');
        const size_t at = static_cast<size_t>(i) * 800;
        if (!sys::read_all_at(file, piece.data(), piece.size(), at) ||
            piece != contents[number].substr(at, piece.size()))
          ++wrong;
      }
    }
  };
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) readers.emplace_back(read_all_files, i % 2 * 150);
    unpack(layer);
    is_unpacked = true;
  }
  EXPECT_EQ(wrong, 0);
  std::vector<sys::Fd> held;
  for (int i = 0; i < kFiles; ++i) held.push_back(open(lazy(layer, "/" + std::to_string(i))));
  for (int i = 0; i < kFiles; ++i) EXPECT_EQ(read_open(held[i], kSize), contents[i]) << i;
  int passing = 0;
  for (int i = 0; i < kFiles; ++i) passing += passes(layer, "/" + std::to_string(i)) ? 1 : 0;
  EXPECT_GT(passing, 0);
  EXPECT_LT(passing, kFiles) << "as many backing files as files: nothing bounds them";
}

TEST_F(LazyPassthroughTest, AnUnmountedLayerKeepsNoFileFromBeingRemovedWhileAnotherIsServed) {
  const LayerConfig layer = store_large({"file"});
  const LayerConfig other = store_large({"other"});
  serve({layer, other});
  unpack(layer);
  EXPECT_TRUE(passes(layer, "/file"));
  const sys::Fd file = open(unpacked(layer, "/file"));
  // fcntl(2): nobody else has it open.
  const auto is_ours_alone = [&] { return ::fcntl(file.get(), F_SETLEASE, F_WRLCK) == 0; };
  EXPECT_FALSE(is_ours_alone()) << "it is kept for whoever opens it next";
  sys::unmount(lazy(layer));
  EXPECT_TRUE(before_deadline(is_ours_alone));
  EXPECT_EQ(sys::read_file(lazy(other, "/other")), content_of("other"));
}

TEST_F(LazyPassthroughTest, TheProcessThatNamesBackingFilesHasThatRightAndNoOther) {
  const LayerConfig layer = store_large({"file"});
  const LayerConfig second = store_large({"second"});
  serve({layer, second});
  const std::string server = sys::read_file("/proc/" + std::to_string(server_.pid()) + "/status");
  ASSERT_EQ(children_of_server().size(), 1u);
  const std::string process = "/proc/" + std::to_string(children_of_server()[0]);
  const std::string status = sys::read_file(process + "/status");
  for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
    EXPECT_THAT(server, HasSubstr(std::string(set) + ":\t0000000000000004\n"));  // CAP_DAC_READ_SEARCH
    EXPECT_THAT(status, HasSubstr(std::string(set) + ":\t0000000000200000\n"));  // CAP_SYS_ADMIN
  }
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status, HasSubstr("Uid:\t65534\t65534\t65534\t65534\n"));
  EXPECT_EQ(sys::read_file(process + "/comm"), "minibox-backing\n");
  // 0 to 2, which lead to /dev/null, its socket and the two devices
  EXPECT_EQ(sys::list_dir(process + "/fd").size(), 6u);
  EXPECT_EQ(sys::read_file(lazy(layer, "/file")), content_of("file"));
}

TEST_F(LazyPassthroughTest, WithoutThatProcessFilesAreReadThroughTheServer) {
  const LayerConfig layer = store_large({"one", "two"});
  serve({layer});
  unpack(layer);
  const sys::Fd one = open(lazy(layer, "/one"));
  ASSERT_EQ(children_of_server().size(), 1u);
  const pid_t process = children_of_server()[0];
  ASSERT_EQ(::kill(process, SIGKILL), 0);
  EXPECT_EQ(sys::read_file(lazy(layer, "/two")), content_of("two"));
  EXPECT_FALSE(passes(layer, "/two"));
  EXPECT_EQ(read_open(one), content_of("one"));
  EXPECT_TRUE(passes(layer, "/one")) << "it goes on with the backing file that it has";
  EXPECT_TRUE(before_deadline([&] { return children_of_server().empty(); })) << "it is reaped";
}

// What a server could ask for that somebody has taken over. No file that is taken here gets any further: the device is
// none of FUSE.
TEST_F(LazyPassthroughTest, ThatProcessTakesNothingButFilesOfUnpackedLayersOpenForReading) {
  const auto errno_of = [](BackingProcess& process, std::uint32_t device, const sys::Fd& file) {
    try {
      process.open(device, file);
    } catch (const Error& error) {
      return error.errno_value();
    }
    return 0;
  };
  BackingProcess process;
  std::vector<sys::Fd> devices;
  devices.push_back(open("/dev/null"));
  process.begin(sys::open_dir(root_.extracted()), devices);
  const std::string path = dir_.path() + "/file";
  sys::write_file(path, "content");
  EXPECT_EQ(errno_of(process, 0, open(path)), ENOTTY);
  EXPECT_EQ(errno_of(process, 0, sys::open_file(path, O_RDWR)), EACCES);
  EXPECT_EQ(errno_of(process, 0, sys::open_file(path, O_WRONLY)), EACCES);
  EXPECT_EQ(errno_of(process, 0, sys::open_file(path, O_PATH)), EACCES);
  EXPECT_EQ(errno_of(process, 0, sys::open_dir(dir_.path())), EACCES);
  EXPECT_EQ(errno_of(process, 0, open("/dev/zero")), EACCES);
  EXPECT_EQ(errno_of(process, 0, open("/proc/version")), EACCES) << "another file system";
  EXPECT_TRUE(process.is_there());
  EXPECT_THROW(process.begin(open("/proc/version"), {}), Error) << "another file system, later on";
  EXPECT_EQ(errno_of(process, 0, open("/proc/version")), 0) << "it answers no more";
  EXPECT_FALSE(process.is_there());
}

// Each holds a file open, and the kernel counts them for nobody.
TEST_F(LazyPassthroughTest, ThatProcessHasSoManyFilesOfADeviceOpenAndNoMore) {
  const std::string at = dir_.path() + "/view";
  sys::make_dir(at);
  BackingProcess process;
  std::vector<sys::Fd> devices;
  devices.push_back(mount_fuse(at));
  process.begin(sys::open_dir(root_.extracted()), devices);
  ASSERT_TRUE(shake_hands(devices[0], true));
  const std::string path = dir_.path() + "/file";
  sys::write_file(path, "content");
  const sys::Fd file = open(path);
  std::int32_t last = 0;
  for (size_t i = 0; i < kMaxBackings; ++i) last = process.open(0, file);
  try {
    process.open(0, file);
    ADD_FAILURE() << "nothing bounds them";
  } catch (const Error& error) {
    EXPECT_EQ(error.errno_value(), ENFILE);
  }
  process.close(0, last);
  EXPECT_NO_THROW(process.open(0, file));
  process.end();
  sys::unmount(at);
}

TEST_F(LazyPassthroughTest, TheProcessEndsWithTheServerHoweverThatEnds) {
  const LayerConfig layer = store_large({"file"});
  serve({layer});
  ASSERT_EQ(children_of_server().size(), 1u);
  const sys::Fd process = sys::open_dir("/proc/" + std::to_string(children_of_server()[0]));
  server_.kill_and_reap();
  EXPECT_TRUE(before_deadline([&] {
    try {
      const auto status = sys::open_file_at(process, "stat", O_RDONLY);
      return sys::read_all(status, 4096, "stat").find(") Z ") != std::string::npos;
    } catch (const Error&) {
      return true;  // it is gone altogether
    }
  }));
}

// The kernel allows no backing file on a file system that lies on another one.
TEST_F(LazyPassthroughTest, WhereTheKernelTakesNoBackingFilesTheCacheOfFuseIsUsed) {
  for (const char* name : {"/upper", "/work"}) sys::make_dir(dir_.path() + name);
  sys::FsContext overlay("overlay");
  overlay.set_string("lowerdir", root_.path());
  overlay.set_string("upperdir", dir_.path() + "/upper");
  overlay.set_string("workdir", dir_.path() + "/work");
  sys::attach(overlay.create(0), sys::open_dir(root_.path()), root_.path());
  const LayerConfig layer = store_large({"file"});
  serve({layer});
  EXPECT_TRUE(children_of_server().empty());
  EXPECT_EQ(sys::read_file(lazy(layer, "/file")), content_of("file"));
  TearDown();
  sys::unmount(root_.path());
}

}  // namespace
}  // namespace minibox::lazy
