// The one exception type of MiniBox.
//
// Each layer adds only what it alone knows: sys/ throws call + arguments + errno, a set-up step adds its name, engine/
// adds the object, the CLI prints "minibox: " before it. The text then reads
//   cannot start container 'web': bind volume '/srv/a': open_tree('/srv/a'): No such file or directory (ENOENT)
// Ordinary absence is std::optional, never an Error.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minibox {

// Few kinds; each maps to one HTTP status (api/) and one exit code (cli/).
enum class ErrorKind {
  kInvalid,      // the request is wrong: 400
  kNotFound,     // the named object does not exist: 404
  kExists,       // the name is taken: 409
  kConflict,     // the object is in the wrong state: 409
  kDenied,       // not allowed: 403
  kExhausted,    // disk, memory, addresses or a limit used up: 507
  kUnsupported,  // this kernel or build can't: 501
  kTimeout,      // a deadline passed: 504
  kCancelled,    // the caller went away: 499
  kCorrupt,      // stored data is not what its digest says: 500
  kUnavailable,  // daemon, registry or shim can't be reached: 503
  kInternal,     // a fault of ours: 500
};

std::string_view kind_name(ErrorKind kind);       // "not_found"
ErrorKind kind_from_name(std::string_view name);  // unknown names become kInternal
ErrorKind kind_from_errno(int errno_value);       // ENOENT -> kNotFound, ENOSPC -> kExhausted, ...
std::string errno_name(int errno_value);          // "ENOENT", or "errno 999"

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);

  // `call` is the failed call with its arguments, as in "open_tree('/srv/a')"; a misleading errno gets a hint
  // (base/errno_hint.h).
  static Error from_errno(std::string call, int errno_value);

  Error& add_context(std::string context);  // outermost last added: text() prints it first
  Error& with_hint(std::string hint);
  Error& with_kind(ErrorKind kind);
  Error& with_exit_code(int exit_code);
  Error& attach_undo_failure(const std::string& text);  // a second failure never replaces the first

  ErrorKind kind() const { return kind_; }
  int errno_value() const { return errno_; }
  // Exit status for the CLI where the kind does not say it all: 126 not executable, 127 not found; 125 otherwise.
  int exit_code() const { return exit_code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::vector<std::string>& context() const { return context_; }  // innermost first

  // "context: message: Strerror (ENAME)", one line without the hint.
  const std::string& text() const { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  void render();

  ErrorKind kind_;
  std::string message_;
  std::vector<std::string> context_;
  int errno_ = 0;
  int exit_code_ = 125;
  std::string hint_;
  std::string undo_failures_;
  std::string text_;
};

// Runs `action`; an Error that leaves it carries `context`.
template <typename Action>
decltype(auto) with_context(const std::string& context, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (Error& error) {
    error.add_context(context);
    throw;
  }
}

// The text of whatever exception is in flight; call only inside a catch block.
std::string current_exception_text();

}  // namespace minibox
