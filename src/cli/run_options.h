// The words of run's options turned into fields of the request: pure functions. What does not fit throws Error
// kInvalid; the caller adds the option's name and the exit code of a usage error.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "client/endpoint.h"

namespace minibox::cli {

// "[address:]host:container[/tcp]" -> {"[address:]host", "container[/tcp]"}
std::pair<std::string, std::string> parse_publish(const std::string& text);

// "host:container[:ro|:rw]" -> {absolute host path, "container[:ro|:rw]"}; `cwd` is put before a relative host path. A
// word without "/" is the name of a volume and stays as it is.
std::pair<std::string, std::string> parse_volume(const std::string& text, const std::string& cwd);

// "64" and "64m" are MB, "1g" is 1024, "2048k" and "2097152b" are 2.
std::int64_t parse_memory(const std::string& text);

double parse_cpus(const std::string& text);

// "K=V" as it is; "K" alone takes the value of the CLI's environment, and is nothing when that has none (as in Docker).
std::optional<std::string> parse_env(const std::string& text);

// All values of --env.
std::vector<std::string> parse_env_list(const std::vector<std::string>& values);

// Lines as of --env; empty ones and those that begin with '#' are left out. Quotes mean nothing, as in Docker.
std::vector<std::string> read_env_file(const std::string& path);

// "K=V", or "K" for an empty value; the last one counts.
void set_label(std::map<std::string, std::string>& labels, const std::string& text);

// Sets `out` to a signal's name or number, for Options::custom().
std::function<void(const std::string&)> signal_into(const char* option, std::string& out);

std::string current_directory();

void add_unique(std::map<std::string, std::string>& map, std::pair<std::string, std::string> entry);

// Calls `parse` with each value; what it throws becomes a usage error with the option's name before it.
void for_option(const char* name, const std::vector<std::string>& values,
                const std::function<void(const std::string&)>& parse);
std::vector<std::string> if_given(const std::string& text);  // nothing when it is empty

}  // namespace minibox::cli
