// Archives as the user names them: a file, or "" and "-" for our own stdout and stdin, which must be no terminal.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/local_file.h"
#include "client/download.h"
#include "client/upload.h"

namespace minibox::cli {

// A regular file appears under its name when it is whole; after an error nothing is left of it, and an older one stays.
class ArchiveOutput {
 public:
  explicit ArchiveOutput(const std::string& path);
  ArchiveOutput(const ArchiveOutput&) = delete;
  ArchiveOutput& operator=(const ArchiveOutput&) = delete;
  ~ArchiveOutput();

  void write(std::string_view bytes) { file_.write(bytes); }
  void commit();

 private:
  std::string path_;
  std::string temporary_;  // empty: written in place
  LocalFile file_;
};

void receive_archive(client::Download& from, ArchiveOutput& output);  // all of it, and commits it
void send_archive(client::Upload& to, const LocalFile& from);
LocalFile open_archive_input(const std::string& path);
bool is_standard_stream(const std::string& path);

}  // namespace minibox::cli
