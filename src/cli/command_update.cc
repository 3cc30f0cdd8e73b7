#include "base/error.h"
#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

// `parse` with the option's name before its error, as a usage error.
template <typename Parse, typename Out>
Options::Setter into(const char* option, Parse parse, std::optional<Out>& out) {
  return [option, parse, &out](const std::string& value) {
    try {
      out = parse(value);
    } catch (Error& error) {
      error.add_context(option).with_exit_code(2);
      throw;
    }
  };
}

std::int64_t parse_swap(const std::string& text) {
  return text == "-1" ? -1 : parse_memory(text);
}

}  // namespace

int command_update(const Args& args, const Context& context) {
  wire::UpdateRequest request;
  std::int64_t cpu = -1;
  std::int64_t pids = -2;
  Options options("update OPTIONS CONTAINER...",
                  "Changes limits of containers, also of running ones. A limit that can't be applied is an error, and "
                  "then\nnone is changed.");
  options.custom("-m,--memory", "MB", into("--memory", parse_memory, request.memory), "memory limit: 64, 64m, 1g")
      .custom("--memory-swap", "MB", into("--memory-swap", parse_swap, request.memory_swap),
              "limit of memory and swap together; -1: no limit of swap")
      .number("-c,--cpu", "US", cpu, 0, 409'600'000, "processor time in microseconds per 100 ms; 0: no limit")
      .custom("--cpus", "CORES", into("--cpus", parse_cpus, request.cpus), "processor time in cores: 0.5, 2")
      .number("--pids-limit", "N", pids, -1, 4 << 20, "processes at most; -1: no limit");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  if (cpu >= 0) request.cpu = cpu;
  if (pids >= -1) request.pids_limit = pids;
  if (request.cpu && request.cpus) options.refuse("--cpu and --cpus exclude each other");
  if (request.empty()) options.refuse("no limit is given");
  client::Client client(context.environment);
  return for_each_object("update", options.words(), context,
                         [&](const std::string& reference) { return client.update(reference, request); });
}

}  // namespace minibox::cli
