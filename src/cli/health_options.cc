#include "cli/health_options.h"

#include "base/error.h"
#include "base/health_limits.h"
#include "base/text.h"
#include "cli/run_options.h"

namespace minibox::cli {

void declare_health(Options& options, HealthWords& words) {
  options.text("--health-cmd", "COMMAND", words.command, "probes it with /bin/sh -c COMMAND inside; 0 is healthy")
      .text("--health-interval", "TIME", words.interval, "between two probes: 30s (the default), 1m30s, 500ms")
      .text("--health-timeout", "TIME", words.timeout, "a probe that takes longer is killed, and has failed (30s)")
      .number("--health-retries", "N", words.retries, 1, kMaxHealthRetries,
              "so many failures in a row are unhealthy (3)")
      .text("--health-start-period", "TIME", words.start_period, "failures do not count so early (0s)")
      .text("--health-start-interval", "TIME", words.start_interval, "between two probes in the start period (5s)")
      .flag("--no-healthcheck", words.none, "no health check, whatever the image says");
}

void fill_health(wire::RunRequest& request, const HealthWords& words) {
  wire::Healthcheck& check = request.healthcheck;
  if (!words.command.empty()) check.test = {"CMD-SHELL", words.command};
  const auto fill = [](const char* name, const std::string& text, std::int64_t& out) {
    for_option(name, if_given(text), [&](const std::string& value) {
      const auto ms = parse_health_time(value);
      if (!ms) throw Error(ErrorKind::kInvalid, std::string("needs ") + kHealthTimeForm + ", not " + quote(value));
      out = *ms;
    });
  };
  fill("--health-interval", words.interval, check.interval_ms);
  fill("--health-timeout", words.timeout, check.timeout_ms);
  fill("--health-start-period", words.start_period, check.start_period_ms);
  fill("--health-start-interval", words.start_interval, check.start_interval_ms);
  check.retries = words.retries;
  if (!words.none) return;
  if (!check.empty()) usage_error("run", "--no-healthcheck and --health-... exclude each other");
  check.test = {"NONE"};
}

}  // namespace minibox::cli
