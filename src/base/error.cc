#include "base/error.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "base/errno_hint.h"

namespace minibox {
namespace {

struct KindName {
  ErrorKind kind;
  std::string_view name;
};

constexpr std::array kKindNames = {
    KindName{ErrorKind::kInvalid, "invalid"},         KindName{ErrorKind::kNotFound, "not_found"},
    KindName{ErrorKind::kExists, "exists"},           KindName{ErrorKind::kConflict, "conflict"},
    KindName{ErrorKind::kDenied, "denied"},           KindName{ErrorKind::kExhausted, "exhausted"},
    KindName{ErrorKind::kUnsupported, "unsupported"}, KindName{ErrorKind::kTimeout, "timeout"},
    KindName{ErrorKind::kCancelled, "cancelled"},     KindName{ErrorKind::kCorrupt, "corrupt"},
    KindName{ErrorKind::kUnavailable, "unavailable"}, KindName{ErrorKind::kInternal, "internal"},
};

}  // namespace

std::string_view kind_name(ErrorKind kind) {
  for (const KindName& entry : kKindNames) {
    if (entry.kind == kind) return entry.name;
  }
  return "internal";
}

ErrorKind kind_from_name(std::string_view name) {
  for (const KindName& entry : kKindNames) {
    if (entry.name == name) return entry.kind;
  }
  return ErrorKind::kInternal;
}

ErrorKind kind_from_errno(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ESRCH:
    case ENODEV:
      return ErrorKind::kNotFound;
    case EEXIST:
    case EADDRINUSE:
      return ErrorKind::kExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::kDenied;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
      return ErrorKind::kExhausted;
    case EINVAL:
    case ENAMETOOLONG:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case E2BIG:
      return ErrorKind::kInvalid;
    case EBUSY:
    case ENOTEMPTY:
      return ErrorKind::kConflict;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorKind::kUnsupported;
    case ETIMEDOUT:
      return ErrorKind::kTimeout;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
      return ErrorKind::kUnavailable;
    default:
      return ErrorKind::kInternal;
  }
}

std::string errno_name(int errno_value) {
  const char* name = strerrorname_np(errno_value);
  return name != nullptr ? name : "errno " + std::to_string(errno_value);
}

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {
  render();
}

Error Error::from_errno(std::string call, int errno_value) {
  Error error(kind_from_errno(errno_value), std::move(call));
  error.errno_ = errno_value;
  error.hint_ = errno_hint(error.message_, errno_value);
  error.render();
  return error;
}

Error& Error::add_context(std::string context) {
  context_.push_back(std::move(context));
  render();
  return *this;
}

Error& Error::with_hint(std::string hint) {
  hint_ = std::move(hint);
  return *this;
}

Error& Error::with_kind(ErrorKind kind) {
  kind_ = kind;
  return *this;
}

Error& Error::with_exit_code(int exit_code) {
  exit_code_ = exit_code;
  return *this;
}

Error& Error::attach_undo_failure(const std::string& text) {
  undo_failures_ += "; while undoing: " + text;
  render();
  return *this;
}

void Error::render() {
  text_.clear();
  for (auto it = context_.rbegin(); it != context_.rend(); ++it) text_ += *it + ": ";
  text_ += message_;
  if (errno_ != 0) {
    const char* description = strerrordesc_np(errno_);
    text_ +=
        std::string(": ") + (description != nullptr ? description : "Unknown error") + " (" + errno_name(errno_) + ")";
  }
  text_ += undo_failures_;
}

std::string current_exception_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace minibox
