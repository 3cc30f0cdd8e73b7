#include "wire/error_body.h"

#include "base/text.h"
#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr size_t kMaxPlainMessage = 4096;

Error plain_error(const std::string& body, ErrorKind fallback) {
  const std::string_view text = trim(body);
  return Error(fallback, text.empty() ? "the daemon gave no reason" : std::string(text.substr(0, kMaxPlainMessage)));
}

}  // namespace

std::string print_error(const Error& error) {
  nlohmann::json value = {
      {"code", kind_name(error.kind())}, {"message", error.text()}, {"exit_code", error.exit_code()}};
  if (!error.hint().empty()) value["hint"] = error.hint();
  return print_json({{"error", std::move(value)}});
}

Error parse_error(const std::string& body, ErrorKind fallback) {
  try {
    const nlohmann::json value = parse_json(body, "error");
    ObjectReader reader(value.at("error"), "error");
    std::string code(kind_name(fallback));
    std::string message;
    std::string hint;
    std::int64_t exit_code = 125;
    reader.read("code", code);
    reader.read("message", message);
    reader.read("hint", hint);
    reader.read("exit_code", exit_code, 1, 255);
    if (message.empty()) return plain_error(body, fallback);
    Error error(kind_from_name(code), message);
    error.with_hint(hint).with_exit_code(static_cast<int>(exit_code));
    return error;
  } catch (const std::exception&) {
    return plain_error(body, fallback);
  }
}

}  // namespace minibox::wire
