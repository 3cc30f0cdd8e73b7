// Archives of images in each form they come in, and archives that lie.
#include "store/image_archive.h"

#include <sys/sysmacros.h>
#include <zstd.h>

#include <map>

#include "oci/image_config.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "store/image_store.h"
#include "store/store_fixture.h"

namespace minibox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr mode_t kFile = S_IFREG | 0644;

class ImageArchiveTest : public StoreTest {
 protected:
  using Members = std::map<std::string, std::string>;

  static std::string layer_tar(const std::string& file) {
    return tar([&](TarWriter& writer) { writer.add_file(entry(file, kFile), file); });
  }
  static std::string config_of(const std::vector<std::string>& layers) {
    oci::ImageConfig config;
    for (const std::string& layer : layers) config.diff_ids.push_back(oci::Sha256::of(layer));
    return config.print();
  }
  static oci::Descriptor descriptor(std::string_view type, const std::string& bytes) {
    return {std::string(type), oci::Sha256::of(bytes), bytes.size(), {}, {}};
  }
  static std::string blob_path(const std::string& bytes) { return ImageArchive::blob_path(oci::Sha256::of(bytes)); }

  // An image layout; the name is an annotation.
  static Members layout(const std::string& name, const std::function<void(oci::Manifest&)>& change = {}) {
    const std::string diff = layer_tar("f");
    const std::string blob = gzip(diff);
    const std::string config = config_of({diff});
    oci::Manifest manifest;
    manifest.config = descriptor(oci::kConfigMediaType, config);
    manifest.layers = {descriptor(oci::kGzipLayerMediaType, blob)};
    if (change) change(manifest);
    const std::string text = manifest.print();
    oci::Index index;
    index.manifests = {descriptor(oci::kManifestMediaType, text)};
    if (!name.empty()) index.manifests[0].annotations[std::string(oci::kRefNameAnnotation)] = name;
    return {{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
            {"index.json", index.print()},
            {blob_path(config), config},
            {blob_path(text), text},
            {blob_path(blob), blob}};
  }
  // As docker save 20.10 writes it: uncompressed layers in directories, manifest.json last.
  static Members docker_archive() {
    const std::string config = config_of({layer_tar("one"), layer_tar("two")});
    return {{"aa/layer.tar", layer_tar("one")},
            {"aa/VERSION", "1.0"},
            {"aa/json", "{}"},
            {"bb/layer.tar", layer_tar("two")},
            {"config.json", config},
            {"manifest.json",
             R"([{"Config":"config.json","RepoTags":["app:1","app:2"],"Layers":["aa/layer.tar","bb/layer.tar"]}])"},
            {"repositories", "{}"}};
  }
  static std::string pack(const Members& members, const std::function<void(TarWriter&)>& more = {}) {
    return tar([&](TarWriter& writer) {
      for (const auto& [path, bytes] : members) writer.add_file(entry(path, kFile), bytes);
      if (more) more(writer);
    });
  }
  std::vector<std::string> load(const std::string& bytes, const std::string& name = {}) {
    return images_.load_archive(bytes_of(bytes), name);
  }
  // Whatever is wrong, nothing of the archive stays.
  std::string load_error(const std::string& bytes, const std::string& name = {}) {
    try {
      load(bytes, name);
      return "loaded";
    } catch (const Error& error) {
      EXPECT_TRUE(images_.list().empty());
      EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
      EXPECT_TRUE(sys::list_dir(root_.blobs()).empty());
      return error.text();
    }
  }
  std::string file_of(const std::string& image, size_t layer) {
    const ImagePointer loaded = images_.resolve(image);
    images_.ensure_unpacked(*loaded);
    return sys::list_dir(root_.extracted_layer(loaded->diff_ids.at(layer))).at(0);
  }

  OverlaySnapshotter snapshots_{root_};
  ImageStore images_{root_, snapshots_};
};

TEST_F(ImageArchiveTest, AnImageLayoutKeepsItsManifest) {
  const Members members = layout("team/app:1");
  EXPECT_THAT(load(pack(members)), ElementsAre("team/app:1"));
  const oci::Index index = oci::Index::parse(members.at("index.json"));
  EXPECT_EQ(images_.resolve("team/app:1")->manifest_digest, index.manifests[0].digest);
  EXPECT_EQ(file_of("team/app:1", 0), "f");
}

TEST_F(ImageArchiveTest, ADockerArchiveHasSeveralNamesAndLayersByPath) {
  EXPECT_THAT(load(pack(docker_archive())), ElementsAre("app:1", "app:2"));
  EXPECT_EQ(file_of("app:1", 0), "one");
  EXPECT_EQ(file_of("app:2", 1), "two");
  EXPECT_EQ(images_.resolve("app:1")->manifest.config.digest, oci::Sha256::of(docker_archive()["config.json"]));
}

TEST_F(ImageArchiveTest, LinksLeadToLayersThatAreStoredOnce) {
  Members members = docker_archive();
  members["config.json"] = config_of({layer_tar("one"), layer_tar("one")});
  members.erase("bb/layer.tar");
  EXPECT_THAT(load(pack(members, [](TarWriter& writer) { writer.add(link("bb/layer.tar", "../aa/layer.tar")); })),
              ElementsAre("app:1", "app:2"));
  EXPECT_EQ(images_.resolve("app:1")->diff_ids[0], images_.resolve("app:1")->diff_ids[1]);
}

TEST_F(ImageArchiveTest, TheFormWithMetaAloneIsReadAndItsDiffIdsPutRight) {
  const std::string blob = gzip(layer_tar("f"));
  for (const std::string& listed : {blob, layer_tar("f")}) {  // the first MiniBox listed digests of blobs
    const std::string config = config_of({listed});
    oci::Manifest manifest;
    manifest.config = descriptor(oci::kConfigMediaType, config);
    manifest.layers = {descriptor(oci::kGzipLayerMediaType, blob)};
    const std::string text = manifest.print();
    const std::string meta = R"({"image":"old","manifest_digest":")" + oci::Sha256::of(text).hex() + "\"}";
    EXPECT_THAT(load(pack({{"meta.json", meta},
                           {blob_path(text), text},
                           {blob_path(config), config},
                           {blob_path(blob), blob},
                           {blob_path(blob) + ".index.json", "{}"}})),
                ElementsAre("old"));
    EXPECT_EQ(images_.resolve("old")->diff_ids[0], oci::Sha256::of(layer_tar("f")));
  }
}

