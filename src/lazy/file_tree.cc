#include "lazy/file_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "store/layer_format.h"
#include "sys/root_dir.h"

namespace minibox::lazy {

namespace {

bool by_name(const FileTree::Child& child, std::string_view name) {
  return child.name < name;
}

}  // namespace

bool FileTree::Node::is_directory() const {
  return S_ISDIR(type);
}

// Does to names what LayerUnpacker does to files.
class FileTreeBuilder {
 public:
  explicit FileTreeBuilder(FileTree& tree) : tree_(tree) { make(FileTree::kRoot, nullptr, S_IFDIR); }

  void add(const store::IndexedEntry& indexed) {
    const store::TarEntry& entry = indexed.entry;
    const std::string path = sys::relative_path(entry.path);
    if (path.empty()) return set_root(indexed);
    const Place place = place_of(path);
    if (place.name == store::kOpaqueMarker) return set_opaque(place.directory);
    if (place.name.starts_with(store::kAufsPrefix)) return;
    if (place.name.starts_with(store::kWhiteoutPrefix)) {
      return add_whiteout(place.directory, place.name.substr(store::kWhiteoutPrefix.size()));
    }
    if (entry.hard_link) return add_hard_link(place, entry);
    if (S_ISDIR(entry.mode)) return add_directory(place, indexed);
    put(place, make(place.directory, &indexed, entry.mode & S_IFMT));
    note_xattrs(indexed);
  }

  void finish() {
    for (size_t i = 0; i < names_.size(); ++i) {
      FileTree::Node& node = tree_.nodes_[i];
      node.children.reserve(names_[i].size());
      for (auto& [name, id] : names_[i]) node.children.push_back({name, id});
      names_[i].clear();
    }
    count_links();
  }

 private:
  using Id = FileTree::Id;
  struct Place {
    Id directory = 0;
    std::string name;
  };

  FileTree::Node& node(Id id) { return tree_.nodes_[id - 1]; }
  std::map<std::string, Id, std::less<>>& names(Id id) { return names_[id - 1]; }

  Id make(Id parent, const store::IndexedEntry* entry, mode_t type) {
    FileTree::Node made;
    made.entry = entry;
    made.type = type;
    made.parent = parent;
    tree_.nodes_.push_back(std::move(made));
    names_.emplace_back();
    return tree_.nodes_.size();
  }

  Id find(Id directory, std::string_view name) {
    const auto found = names(directory).find(name);
    return found == names(directory).end() ? 0 : found->second;
  }

  void put(const Place& place, Id id) {
    const auto [there, inserted] = names(place.directory).try_emplace(place.name, id);
    if (inserted) return;
    there->second = id;
    last_parent_.reset();  // it may have gone with what stood here
  }

  // Made where it is not there, also in place of a whiteout. An index has no names that lead through symbolic links.
  Id directory_at(const std::string& path) {
    Id here = FileTree::kRoot;
    for (const std::string& name : split(path, '/')) {
      if (name.empty()) continue;
      const Id next = find(here, name);
      if (next == 0 || node(next).is_whiteout()) {
        here = make_directory(here, name, nullptr);
      } else if (node(next).is_directory()) {
        here = next;
      } else {
        throw Error(ErrorKind::kCorrupt, quote(path) + " leads through a file");
      }
    }
    return here;
  }

  // One that stands where a whiteout of this layer stood is a new one: nothing of the layers below belongs to it.
  Id make_directory(Id parent, const std::string& name, const store::IndexedEntry* entry) {
    const Id before = find(parent, name);
    const Id id = make(parent, entry, S_IFDIR);
    if (before != 0 && node(before).is_whiteout()) set_opaque(id);
    put({parent, name}, id);
    return id;
  }

  Place place_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
    // Archives come sorted: one remembered directory saves nearly all look-ups.
    if (!last_parent_ || *last_parent_ != parent) {
      last_directory_ = directory_at(parent);
      last_parent_ = parent;
    }
    return {last_directory_, slash == std::string::npos ? path : path.substr(slash + 1)};
  }

