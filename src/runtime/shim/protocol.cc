#include "runtime/shim/protocol.h"

#include <cstring>

#include "base/text.h"

namespace minibox::runtime {
namespace {

constexpr size_t kErrorFields = 5;

// Texts may hold what a user gave; a message has a limit, and an error must arrive.
std::string cut(const std::string& text) {
  constexpr size_t kMax = 4096;
  return text.size() <= kMax ? text : text.substr(0, kMax) + "...";
}

[[noreturn]] void corrupt(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, "shim protocol: " + why);
}

}  // namespace

std::string Message::print() const {
  std::string bytes(1, static_cast<char>(type));
  for (const std::string& text : fields) {
    const auto size = static_cast<std::uint32_t>(text.size());
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);  // both ends are this machine
    bytes += text;
  }
  return bytes;
}

Message Message::parse(const std::string& bytes) {
  if (bytes.empty()) corrupt("empty message");
  Message message;
  const auto type = static_cast<std::uint8_t>(bytes[0]);
  if (type < static_cast<std::uint8_t>(MessageType::kLaunch) || type > static_cast<std::uint8_t>(MessageType::kProbe)) {
    corrupt("unknown message type " + std::to_string(type));
  }
  message.type = static_cast<MessageType>(type);
  for (size_t at = 1; at < bytes.size();) {
    std::uint32_t size = 0;
    if (bytes.size() - at < sizeof size) corrupt("cut length");
    std::memcpy(&size, bytes.data() + at, sizeof size);
    at += sizeof size;
    if (bytes.size() - at < size) corrupt("cut field");
    message.fields.emplace_back(bytes, at, size);
    at += size;
  }
  return message;
}

const std::string& Message::field(size_t index) const {
  if (index >= fields.size()) corrupt("missing field " + std::to_string(index));
  return fields[index];
}

std::int64_t Message::number(size_t index) const {
  const auto value = parse_int(field(index), INT64_MIN, INT64_MAX);
  if (!value) corrupt("field " + std::to_string(index) + " is no number");
  return *value;
}

Message error_message(MessageType type, const Error& error) {
  Message message{type,
                  {std::string(kind_name(error.kind())), cut(error.message()), std::to_string(error.errno_value()),
                   std::to_string(error.exit_code()), cut(error.hint())}};
  for (const std::string& context : error.context()) message.fields.push_back(cut(context));
  return message;
}

Error error_from(const Message& message) {
  const int errno_value = static_cast<int>(message.number(2));
  Error error = errno_value != 0 ? Error::from_errno(message.field(1), errno_value)
                                 : Error(ErrorKind::kInternal, message.field(1));
  error.with_kind(kind_from_name(message.field(0)));
  error.with_exit_code(static_cast<int>(message.number(3)));
  error.with_hint(message.field(4));
  for (size_t i = kErrorFields; i < message.fields.size(); ++i) error.add_context(message.fields[i]);
  return error;
}

}  // namespace minibox::runtime
