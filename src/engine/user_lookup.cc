#include "engine/user_lookup.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "engine/overlay_view.h"
#include "sys/file.h"
#include "sys/root_dir.h"

namespace minibox::engine {
namespace {

constexpr size_t kMaxDatabase = 4 << 20;

// Line `key` is in column `column` of a passwd(5) or group(5) file.
std::optional<std::vector<std::string>> find_line(const std::string& database, const std::string& key, size_t column,
                                                  size_t columns) {
  for (const std::string& line : split(database, '\n')) {
    std::vector<std::string> fields = split(line, ':');
    if (fields.size() >= columns && fields[column] == key) return fields;
  }
  return std::nullopt;
}

unsigned id_of(const std::string& text, const std::string& what) {
  const auto id = parse_int(text, 0, INT32_MAX);
  if (!id) throw Error(ErrorKind::kInvalid, what + " " + quote(text) + " is not an id from 0 to 2147483647");
  return static_cast<unsigned>(*id);
}

std::vector<unsigned> supplementary_groups(const std::string& name, const std::string& group) {
  std::vector<unsigned> gids;
  for (const std::string& line : split(group, '\n')) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() < 4) continue;
    for (const std::string& member : split(fields[3], ',')) {
      if (member == name) gids.push_back(id_of(fields[2], "gid"));
    }
  }
  return gids;
}

}  // namespace

ResolvedUser resolve_user_in(const std::string& user, const std::string& passwd, const std::string& group) {
  const size_t colon = user.find(':');
  const std::string name = user.substr(0, colon);
  const bool numeric = is_digits(name);
  ResolvedUser resolved;
  const auto entry = find_line(passwd, name, numeric ? 2 : 0, 6);
  if (entry) {
    resolved.ids.uid = id_of((*entry)[2], "uid");
    resolved.ids.gid = id_of((*entry)[3], "gid");
    resolved.home = (*entry)[5].empty() ? "/" : (*entry)[5];
    if (colon == std::string::npos) resolved.ids.additional_gids = supplementary_groups((*entry)[0], group);
  } else if (numeric) {
    resolved.ids.uid = id_of(name, "user");
    resolved.home = resolved.ids.uid == 0 ? "/root" : "/";
  } else {
    throw Error(ErrorKind::kInvalid, "user " + quote(name) + " is not in the image's /etc/passwd")
        .with_hint("give a numeric id, or add the user to the image");
  }
  if (colon == std::string::npos) return resolved;
  const std::string group_name = user.substr(colon + 1);
  const auto group_entry = find_line(group, group_name, is_digits(group_name) ? 2 : 0, 3);
  if (!group_entry && !is_digits(group_name))
    throw Error(ErrorKind::kInvalid, "group " + quote(group_name) + " is not in the image's /etc/group");
  resolved.ids.gid = group_entry ? id_of((*group_entry)[2], "gid") : id_of(group_name, "group");
  return resolved;
}

namespace {

// The common case needs no look into the image.
bool is_plain_root(const std::string& user) {
  return user.empty() || user == "root" || user == "0" || user == "0:0";
}

}  // namespace

ResolvedUser resolve_user_beneath(const sys::RootDir& root, const std::string& user) {
  const auto read = [&](const char* path) -> std::string {
    const auto file = root.try_open_beneath(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat info{};
    if (!file || ::fstat(file->get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::string();
    return sys::read_all(*file, kMaxDatabase, path);
  };
  return with_context("resolve user " + quote(user),
                      [&] { return resolve_user_in(user, read("etc/passwd"), read("etc/group")); });
}

ResolvedUser resolve_user(EngineState& state, const std::string& user, const std::vector<oci::Digest>& layers) {
  if (is_plain_root(user)) return {};
  return resolve_user_beneath(OverlayView::of_layers(state.snapshots, layers).root(), user);
}

ResolvedUser resolve_user_in_snapshot(EngineState& state, const std::string& user, const std::string& directory,
                                      const std::vector<oci::Digest>& layers) {
  if (is_plain_root(user)) return {};
  const OverlayView view(state.snapshots.resume(directory, layers));
  return resolve_user_beneath(view.root(), user);
}

}  // namespace minibox::engine