TEST_F(ImageArchiveTest, WhatIsSavedCanBeLoaded) {
  load(pack(layout("app")));
  load(pack(docker_archive()));
  const ImageStore::Archive archive = images_.plan_archive({"app", "app:1", "app:2", "app"});
  ASSERT_EQ(archive.documents[0].first, "meta.json");
  Members members(archive.documents.begin(), archive.documents.end());
  for (const oci::Descriptor& blob : archive.blobs) {
    members[ImageArchive::blob_path(blob.digest)] = sys::read_file(root_.blob(blob.digest));
  }
  EXPECT_EQ(members.size(), archive.documents.size() + archive.blobs.size());
  const oci::Digest before = images_.resolve("app")->manifest_digest;
  for (const char* name : {"app", "app:1", "app:2"}) images_.remove(name);
  EXPECT_THAT(load(pack(members)), testing::UnorderedElementsAre("app:latest", "app:1", "app:2"));
  EXPECT_EQ(images_.resolve("app")->manifest_digest, before);
  EXPECT_THROW(images_.plan_archive({"missing"}), Error);
}

TEST_F(ImageArchiveTest, TheArchiveItselfMayBeCompressed) {
  const std::string bytes = pack(layout("app"));
  EXPECT_THAT(load(gzip(bytes)), ElementsAre("app"));
  std::string zstd(ZSTD_compressBound(bytes.size()), '\0');
  zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), bytes.data(), bytes.size(), 1));
  EXPECT_THAT(load(zstd), ElementsAre("app"));
}

TEST_F(ImageArchiveTest, ANameIsGivenToOneImageOnly) {
  EXPECT_THAT(load_error(pack(layout(""))), HasSubstr("has no name"));
  EXPECT_THAT(load(pack(layout("")), "mine:1"), ElementsAre("mine:1"));
  EXPECT_THROW(load(pack(layout("")), "../x"), Error);
}

TEST_F(ImageArchiveTest, OfSeveralPlatformsOursIsTaken) {
  Members members = layout("app");
  const oci::Index inner = oci::Index::parse(members["index.json"]);
  oci::Index platforms;
  platforms.manifests = {inner.manifests[0], inner.manifests[0]};
  platforms.manifests[0].platform = {"arm64", "linux", ""};
  platforms.manifests[0].digest = oci::Sha256::of("not in the archive");
  platforms.manifests[1].platform = {"amd64", "linux", ""};
  const auto outer = [&](const oci::Index& index) {
    const std::string text = index.print();
    members[blob_path(text)] = text;
    oci::Index top;
    top.manifests = {descriptor(oci::kIndexMediaType, text)};
    top.manifests[0].annotations[std::string(oci::kContainerdNameAnnotation)] = "docker.io/library/app:3";
    members["index.json"] = top.print();
    return pack(members);
  };
  EXPECT_THAT(load(outer(platforms)), ElementsAre("app:3"));
  images_.remove("app:3");
  platforms.manifests.pop_back();
  EXPECT_THROW(load(outer(platforms)), Error);
}

