#include <unistd.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "cli/archive_file.h"
#include "cli/command_table.h"
#include "cli/local_archive.h"
#include "cli/local_file.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

// "web:/etc/hosts" is in a container, "./a:b" and "/a:b" are not.
struct Place {
  std::string container;  // empty: here
  std::string path;
};

Place parse_place(const std::string& word) {
  const size_t colon = word.find(':');
  if (colon == std::string::npos || colon == 0 || word.find('/') < colon) return {"", word};
  return {word.substr(0, colon), word.substr(colon + 1)};
}

// Relative paths in a container begin at its root, as in Docker.
std::string container_path(const Place& place) {
  return place.path.starts_with("/") ? place.path : "/" + place.path;
}

void pass_on(client::Download& archive) {
  std::string piece(64 * 1024, '\0');
  while (const size_t got = archive.read(piece.data(), piece.size())) {
    write_out(std::string_view(piece).substr(0, got));
  }
}

void warn_of(std::uint64_t left_out) {
  if (left_out == 0) return;
  write_err("minibox: warning: " + std::to_string(left_out) +
            " left out: devices, FIFOs, sockets, and what is in /proc, /sys and the like\n");
}

void copy_out(client::Client& client, const Place& from, const std::string& to) {
  const std::unique_ptr<client::Download> archive = client.copy_out(from.container, container_path(from));
  if (to == "-") {
    pass_on(*archive);
  } else {
    unpack_local(to, [&](char* buffer, size_t size) { return archive->read(buffer, size); });
    char rest[4096];
    while (archive->read(rest, sizeof rest) > 0) {  // what comes behind the archive's end mark
    }
  }
  warn_of(archive->left_out());
}

void copy_in(client::Client& client, const std::string& from, const Place& to) {
  client::Upload upload = client.copy_in(to.container, container_path(to));
  std::uint64_t left_out = 0;
  if (from == "-") {
    send_archive(upload, LocalFile(::dup(STDIN_FILENO)));
  } else {
    left_out = pack_local(from, [&](std::string_view bytes) { upload.write(bytes); });
  }
  upload.finish();
  warn_of(left_out);
}

}  // namespace

int command_cp(const Args& args, const Context& context) {
  Options options(
      "cp CONTAINER:PATH DESTINATION|- | cp SOURCE|- CONTAINER:PATH",
      "Copies files out of a container or into it, whether it runs or not; '-' is a tar stream. Into a "
      "directory that\nexists, or under a new name; 'DIR/.' is what is in DIR. Symlinks are copied as such. "
      "What comes from here belongs to\nroot in the container; a tar stream says itself whom it belongs "
      "to.");
  if (!options.parse(args, 2, 2)) return 0;
  const Place from = parse_place(options.words()[0]);
  const Place to = parse_place(options.words()[1]);
  if (from.container.empty() == to.container.empty()) options.refuse("one of the two must be CONTAINER:PATH");
  client::Client client(context.environment);
  if (!from.container.empty()) {
    copy_out(client, from, to.path);
  } else {
    copy_in(client, from.path, to);
  }
  return 0;
}

}  // namespace minibox::cli
