// The health of one life of a container, as the daemon keeps it: made by a start, kept until the next. Probes follow
// one another, never two at once; each is a turn, and whatever interrupts them (pause, end) makes the turn before it
// void, so that what comes of it later is dropped. Thread-safe. Pure rules: health_state.h; who calls:
// health_checks.cc.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/health_rules.h"
#include "engine/health_state.h"
#include "runtime/shim_client.h"
#include "sys/fd.h"

namespace minibox::engine {

struct ProbeRecord {
  std::string start;  // RFC 3339
  std::string end;
  int exit_code = -1;  // -1: it timed out, or could not be started
  std::string output;  // of the container's choice: any bytes, a few kilobytes
};

struct HealthReport {
  std::string status;
  std::int64_t failing_streak = 0;
  std::deque<ProbeRecord> log;  // the last five, oldest first
};

class ContainerHealth {
 public:
  struct Turn {
    std::uint64_t number = 0;
    std::chrono::milliseconds delay{};  // from now to its probe
  };
  // A probe on its way. The shim belongs to whoever got it of start().
  struct Flight {
    std::uint64_t turn = 0;
    HealthState::Time started{};
    std::string start;  // the same as RFC 3339
    runtime::Shim shim;
  };

  // `init`: the container's, as a pidfd; `config`: the path of its config.json; `started`: monotonic.
  ContainerHealth(HealthRules rules, sys::Fd init, std::string config, HealthState::Time started);

  std::string status() const;
  HealthReport report() const;

  Turn next_turn();  // voids the one before
  // Sends a probe with a new shim of `program`. Empty when the turn is void. Error: the turn is to be finished with it.
  std::shared_ptr<Flight> start(std::uint64_t turn, const sys::Fd& program);
  // Records how it ended -> the next turn. Empty when the turn is void.
  std::optional<Turn> finish(const Flight& flight, const runtime::Probed& probed);
  std::optional<Turn> fail(std::uint64_t turn, const std::string& why);  // could not be started, or not be followed

  // Voids the turn and ends a probe on its way. It goes on to die for a moment: its shim's process, to wait for;
  // invalid when there is none.
  sys::Fd interrupt();

 private:
  const std::string& spec();
  std::optional<Turn> record_result(std::uint64_t turn, HealthState::Time started, ProbeRecord record);
  Turn new_turn();

  const HealthRules rules_;
  const sys::Fd init_;
  const std::string config_;
  mutable std::mutex mutex_;
  std::string spec_;  // of every probe; made by the first
  HealthState state_;
  std::deque<ProbeRecord> log_;
  std::uint64_t turn_ = 0;
  std::shared_ptr<Flight> flight_;
};

}  // namespace minibox::engine
