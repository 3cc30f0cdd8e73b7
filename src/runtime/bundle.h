// Names of the files in a container's directory (the OCI bundle), containers/<id>/.
#pragma once

namespace minibox::runtime {

inline constexpr char kConfigFile[] = "config.json";  // OCI runtime spec; what the shim obeys
inline constexpr char kStateFile[] = "state.json";    // the daemon's record
inline constexpr char kLogFile[] = "container.log";   // what the container wrote, stdout and stderr as they came
inline constexpr char kLogIndexFile[] = "container.log.idx";  // log_index.h
inline constexpr char kOldLogFile[] = "container.log.1";
inline constexpr char kOldLogIndexFile[] = "container.log.idx.1";
inline constexpr char kExitFile[] = "exit.json";  // blank until the shim writes how the container has ended
// Empty; there from when somebody has asked for the container's end until it is started again. A file of its own: on a
// full disk there is no room for another state.json, and what has filled it must be stoppable for good.
inline constexpr char kStoppedFile[] = "stopped";
inline constexpr char kShimSocket[] = "shim.sock";  // where a restarted daemon finds the shim
inline constexpr char kHostsFile[] = "hosts";
inline constexpr char kHostnameFile[] = "hostname";
inline constexpr char kResolvFile[] = "resolv.conf";

}  // namespace minibox::runtime
