// Times how long whole processes take, from spawn to reaped, contenders in turn.
//   start_latency ROUNDS WARM_UP < contenders
// A line of input is "NAME<tab>WORD WORD ..."; a line of output "NAME<tab>MEDIAN<tab>P10<tab>P90" in microseconds, or
// "NAME<tab>failed<tab>STATUS<tab>" when the command did not exit with 0. Each round has another order, so that none
// always runs after the same neighbour: clean-up of network namespaces goes on in the kernel after an exit.
#include <chrono>
#include <numeric>
#include <random>

#include "processes.h"

namespace {

using namespace minibox::bench;

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
    contender.words = split_words(line.substr(tab + 1));
    if (!contender.words.empty()) contenders.push_back(std::move(contender));
  }
  return contenders;
}

void run_once(Contender& contender, const Quiet& quiet) {
  const auto start = std::chrono::steady_clock::now();
  contender.failure = exit_status_of(quiet.spawn(contender.words));
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  contender.times_us.push_back(spent.count());
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
      if (contender.failure == 0) run_once(contender, quiet);
    }
  }
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
  for (const Contender& contender : contenders) print_result(contender.name, contender.times_us, contender.failure);
  return 0;
}
