#include "lazy/read_pool.h"

#include <cerrno>
#include <chrono>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "lazy/reader_process.h"

namespace minibox::lazy {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(200);  // at readers that have got a signal

}  // namespace

ReadPool::ReadPool(size_t threads, GroupOf group_of, std::stop_source ending)
    : group_of_(std::move(group_of)), ending_(std::move(ending)), idle_(threads) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  threads_.emplace_back([this] { watch(); });
}

ReadPool::~ReadPool() {
  ending_.request_stop();
}

void ReadPool::post(const Source& source, const FileRead& read) {
  const std::string group = group_of_(read.pid);
  const std::lock_guard lock(mutex_);
  groups_[group].jobs.push_back({&source, read});
  ++waiting_;
  readers_[{&source, read.unique}] = read;
  changed_.notify_one();
}

void ReadPool::interrupt(const Source& source, std::uint64_t unique) {
  const std::lock_guard lock(mutex_);
  const auto found = readers_.find({&source, unique});
  if (found == readers_.end()) return;
  doubtful_.insert(*found);
  interrupted_.notify_one();
}

void ReadPool::work() {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMaxRead);  // memory only where it was written to
  const std::stop_token stop = ending_.get_token();
  std::unique_lock lock(mutex_);
  std::optional<Groups::iterator> group;
  const auto is_there = [&] { return (group = next_group()).has_value(); };
  while (changed_.wait(lock, stop, is_there) && !stop.stop_requested()) {
    const Job job = take((*group)->second);
    const bool is_wanted = readers_.contains({job.source, job.read.unique});
    lock.unlock();
    if (is_wanted) run(job, buffer.get());
    lock.lock();
    finish(*group, job);
  }
}

ReadPool::Job ReadPool::take(Group& group) {
  const Job job = group.jobs.front();
  group.jobs.pop_front();
  ++group.running;
  --idle_;
  if (--waiting_ > 0) changed_.notify_one();  // a read that ends may let two others begin
  return job;
}

// In turn, from the one behind the last.
std::optional<ReadPool::Groups::iterator> ReadPool::next_group() {
  auto group = groups_.upper_bound(last_group_);
  for (size_t i = 0; i < groups_.size(); ++i, ++group) {
    if (group == groups_.end()) group = groups_.begin();
    if (group->second.jobs.empty() || group->second.running >= idle_) continue;
    last_group_ = group->first;
    return group;
  }
  return std::nullopt;
}

void ReadPool::finish(Groups::iterator group, const Job& job) {
  readers_.erase({job.source, job.read.unique});
  doubtful_.erase({job.source, job.read.unique});
  ++idle_;
  --group->second.running;
  if (group->second.running == 0 && group->second.jobs.empty()) groups_.erase(group);
}

void ReadPool::run(const Job& job, char* buffer) {
  const Source& source = *job.source;
  try {
    const size_t size = source.read(job.read, buffer);
    reply(source.device, job.read.unique, buffer, size);
  } catch (...) {
    if (ending_.stop_requested()) return;
    source.complain(job.read.file, current_exception_text());
    refuse(source, job.read, EIO);
  }
}

void ReadPool::refuse(const Source& source, const FileRead& read, int errno_value) {
  try {
    reply_error(source.device, read.unique, errno_value);
  } catch (const Error& error) {
    source.complain(read.file, error.text());
  }
}

void ReadPool::watch() {
  const std::stop_token stop = ending_.get_token();
  std::unique_lock lock(mutex_);
  while (interrupted_.wait(lock, stop, [&] { return !doubtful_.empty(); }) && !stop.stop_requested()) {
    let_go_of_killed();
    // Whoever lives on goes on waiting, programs do not expect EINTR of a file; but the next signal may end it.
    const size_t known = doubtful_.size();
    interrupted_.wait_for(lock, stop, kBetweenLooks, [&] { return doubtful_.size() > known; });
  }
}

void ReadPool::let_go_of_killed() {
  for (auto reader = doubtful_.begin(); reader != doubtful_.end();) {
    if (!is_being_killed(reader->second.pid)) {
      ++reader;
      continue;
    }
    refuse(*reader->first.first, reader->second, EINTR);
    readers_.erase(reader->first);
    reader = doubtful_.erase(reader);
  }
}

}  // namespace minibox::lazy