TEST_F(ImageArchiveTest, BlobsMustBeWhatTheirNamesSay) {
  Members members = layout("app");
  for (const auto& [path, bytes] : layout("app")) {
    if (!path.starts_with("blobs/")) continue;
    Members spoilt = members;
    spoilt[path].back() ^= 1;
    EXPECT_THAT(load_error(pack(spoilt)), HasSubstr("it has the content of")) << path;
    spoilt = members;
    spoilt.erase(path);
    EXPECT_THAT(load_error(pack(spoilt)), HasSubstr("there is no")) << path;
  }
  EXPECT_THAT(load_error(pack(layout("app", [](oci::Manifest& manifest) { ++manifest.layers[0].size; }))),
              HasSubstr("does not have the size"));
  EXPECT_THAT(load_error(pack(layout("app", [](oci::Manifest& manifest) { ++manifest.config.size; }))),
              HasSubstr("bytes instead of"));
  EXPECT_THAT(load_error(pack(layout("app", [](oci::Manifest& manifest) { manifest.layers.clear(); }))),
              HasSubstr("0 layers, its config 1"));
}

TEST_F(ImageArchiveTest, LayersMustBeWhatTheConfigSays) {
  Members members = docker_archive();
  members["bb/layer.tar"] = layer_tar("other");
  EXPECT_THAT(load_error(pack(members)), HasSubstr("layer 2 has the content"));
  members["bb/layer.tar"] = gzip("no tar");
  EXPECT_THAT(load_error(pack(members)), HasSubstr("layer 'bb/layer.tar': damaged archive"));
  members["bb/layer.tar"] = "no tar";
  EXPECT_THAT(load_error(pack(members)), HasSubstr("or it is no tar"));
}

TEST_F(ImageArchiveTest, MembersThatAreNoFilesOrLeadOutsideAreRefused) {
  const auto with = [&](const std::function<void(TarWriter&)>& more) { return load_error(pack(layout("app"), more)); };
  EXPECT_THAT(with([](TarWriter& writer) { writer.add_file(entry("../evil", kFile), "x"); }),
              HasSubstr("leads upwards"));
  EXPECT_THAT(with([](TarWriter& writer) { writer.add_file(entry("/etc/evil", kFile), "x"); }),
              HasSubstr("is absolute"));
  EXPECT_THAT(with([](TarWriter& writer) { writer.add(link("l", "/etc/passwd")); }), HasSubstr("out of the archive"));
  EXPECT_THAT(with([](TarWriter& writer) { writer.add(link("a/l", "../../x")); }), HasSubstr("out of the archive"));
  EXPECT_THAT(with([](TarWriter& writer) { writer.add(link("h", "../x", true)); }), HasSubstr("leads upwards"));
  EXPECT_THAT(with([](TarWriter& writer) { writer.add(entry("fifo", S_IFIFO | 0644)); }), HasSubstr("neither file"));
  EXPECT_THAT(with([](TarWriter& writer) {
                TarEntry device = entry("sda", S_IFBLK | 0644);
                device.device = makedev(8, 0);
                writer.add(device);
              }),
              HasSubstr("neither file"));
  EXPECT_THAT(with([](TarWriter& writer) { writer.add_file(entry("index.json", kFile), "{}"); }),
              HasSubstr("has it twice"));
  EXPECT_THAT(with([](TarWriter& writer) { writer.add_file(entry("./oci-layout", kFile), "{}"); }),
              HasSubstr("has it twice"));
}

TEST_F(ImageArchiveTest, LinksThatGoRoundLeadNowhere) {
  Members members = docker_archive();
  members.erase("bb/layer.tar");
  EXPECT_THAT(load_error(pack(members,
                              [](TarWriter& writer) {
                                writer.add(link("bb/layer.tar", "x"));
                                writer.add(link("bb/x", "layer.tar"));
                              })),
              HasSubstr("there is no layer"));
}

