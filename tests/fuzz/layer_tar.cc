// A layer as an archive: whatever it says, nothing outside the target is touched.
#include <fcntl.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "oci/sha256.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace {

minibox::sys::Fd blob_of(const std::string& bytes) {
  minibox::sys::Fd blob(::memfd_create("layer", MFD_CLOEXEC));
  minibox::sys::write_all(blob, bytes, "layer");
  ::lseek(blob.get(), 0, SEEK_SET);
  return blob;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minibox;
  const std::string bytes = fuzz::text_of(data, size);
  const sys::TempDir dir("/dev/shm", "minibox-fuzz.");
  const std::string outside = dir.path() + "/outside";
  const std::string target = dir.path() + "/target";
  sys::write_file(outside, "untouched");
  sys::make_dir(target);
  fuzz::allow_errors([&] {
    store::unpack_layer(blob_of(bytes), oci::Sha256::of(bytes), target, {},
                        {.max_entries = 1000, .max_bytes = 1 << 20, .max_ratio = 1});
  });
  fuzz::require(sys::list_dir(dir.path()) == std::vector<std::string>{"outside", "target"});
  fuzz::require(sys::read_file(outside) == "untouched");
  return 0;
}