  void set_root(const store::IndexedEntry& indexed) {
    if (!S_ISDIR(indexed.entry.mode)) throw Error(ErrorKind::kCorrupt, "the layer's root is not a directory");
    node(FileTree::kRoot).entry = &indexed;
    note_xattrs(indexed);
  }

  void set_opaque(Id directory) {
    node(directory).opaque = true;
    tree_.has_xattrs_ = true;
  }

  void add_whiteout(Id directory, const std::string& hidden) {
    if (hidden.empty() || hidden == "." || hidden == "..")
      throw Error(ErrorKind::kCorrupt, "the whiteout names nothing");
    const Id there = find(directory, hidden);
    if (there == 0) {
      put({directory, hidden}, make(directory, nullptr, S_IFCHR));
    } else if (node(there).is_directory()) {
      set_opaque(there);
    }
  }

  void add_hard_link(const Place& place, const store::TarEntry& entry) {
    const std::string target = sys::relative_path(entry.link_target);
    const size_t slash = target.rfind('/');
    const Id directory = directory_at(slash == std::string::npos ? "" : target.substr(0, slash));
    const Id id = find(directory, slash == std::string::npos ? target : target.substr(slash + 1));
    if (id == 0 || node(id).is_directory() || node(id).is_whiteout())
      throw Error(ErrorKind::kCorrupt, "the hard link leads to no file: " + quote(entry.link_target));
    put(place, id);
  }

  void add_directory(const Place& place, const store::IndexedEntry& indexed) {
    const Id there = find(place.directory, place.name);
    if (there != 0 && node(there).is_directory()) {
      node(there).entry = &indexed;
    } else {
      make_directory(place.directory, place.name, &indexed);
    }
    note_xattrs(indexed);
  }

  void note_xattrs(const store::IndexedEntry& indexed) {
    for (const auto& [name, value] : indexed.entry.xattrs) {
      if (store::is_stored_xattr(name)) tree_.has_xattrs_ = true;
    }
  }

  void count_links() {
    std::vector<Id> pending = {FileTree::kRoot};
    node(FileTree::kRoot).links = 2;
    while (!pending.empty()) {
      const Id directory = pending.back();
      pending.pop_back();
      for (const FileTree::Child& child : node(directory).children) {
        FileTree::Node& reached = node(child.id);
        reached.parent = directory;  // by a name that is still there
        reached.name = &child.name;
        reached.links += reached.is_directory() ? 2 : 1;
        if (!reached.is_directory()) continue;
        ++node(directory).links;
        pending.push_back(child.id);
      }
    }
  }

  FileTree& tree_;
  std::deque<std::map<std::string, Id, std::less<>>> names_;  // of the node of the same number
  std::optional<std::string> last_parent_;
  Id last_directory_ = 0;
};

FileTree::FileTree(const store::LayerIndex& index) {
  FileTreeBuilder builder(*this);
  for (const store::IndexedEntry& entry : index.entries) {
    with_context(quote(entry.entry.path), [&] { builder.add(entry); });
  }
  builder.finish();
}

FileTree::Id FileTree::child(const Node& directory, std::string_view name) const {
  const auto& children = directory.children;
  const auto found = std::lower_bound(children.begin(), children.end(), name, by_name);
  return found == children.end() || found->name != name ? 0 : found->id;
}

std::string FileTree::path_of(Id id) const {
  std::string path;
  for (const Node* here = find(id); here->name != nullptr; here = find(here->parent)) {
    path = path.empty() ? *here->name : *here->name + "/" + path;
  }
  return path;
}

std::vector<std::pair<std::string, std::string>> xattrs_of(const FileTree::Node& node) {
  std::vector<std::pair<std::string, std::string>> xattrs;
  if (node.entry != nullptr && (S_ISREG(node.type) || S_ISDIR(node.type))) {
    for (const auto& xattr : node.entry->entry.xattrs) {
      if (store::is_stored_xattr(xattr.first)) xattrs.push_back(xattr);
    }
  }
  if (node.opaque) xattrs.emplace_back(store::kOpaqueXattr, "y");
  return xattrs;
}

}  // namespace minibox::lazy
