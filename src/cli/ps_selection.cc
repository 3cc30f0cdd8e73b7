#include "cli/ps_selection.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace minibox::cli {
namespace {

template <typename Fits>
bool any_or_none(const std::vector<std::string>& wanted, Fits fits) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), fits);
}

bool has_label(const wire::ContainerInfo& info, const std::string& wanted) {
  const size_t equals = wanted.find('=');
  const auto found = info.labels.find(wanted.substr(0, equals));
  if (found == info.labels.end()) return false;
  return equals == std::string::npos || found->second == wanted.substr(equals + 1);
}

std::string labels_text(const wire::ContainerInfo& info) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : info.labels) parts.push_back(name + "=" + value);
  return join(parts, ",");
}

std::string ports_of(const wire::ContainerInfo& info) {
  const std::string text = ports_text(info.ports);
  return text == "-" ? "" : text;
}

using Field = std::pair<std::string_view, std::string (*)(const wire::ContainerInfo&)>;
constexpr std::array kFields = {
    Field{"ID", [](const wire::ContainerInfo& info) { return info.id; }},
    Field{"Names", [](const wire::ContainerInfo& info) { return info.name; }},
    Field{"Image", [](const wire::ContainerInfo& info) { return info.image; }},
    Field{"Command", [](const wire::ContainerInfo& info) { return join(info.command, " "); }},
    Field{"CreatedAt", [](const wire::ContainerInfo& info) { return info.created_at; }},
    Field{"Status", [](const wire::ContainerInfo& info) { return info.status; }},
    Field{"State", [](const wire::ContainerInfo& info) { return info.status; }},
    Field{"Ports", ports_of},
    Field{"Labels", labels_text},
};

std::string value_of(const std::string& name, const wire::ContainerInfo& info) {
  for (const auto& [field, value] : kFields) {
    if (name == "." + std::string(field)) return printable(value(info));
  }
  std::vector<std::string> known;
  for (const auto& [field, value] : kFields) known.push_back("." + std::string(field));
  throw Error(ErrorKind::kInvalid, "--format: unknown field " + quote(name))
      .with_exit_code(2)
      .with_hint("known: " + join(known, " "));
}

// What a shell does not make of \t and \n between quotes.
std::string with_escapes(const std::string& format) {
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    const bool escape = format[i] == '\\' && i + 1 < format.size() && (format[i + 1] == 't' || format[i + 1] == 'n');
    text += escape ? (format[++i] == 't' ? '\t' : '\n') : format[i];
  }
  return text;
}

void check_status(const std::string& status) {
  constexpr std::array<std::string_view, 5> kKnown = {"created", "running", "paused", "restarting", "exited"};
  if (std::find(kKnown.begin(), kKnown.end(), status) != kKnown.end()) return;
  throw Error(ErrorKind::kInvalid, "unknown status " + quote(status))
      .with_hint("known: created running paused restarting exited");
}

std::string formatted(const std::string& format, const wire::ContainerInfo& info) {
  std::string text;
  size_t at = 0;
  for (size_t open = format.find("{{"); open != std::string::npos; open = format.find("{{", at)) {
    const size_t close = format.find("}}", open);
    if (close == std::string::npos) break;
    text += format.substr(at, open - at);
    text += value_of(std::string(trim(format.substr(open + 2, close - open - 2))), info);
    at = close + 2;
  }
  return text + format.substr(at) + "\n";
}

}  // namespace

void PsFilter::add(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string key = text.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (value.empty()) throw Error(ErrorKind::kInvalid, "needs KEY=VALUE, not " + quote(text));
  if (key == "name") return names_.push_back(value);
  if (key == "id") return ids_.push_back(value);
  if (key == "status") {
    check_status(value);
    return statuses_.push_back(value);
  }
  if (key == "label") return labels_.push_back(value);
  throw Error(ErrorKind::kInvalid, "unknown key " + quote(key)).with_hint("known: name id status label");
}

bool PsFilter::fits(const wire::ContainerInfo& info) const {
  return any_or_none(names_, [&](const std::string& part) { return info.name.find(part) != std::string::npos; }) &&
         any_or_none(ids_, [&](const std::string& prefix) { return info.id.starts_with(prefix); }) &&
         any_or_none(statuses_, [&](const std::string& status) { return info.status == status; }) &&
         std::all_of(labels_.begin(), labels_.end(), [&](const std::string& label) { return has_label(info, label); });
}

Containers PsFilter::apply(const Containers& containers) const {
  Containers chosen;
  for (const auto& [id, info] : containers) {
    if (fits(info)) chosen.emplace(id, info);
  }
  return chosen;
}

std::string containers_formatted(const Containers& containers, bool all, const std::string& format) {
  if (format.starts_with("table ")) {
    throw Error(ErrorKind::kInvalid, "--format: there are no tables of chosen columns")
        .with_exit_code(2)
        .with_hint("leave out 'table', or use --json");
  }
  const std::string wanted = with_escapes(format);
  std::string text;
  for (const auto& [id, info] : containers) {
    if (all || is_up(info)) text += formatted(wanted, info);
  }
  return text;
}

}  // namespace minibox::cli
