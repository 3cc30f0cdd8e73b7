// What the benchmarks' programs share: whole processes whose output goes nowhere, and the quantiles of what they took.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace minibox::bench {

// A terminal's speed is not what is measured.
class Quiet {
 public:
  Quiet() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  ~Quiet() { posix_spawn_file_actions_destroy(&actions_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

  // -1: there is no such program.
  pid_t spawn(const std::vector<std::string>& words) const {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    pid_t child = -1;
    return posix_spawnp(&child, argv[0], &actions_, nullptr, argv.data(), environ) == 0 ? child : -1;
  }

 private:
  posix_spawn_file_actions_t actions_{};
};

// As a shell has it.
inline int exit_status_of(pid_t child) {
  constexpr int kNotFound = 127;
  if (child < 0) return kNotFound;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

inline std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// -1: not a number.
inline int parse_count(std::string_view text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

// A line "NAME<tab>MEDIAN<tab>P10<tab>P90" or, when something has failed, "NAME<tab>failed<tab>STATUS<tab>".
inline void print_result(const std::string& name, std::vector<double> times_us, int failure) {
  std::cout << name << '\t';
  if (failure != 0 || times_us.empty()) {
    std::cout << "failed\t" << failure << "\t\n";
    return;
  }
  std::sort(times_us.begin(), times_us.end());
  const auto quantile = [&](double share) {
    return times_us[static_cast<size_t>(share * static_cast<double>(times_us.size() - 1) + 0.5)];
  };
  std::cout << quantile(0.5) << '\t' << quantile(0.1) << '\t' << quantile(0.9) << '\n';
}

}  // namespace minibox::bench
