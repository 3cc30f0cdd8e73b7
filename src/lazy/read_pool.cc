#include "lazy/read_pool.h"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::lazy {
namespace {

// proc_pid_status(5): SIGKILL of a process is pending in each of its threads until they have ended.
bool is_being_killed(std::uint32_t thread) {
  std::optional<std::string> status;
  try {
    status = sys::try_read_file("/proc/" + std::to_string(thread) + "/status");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;  // ESRCH: it has ended since the file was opened
  }
  if (!status) return true;
  constexpr std::string_view kPending = "SigPnd:\t";
  const size_t at = status->find(kPending);
  if (at == std::string::npos) return false;
  const char* digits = status->data() + at + kPending.size();
  std::uint64_t pending = 0;
  std::from_chars(digits, status->data() + status->size(), pending, 16);
  return (pending >> (SIGKILL - 1) & 1) != 0;
}

}  // namespace

ReadPool::ReadPool(size_t threads, std::stop_source ending) : ending_(std::move(ending)) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ReadPool::~ReadPool() {
  ending_.request_stop();
}

void ReadPool::post(const Source& source, const FileRead& read) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({&source, read});
  readers_[{&source, read.unique}] = read.pid;
  posted_.notify_one();
}

void ReadPool::interrupt(const Source& source, std::uint64_t unique) {
  std::uint32_t reader = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = readers_.find({&source, unique});
    if (found == readers_.end()) return;
    reader = found->second;
  }
  // Whoever lives on goes on waiting: programs do not expect EINTR of a file.
  if (is_being_killed(reader)) reply_error(source.device, unique, EINTR);
}

void ReadPool::work() {
  const std::stop_token stop = ending_.get_token();
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMaxRead);  // memory only where it was written to
  std::unique_lock lock(mutex_);
  while (posted_.wait(lock, stop, [&] { return !jobs_.empty(); }) && !stop.stop_requested()) {
    const Job job = jobs_.front();
    jobs_.pop_front();
    lock.unlock();
    run(job, buffer.get());
    lock.lock();
    readers_.erase({job.source, job.read.unique});
  }
}

void ReadPool::run(const Job& job, char* buffer) {
  const Source& source = *job.source;
  try {
    const size_t size = source.read(job.read, buffer);
    reply(source.device, job.read.unique, buffer, size);
  } catch (...) {
    if (ending_.stop_requested()) return;
    source.complain(job.read.file, current_exception_text());
    reply_error(source.device, job.read.unique, EIO);
  }
}

}  // namespace minibox::lazy
