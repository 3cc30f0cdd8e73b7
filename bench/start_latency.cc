// Times how long whole processes take, from spawn to reaped, contenders in turn.
//   start_latency ROUNDS WARM_UP < contenders
// A line of input is "NAME<tab>WORD WORD ..."; a line of output "NAME<tab>MEDIAN<tab>P10<tab>P90" in microseconds, or
// "NAME<tab>failed<tab>STATUS<tab>" when the command did not exit with 0. Each round has another order, so that none
// always runs after the same neighbour: clean-up of network namespaces goes on in the kernel after an exit.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <iostream>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Contender {
  std::string name;
  std::vector<std::string> words;
  std::vector<double> times_us;
  int failure = 0;
};

std::vector<Contender> read_contenders(std::istream& input) {
  std::vector<Contender> contenders;
  std::string line;
  while (std::getline(input, line)) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    Contender contender;
    contender.name = line.substr(0, tab);
    std::istringstream words(line.substr(tab + 1));
    for (std::string word; words >> word;) contender.words.push_back(word);
    if (!contender.words.empty()) contenders.push_back(std::move(contender));
  }
  return contenders;
}

// Output goes nowhere: a terminal's speed is not what is measured.
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
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

constexpr int kNotFound = 127;

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_once(Contender& contender, const Quiet& quiet) {
  std::vector<char*> argv;
  for (std::string& word : contender.words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, argv[0], quiet.get(), nullptr, argv.data(), environ) != 0) return kNotFound;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  contender.times_us.push_back(spent.count());
  return exit_status(status);
}

void run_rounds(std::vector<Contender>& contenders, int rounds, const Quiet& quiet) {
  // Every round in another order, always the same sequence of orders: what one contender leaves to the kernel to clean
  // up slows down whoever comes next, and that must not always be the same.
  std::mt19937 random(1);
  std::vector<size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (int round = 0; round < rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (size_t i = 0; i < contenders.size(); ++i) {
      Contender& contender = contenders[order[i]];
      if (contender.failure == 0) contender.failure = run_once(contender, quiet);
    }
  }
}

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

void print(Contender& contender) {
  std::cout << contender.name << '\t';
  if (contender.failure != 0 || contender.times_us.empty()) {
    std::cout << "failed\t" << contender.failure << "\t\n";
    return;
  }
  std::sort(contender.times_us.begin(), contender.times_us.end());
  std::cout << quantile(contender.times_us, 0.5) << '\t' << quantile(contender.times_us, 0.1) << '\t'
            << quantile(contender.times_us, 0.9) << '\n';
}

int parse_count(const char* text) {
  int number = -1;
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  return error == std::errc() && end == view.data() + view.size() ? number : -1;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc == 3 ? parse_count(argv[1]) : -1;
  const int warm_up = argc == 3 ? parse_count(argv[2]) : -1;
  if (rounds < 1 || warm_up < 0) {
    std::cerr << "usage: start_latency ROUNDS WARM_UP < contenders\n";
    return 2;
  }
  const Quiet quiet;
  std::vector<Contender> contenders = read_contenders(std::cin);
  run_rounds(contenders, warm_up, quiet);
  for (Contender& contender : contenders) contender.times_us.clear();
  run_rounds(contenders, rounds, quiet);
  for (Contender& contender : contenders) print(contender);
  return 0;
}
