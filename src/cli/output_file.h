// A file that a command writes under a name of the user's. A regular file appears under its name when it is whole;
// after an error nothing is left of it, and an older one stays.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "cli/local_file.h"

namespace minibox::cli {

class OutputFile {
 public:
  OutputFile(const std::string& path, mode_t mode);  // what can't be made is told here, before anything is written
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void write(std::string_view bytes) { file_.write(bytes); }
  void commit();

 private:
  const std::string path_;
  std::string temporary_;  // empty: written in place
  LocalFile file_;
};

// Throws what OutputFile would, and leaves nothing. Of a pipe nothing is tried: whoever reads it would see its end.
void check_output_file(const std::string& path, mode_t mode);

}  // namespace minibox::cli
