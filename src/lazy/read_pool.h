// Threads that read files for the kernel, so that one read that waits for a registry keeps no other from a disk. What
// waits here is bounded by the kernel: one read of each thread that reads, and what it reads ahead.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "lazy/layer_view.h"

namespace minibox::lazy {

class ReadPool {
 public:
  // Reads of one mounted layer. `read` throws Error, which is EIO to the reader and told to `complain`, with the file.
  struct Source {
    const sys::Fd& device;
    std::function<size_t(const FileRead& read, char* buffer)> read;
    std::function<void(FileTree::Id file, const std::string& why)> complain;
  };

  // `ending` is requested when this ends; what `read` waits for should end with it.
  ReadPool(size_t threads, std::stop_source ending);
  ~ReadPool();  // ends the threads; what waits is not answered

  // `source` must outlive this.
  void post(const Source& source, const FileRead& read);
  // Somebody has sent the reader a signal. One that is being killed gets its answer now, however long the read takes.
  void interrupt(const Source& source, std::uint64_t unique);

 private:
  struct Job {
    const Source* source;
    FileRead read;
  };
  void work();
  void run(const Job& job, char* buffer);

  std::stop_source ending_;
  std::mutex mutex_;
  std::condition_variable_any posted_;
  std::deque<Job> jobs_;
  std::map<std::pair<const Source*, std::uint64_t>, std::uint32_t> readers_;  // thread ids of those that wait
  std::vector<std::jthread> threads_;                                         // last: they use all of the above
};

}  // namespace minibox::lazy
