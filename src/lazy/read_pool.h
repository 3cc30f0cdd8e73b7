// Threads that read files for the kernel, so that one read that waits for a registry keeps no other from a disk, and
// readers that wait take turns. What waits here is bounded by the kernel: one read of each thread that reads, and what
// it reads ahead (fuse_mount.cc).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
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
  // Names the group of readers that a thread is one of, for instance its container.
  using GroupOf = std::function<std::string(std::uint32_t thread)>;

  // `ending` is requested when this ends; what `read` waits for should end with it.
  ReadPool(size_t threads, GroupOf group_of, std::stop_source ending);
  ~ReadPool();  // ends the threads; what waits is not answered

  // `source` must outlive this.
  void post(const Source& source, const FileRead& read);
  // Somebody has sent the reader a signal. One that is being killed, by this signal or by a later one, gets its answer
  // at once, however long the read takes: the kernel tells of the first signal only.
  void interrupt(const Source& source, std::uint64_t unique);

 private:
  struct Job {
    const Source* source;
    FileRead read;
  };
  // Those with jobs that wait or run. One may begin another read while it has fewer under way than there are idle
  // threads: so one that is stuck holds half of them, the next one half of the rest.
  struct Group {
    std::deque<Job> jobs;
    size_t running = 0;
  };
  using Groups = std::map<std::string, Group>;
  using Key = std::pair<const Source*, std::uint64_t>;

  void work();
  Job take(Group& group);
  void run(const Job& job, char* buffer);
  std::optional<Groups::iterator> next_group();
  void finish(Groups::iterator group, const Job& job);
  void watch();
  void let_go_of_killed();
  static void refuse(const Source& source, const FileRead& read, int errno_value);

  const GroupOf group_of_;
  std::stop_source ending_;
  std::mutex mutex_;
  std::condition_variable_any changed_;  // of groups_ and idle_
  std::condition_variable_any interrupted_;
  Groups groups_;
  std::string last_group_;  // whose turn it was
  size_t idle_;
  size_t waiting_ = 0;                 // jobs of all groups
  std::map<Key, FileRead> readers_;    // that are not answered yet
  std::map<Key, FileRead> doubtful_;   // those of them that have got a signal
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace minibox::lazy
