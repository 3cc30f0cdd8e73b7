// Times how long it takes until COUNT containers that are asked for at the same moment all run, and until they are
// removed again at the same moment. Contenders in turn.
//   start_together ROUNDS COUNT < contenders
// A line of input is "NAME<tab>START<tab>REMOVE": words in which {} is a number from 1 to COUNT. What they name is a
// command; or, when the first word is POST, a request: POST SOCKET PATH [BODY]. Output as of start_latency,
// two lines a contender. One round before the first is not counted.
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>

#include "processes.h"

namespace {

using namespace minibox::bench;

struct Contender {
  std::string name;
  std::string start;
  std::string remove;
  std::vector<double> start_us;
  std::vector<double> remove_us;
  int failure = 0;
};

std::vector<Contender> read_contenders(std::istream& input) {
  std::vector<Contender> contenders;
  for (std::string line; std::getline(input, line);) {
    const size_t first = line.find('\t');
    const size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
    if (second == std::string::npos) continue;
    contenders.push_back(
        {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1), {}, {}});
  }
  return contenders;
}

std::vector<std::string> numbered(const std::string& text, int number) {
  std::vector<std::string> words = split_words(text);
  for (std::string& word : words) {
    for (size_t at = 0; (at = word.find("{}")) != std::string::npos;) word.replace(at, 2, std::to_string(number));
  }
  return words;
}

// The connection on which the answer will come, or -1.
int send_request(const std::vector<std::string>& words) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (words.size() < 3 || words[1].size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, words[1].c_str(), words[1].size());
  const std::string body = words.size() > 3 ? words[3] : "";
  const std::string request = words[0] + " " + words[2] +
                              " HTTP/1.1\r\nHost: minibox\r\nConnection: close\r\nContent-Type: application/json\r\n"
                              "Content-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return -1;
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    return connection;
  }
  ::close(connection);
  return -1;
}

// 0: the request has succeeded.
int await_answer(int connection) {
  if (connection < 0) return 1;
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(connection, buffer, sizeof buffer)) != 0;) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) answer.append(buffer, static_cast<size_t>(got));
  }
  ::close(connection);
  return answer.starts_with("HTTP/1.1 2") ? 0 : 1;
}

bool is_request(const std::string& text) {
  return text.starts_with("POST ");
}

// All at once; returns the first failure.
int run_all(const std::string& text, int count, const Quiet& quiet) {
  const bool request = is_request(text);
  std::vector<int> calls;
  for (int i = 1; i <= count; ++i) {
    const std::vector<std::string> words = numbered(text, i);
    calls.push_back(request ? send_request(words) : quiet.spawn(words));
  }
  int failure = 0;
  for (const int call : calls) {
    const int status = request ? await_answer(call) : exit_status_of(call);
    if (failure == 0) failure = status;
  }
  return failure;
}

int timed(std::vector<double>& times_us, const std::string& text, int count, const Quiet& quiet) {
  const auto start = std::chrono::steady_clock::now();
  const int failure = run_all(text, count, quiet);
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  times_us.push_back(spent.count());
  return failure;
}

void run_round(Contender& contender, int count, const Quiet& quiet) {
  if (contender.failure != 0) return;
  contender.failure = timed(contender.start_us, contender.start, count, quiet);
  const int failure = timed(contender.remove_us, contender.remove, count, quiet);  // also what a failure has left
  if (contender.failure == 0) contender.failure = failure;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc == 3 ? parse_count(argv[1]) : -1;
  const int count = argc == 3 ? parse_count(argv[2]) : -1;
  if (rounds < 1 || count < 1) {
    std::cerr << "usage: start_together ROUNDS COUNT < contenders\n";
    return 2;
  }
  const Quiet quiet;
  std::vector<Contender> contenders = read_contenders(std::cin);
  for (int round = 0; round <= rounds; ++round) {
    for (Contender& contender : contenders) {
      run_round(contender, count, quiet);
      if (round > 0) continue;
      contender.start_us.clear();
      contender.remove_us.clear();
    }
  }
  for (const Contender& contender : contenders) {
    print_result(contender.name + ": start", contender.start_us, contender.failure);
    print_result(contender.name + ": remove", contender.remove_us, contender.failure);
  }
  return 0;
}