TEST_F(ImageArchiveTest, DocumentsAreBounded) {
  Members members = layout("app");
  members["index.json"] = std::string(5u << 20, ' ') + "{}";
  EXPECT_THAT(load_error(pack(members)), HasSubstr("larger than"));
  members["index.json"] = std::string(100'000, '[');
  EXPECT_THAT(load_error(pack(members)), HasSubstr("nested too deeply"));
  members = docker_archive();
  members["manifest.json"] = R"([{"Config":)" + std::string(100'000, '[');
  EXPECT_THAT(load_error(pack(members)), HasSubstr("nested too deeply"));
  members["manifest.json"] = "[";
  for (int i = 0; i < 2000; ++i) {
    members["manifest.json"] += std::string(i > 0 ? "," : "") +
                                R"({"Config":"config.json","RepoTags":["a"],"Layers":["aa/layer.tar","bb/layer.tar"]})";
  }
  members["manifest.json"] += "]";
  EXPECT_THAT(load_error(pack(members)), HasSubstr("more than 1000 images"));
}

TEST_F(ImageArchiveTest, ADocumentThatIsNamedOverAndOverIsBoundedToo) {
  Members members = docker_archive();
  members["config.json"] = std::string(1u << 20, ' ') + members["config.json"];
  members["manifest.json"] = "[";
  for (int i = 0; i < 100; ++i) {
    members["manifest.json"] += std::string(i > 0 ? "," : "") +
                                R"({"Config":"config.json","RepoTags":["a"],"Layers":["aa/layer.tar","bb/layer.tar"]})";
  }
  members["manifest.json"] += "]";
  EXPECT_THAT(load_error(pack(members)), HasSubstr("more than 64 MiB of documents"));

  members = layout("app");
  const std::string inner = std::string(1u << 20, ' ') + R"({"schemaVersion":2,"manifests":[]})";
  oci::Index outer;
  outer.manifests.assign(100, descriptor(oci::kIndexMediaType, inner));
  members[blob_path(inner)] = inner;
  members["index.json"] = outer.print();
  EXPECT_THAT(load_error(pack(members)), HasSubstr("more than 64 MiB of documents"));
}

TEST_F(ImageArchiveTest, LimitsStopBombs) {
  const std::string bytes = pack(layout("app"));
  const auto error = [&](const ArchiveLimits& limits, const std::string& archive) {
    try {
      read_image_archive(bytes_of(archive), root_, blobs_, limits);
      return std::string("read");
    } catch (const Error& thrown) {
      EXPECT_EQ(thrown.kind(), ErrorKind::kExhausted);
      EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
      return thrown.text();
    }
  };
  ArchiveLimits limits;
  limits.max_members = 3;
  EXPECT_THAT(error(limits, bytes), HasSubstr("more than 3 members"));
  limits = {};
  limits.max_bytes = 500;
  EXPECT_THAT(error(limits, bytes), HasSubstr("more than 500 bytes"));
  limits = {};
  limits.max_remembered = 500;
  EXPECT_THAT(error(limits, bytes), HasSubstr("too many documents"));
  limits = {};
  limits.layer.max_bytes = 1000;
  EXPECT_THAT(error(limits, pack(docker_archive())), HasSubstr("a layer of more than 1000 bytes"));
}

// An endless layer inflated from next to nothing is no error of the archive until an image says that it is a layer.
TEST_F(ImageArchiveTest, ABombInALayerEndsWithTheLayer) {
  const std::string zeros = layer_tar("f") + std::string(4u << 20, '\0');
  ArchiveLimits limits;
  limits.layer.max_bytes = 1u << 20;
  limits.layer.max_ratio = 10;
  const ImageArchive archive = read_image_archive(bytes_of(pack({{"l", gzip(zeros)}})), root_, blobs_, limits);
  EXPECT_THAT(archive.layer("l")->damage->text(), HasSubstr("unpacks to more than"));
  EXPECT_EQ(archive.layer("l")->directory, nullptr);
}

TEST_F(ImageArchiveTest, ACutStreamLeavesNothing) {
  const std::string bytes = pack(docker_archive());
  for (size_t size = 100; size + 2048 < bytes.size(); size += 700) {
    EXPECT_NE(load_error(bytes.substr(0, size)), "loaded") << size;
  }
  EXPECT_THAT(load_error(gzip(bytes).substr(0, 300)), HasSubstr("cut short"));
}

TEST_F(ImageArchiveTest, ADamagedBlobInTheStoreIsPutRight) {
  load(pack(layout("app")));
  const ImagePointer image = images_.resolve("app");
  sys::write_file(root_.blob(image->manifest.layers[0].digest), "rubbish");
  load(pack(layout("app")));
  EXPECT_TRUE(BlobStore(root_).is_whole(image->manifest.layers[0]));
}

TEST_F(ImageArchiveTest, UnpackedLayersAreThereBeforeAndAfterTheyAreSettled) {
  load(pack(layout("app")));
  const ImagePointer image = images_.resolve("app");
  EXPECT_FALSE(snapshots_.has(image->diff_ids[0]));
  images_.settle();
  EXPECT_TRUE(snapshots_.has(image->diff_ids[0]));
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
  images_.settle();
}

}  // namespace
}  // namespace minibox::store
