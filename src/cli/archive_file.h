// Archives as the user names them: a file, or "" and "-" for our own stdout and stdin, which must be no terminal.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/local_file.h"
#include "cli/output_file.h"
#include "client/download.h"
#include "client/upload.h"

namespace minibox::cli {

class ArchiveOutput {
 public:
  explicit ArchiveOutput(const std::string& path);

  void write(std::string_view bytes) { file_ ? file_->write(bytes) : stdout_.write(bytes); }
  void commit();

 private:
  std::optional<OutputFile> file_;
  LocalFile stdout_;
};

void receive_archive(client::Download& from, ArchiveOutput& output);  // all of it, and commits it
void send_archive(client::Upload& to, const LocalFile& from);
LocalFile open_archive_input(const std::string& path);
bool is_standard_stream(const std::string& path);

}  // namespace minibox::cli
