#include "store/image_store.h"

#include <future>

#include "store/image_archive.h"
#include "store/layer_cache.h"
#include "store/store_fixture.h"

namespace minibox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ImageStoreTest : public StoreTest {
 protected:
  Layer layer(const std::string& file) {
    return write_layer(blobs_, [&](TarWriter& tar) { tar.add_file(entry(file, S_IFREG | 0644), file); });
  }
  static std::string config(const std::vector<Layer>& layers) {
    oci::ImageConfig made;
    made.created = "2026-01-02T03:04:05Z";
    made.config.cmd = {"sh"};
    for (const Layer& each : layers) made.diff_ids.push_back(each.diff_id);
    return made.print();
  }
  ImagePointer put(const std::string& name, const std::vector<Layer>& layers) {
    std::vector<oci::Descriptor> blobs;
    for (const Layer& each : layers) blobs.push_back(each.blob);
    return images_.put_image(name, config(layers), blobs);
  }
  // An image layout of one image, named in its index; `spoil` may change the members.
  std::string archive(const std::string& ref_name,
                      const std::function<void(std::map<std::string, std::string>&)>& spoil = {}) {
    const std::string diff = tar([](TarWriter& writer) { writer.add_file(entry("f", S_IFREG | 0644), "x"); });
    const std::string blob = gzip(diff);
    oci::ImageConfig image_config;
    image_config.diff_ids = {oci::Sha256::of(diff)};
    const std::string config_bytes = image_config.print();
    oci::Manifest manifest;
    manifest.config = {std::string(oci::kConfigMediaType), oci::Sha256::of(config_bytes), config_bytes.size(), {}, {}};
    manifest.layers = {{std::string(oci::kGzipLayerMediaType), oci::Sha256::of(blob), blob.size(), {}, {}}};
    const std::string manifest_bytes = manifest.print();
    oci::Index index;
    index.manifests = {
        {std::string(oci::kManifestMediaType), oci::Sha256::of(manifest_bytes), manifest_bytes.size(), {}, {}}};
    if (!ref_name.empty()) index.manifests[0].annotations[std::string(oci::kRefNameAnnotation)] = ref_name;
    std::map<std::string, std::string> members = {{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
                                                  {"index.json", index.print()}};
    for (const std::string& bytes : {config_bytes, manifest_bytes, blob}) {
      members["blobs/sha256/" + oci::Sha256::of(bytes).hex()] = bytes;
    }
    if (spoil) spoil(members);
    return tar([&](TarWriter& writer) {
      for (const auto& [path, bytes] : members) writer.add_file(entry(path, S_IFREG | 0644), bytes);
    });
  }
  std::string load_error(const std::string& bytes) {
    try {
      images_.load_archive(bytes_of(bytes), "");
      return "loaded";
    } catch (const Error& error) {
      return error.text();
    }
  }
  std::optional<ErrorKind> error_of_unpacking(const Layer& layer, const std::stop_token& stop) {
    try {
      images_.unpack_layer(layer.blob, layer.diff_id, stop);
      return std::nullopt;
    } catch (const Error& error) {
      return error.kind();
    }
  }
  // Overwrites a blob with as many other bytes: what a bad disk does.
  void spoil(const oci::Digest& digest) {
    std::string bytes = sys::read_file(root_.blob(digest));
    bytes[bytes.size() / 2] ^= 0x55;
    sys::write_file(root_.blob(digest), bytes);
  }
  GarbageReport collect(const ImageStore::Keep& keep) {
    return images_.collect_garbage([&] { return keep; }).value();
  }

  OverlaySnapshotter snapshots_{root_};
  ImageStore images_{root_, snapshots_};
  LayerCache cache_{root_, images_.blobs()};
};

TEST_F(ImageStoreTest, AnImageResolvesByNameAndDigest) {
  const Layer base = layer("base");
  const ImagePointer image = put("myapp:1", {base});
  EXPECT_EQ(images_.resolve("myapp:1"), image) << "answered from memory";
  EXPECT_EQ(images_.resolve("docker.io/library/myapp:1"), image);
  EXPECT_EQ(images_.resolve("myapp@" + image->manifest_digest.text()), image);
  EXPECT_EQ(images_.resolve_digest(image->manifest_digest), image);
  EXPECT_EQ(images_.resolve("myapp"), nullptr);
  EXPECT_EQ(images_.resolve_digest(base.diff_id), nullptr);
  EXPECT_THROW(images_.resolve("../x"), Error);
  EXPECT_THAT(image->config.config.cmd, ElementsAre("sh"));

  const ImagePointer reread = ImageStore(root_, snapshots_).resolve("myapp:1");
  EXPECT_EQ(reread->manifest, image->manifest);
  EXPECT_EQ(reread->diff_ids, image->diff_ids);
}

TEST_F(ImageStoreTest, AnImageResolvesByIdUnlessThatIsAName) {
  const ImagePointer image = put("myapp:1", {layer("base")});
  const ImagePointer other = put("other", {layer("other")});
  const std::string id = image->manifest_digest.hex();
  EXPECT_EQ(images_.resolve(id), image);
  EXPECT_EQ(images_.resolve(id.substr(0, 12)), image);
  EXPECT_EQ(images_.resolve("sha256:" + id), image);
  EXPECT_EQ(images_.resolve(id.substr(0, 11)), nullptr) << "shorter than what is listed";
  EXPECT_EQ(images_.resolve(id.substr(1, 12)), nullptr) << "not where it begins";
  EXPECT_EQ(images_.resolve("docker.io/" + id.substr(0, 12)), nullptr);

  images_.tag(id, "more");
  EXPECT_EQ(images_.resolve("more"), image);
  EXPECT_THAT(images_.names_meant(id), ElementsAre("more", "myapp:1"));
  EXPECT_THAT(images_.names_meant("more"), ElementsAre("more"));
  EXPECT_FALSE(images_.remove(id.substr(0, 12))) << "only names are removed";

  images_.tag("other", id.substr(0, 12));
  EXPECT_EQ(images_.resolve(id.substr(0, 12)), other) << "a name wins";
}

TEST_F(ImageStoreTest, UnpacksEachLayerOnce) {
  const ImagePointer image = put("app", {layer("one"), layer("two")});
  EXPECT_FALSE(snapshots_.has(image->diff_ids[0]));
  images_.ensure_unpacked(*image);
  EXPECT_EQ(sys::read_file(root_.extracted_layer(image->diff_ids[1]) + "/two"), "two");
  images_.ensure_unpacked(*image);
}

TEST_F(ImageStoreTest, AnUnpackedLayerIsCheckedAgainstTheConfig) {
  Layer lying = layer("one");
  lying.diff_id = oci::Sha256::of("something else");
  const ImagePointer image = put("app", {lying});
  EXPECT_THROW(images_.ensure_unpacked(*image), Error);
  EXPECT_FALSE(snapshots_.has(lying.diff_id));
}

TEST_F(ImageStoreTest, AnImageWithMissingPartsGetsNoName) {
  Layer gone = layer("one");
  sys::remove_file(root_.blob(gone.blob.digest));
  EXPECT_THROW(put("app", {gone}), Error);
  EXPECT_THROW(images_.put_image("app", config({layer("a")}), {}), Error);
  EXPECT_EQ(images_.resolve("app"), nullptr);
}

TEST_F(ImageStoreTest, ListsWhatIsNamed) {
  const Layer base = layer("base");
  const ImagePointer image = put("b:1", {base});
  put("a", {});
  const std::vector<ImageEntry> list = images_.list();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].name, "a");
  EXPECT_EQ(list[1].name, "b:1");
  EXPECT_EQ(list[1].created, "2026-01-02T03:04:05Z");
  EXPECT_EQ(list[1].digest, image->manifest_digest);
  EXPECT_EQ(list[1].size_bytes, image->manifest.print().size() + image->manifest.config.size + base.blob.size);
}

TEST_F(ImageStoreTest, GarbageIsWhatNoImageContainerOrCacheRecordNeeds) {
  const Layer shared = layer("shared");
  const Layer own = layer("own");
  const Layer cached = layer("cached");
  const ImagePointer kept = put("kept", {shared});
  const ImagePointer used = put("used", {shared, own});
  const ImagePointer dropped = put("dropped", {shared, cached});
  for (const ImagePointer& image : {kept, used, dropped}) images_.ensure_unpacked(*image);
  const std::string key(64, 'f');
  cache_.put(key, cached);
  EXPECT_TRUE(images_.remove("used"));
  EXPECT_TRUE(images_.remove("dropped"));
  EXPECT_FALSE(images_.remove("dropped"));

  const GarbageReport report = collect({{used->manifest_digest}, cache_.referenced()});
  EXPECT_EQ(report.blobs_removed, 2u) << "manifest and config of 'dropped'";
  EXPECT_EQ(report.layers_removed, 0u);
  EXPECT_EQ(images_.resolve_digest(dropped->manifest_digest), nullptr);
  EXPECT_EQ(images_.resolve_digest(used->manifest_digest), used);
  EXPECT_TRUE(cache_.find(key).layer);

  sys::remove_file(root_.layers() + "/" + key + ".json");
  const GarbageReport second = collect({});
  EXPECT_EQ(second.layers_removed, 2u);
  EXPECT_EQ(second.blobs_removed, 6u) << "with the indexes of two layers";
  EXPECT_GT(second.bytes_freed, 0u);
  EXPECT_TRUE(snapshots_.has(shared.diff_id));
  EXPECT_FALSE(snapshots_.has(own.diff_id));
  EXPECT_TRUE(sys::exists(root_.mount_points_layer()));
  EXPECT_EQ(images_.resolve("kept"), kept);
}

TEST_F(ImageStoreTest, NothingIsCollectedWhileALeaseLives) {
  const ImagePointer image = put("app", {layer("old")});
  images_.ensure_unpacked(*image);
  int tried_again = 0;
  images_.on_put_off([&] { ++tried_again; });
  {
    // As a build or a start whose image loses its name under way.
    const ImageStore::Lease lease(images_);
    const ImageStore::Lease second(images_);
    images_.remove("app");
    EXPECT_FALSE(images_.collect_garbage([] { return ImageStore::Keep{}; }));
    EXPECT_TRUE(blobs_.has(image->manifest.layers[0]));
    EXPECT_TRUE(sys::exists(root_.extracted_layer(image->diff_ids[0])));
    EXPECT_EQ(tried_again, 0);
  }
  EXPECT_EQ(tried_again, 1) << "the last lease's end is the time to collect";
  {
    const ImageStore::Lease unrelated(images_);
  }
  EXPECT_EQ(tried_again, 1);
  EXPECT_EQ(collect({}).layers_removed, 1u);
}

TEST_F(ImageStoreTest, ALeaseWaitsForTheCollectionAtWork) {
  const ImagePointer image = put("app", {layer("old")});
  images_.ensure_unpacked(*image);
  images_.remove("app");
  std::future<bool> found;
  std::promise<void> asked;
  images_.collect_garbage([&] {
    found = std::async(std::launch::async, [&] {
      asked.set_value();
      const ImageStore::Lease lease(images_);
      return images_.resolve_digest(image->manifest_digest) != nullptr || snapshots_.has(image->diff_ids[0]);
    });
    asked.get_future().wait();
    return ImageStore::Keep{};
  });
  EXPECT_FALSE(found.get()) << "it saw an image whose layers were about to go";
}

TEST_F(ImageStoreTest, ADamagedImageStandsInNobodysWay) {
  const ImagePointer good = put("good", {layer("good")});
  const ImagePointer bad_manifest = put("bad-manifest", {layer("one")});
  const ImagePointer bad_config = put("bad-config", {layer("two"), layer("three")});
  spoil(bad_manifest->manifest_digest);
  spoil(bad_config->manifest.config.digest);

  ImageStore restarted(root_, snapshots_);
  const std::vector<ImageEntry> list = restarted.list();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].name, "bad-config");
  EXPECT_EQ(list[0].size_bytes, 0u);
  EXPECT_THAT(list[0].damage, HasSubstr(bad_config->manifest.config.digest.short_hex()));
  EXPECT_THAT(list[1].damage, HasSubstr("does not match its digest"));
  EXPECT_EQ(list[2].damage, "");
  EXPECT_THROW(restarted.resolve("bad-config"), Error);
  EXPECT_EQ(restarted.try_resolve("bad-config"), nullptr);
  EXPECT_EQ(restarted.find("bad-manifest"), bad_manifest->manifest_digest);

  EXPECT_TRUE(restarted.remove("bad-manifest"));
  EXPECT_TRUE(restarted.collect_garbage([] { return ImageStore::Keep{}; }));
  EXPECT_FALSE(blobs_.has(bad_manifest->manifest_digest));
  EXPECT_TRUE(blobs_.has(good->manifest.layers[0]));

  const Layer again = layer("two");
  restarted.put_image("bad-config", config({again}), {again.blob});
  EXPECT_EQ(restarted.list()[0].damage, "");
}

TEST_F(ImageStoreTest, ADamagedEmbeddedImageIsPutRight) {
  const std::string embedded = archive("busybox");
  images_.ensure_embedded("busybox", embedded);
  const ImagePointer image = images_.resolve("busybox");
  for (const oci::Digest& blob :
       {image->manifest_digest, image->manifest.config.digest, image->manifest.layers[0].digest}) {
    spoil(blob);
    ImageStore restarted(root_, snapshots_);
    restarted.ensure_embedded("busybox", embedded);
    EXPECT_EQ(restarted.resolve("busybox")->manifest, image->manifest);
    EXPECT_TRUE(BlobStore(root_).is_whole(image->manifest.layers[0]));
  }
}

TEST_F(ImageStoreTest, ADamagedLayerBecomesPartOfNoImage) {
  const Layer made = layer("f");
  spoil(made.blob.digest);
  ImageStore restarted(root_, snapshots_);
  try {
    restarted.put_image("app", config({made}), {made.blob});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.text(), HasSubstr(made.blob.digest.text() + " is missing or damaged"));
  }
  EXPECT_EQ(restarted.find("app"), std::nullopt);
}

TEST_F(ImageStoreTest, RefusesLayoutsThatLie) {
  const auto blob_named = [](auto& members, size_t size_hint) -> std::string& {
    for (auto& [path, bytes] : members) {
      if (path.starts_with("blobs/") && bytes.size() >= size_hint) return bytes;
    }
    return members.begin()->second;
  };
  EXPECT_THAT(load_error(archive("a", [&](auto& members) { blob_named(members, 1) += "!"; })),
              HasSubstr("has the content of"));
  EXPECT_THAT(load_error(archive("a", [](auto& members) { members["blobs/sha256/../../evil"] = "x"; })),
              HasSubstr("leads upwards"));
  EXPECT_THAT(load_error(archive("a", [](auto& members) { members.erase("oci-layout"); })), HasSubstr("'oci-layout'"));
  EXPECT_THAT(load_error(archive("a", [](auto& members) { members.erase("index.json"); })), HasSubstr("'index.json'"));
  EXPECT_THAT(load_error(archive("a", [](auto& members) { members["index.json"] = "{"; })),
              HasSubstr("not valid JSON"));
  EXPECT_THAT(load_error(archive("a", [](auto& members) { members["oci-layout"] = R"({"imageLayoutVersion":"9"})"; })),
              HasSubstr("'9' is not '1.0.0'"));
  EXPECT_THAT(load_error("not a tar"), HasSubstr("image archive"));
  EXPECT_TRUE(images_.list().empty());
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(ImageStoreTest, AnArchiveWithoutItsLayersGetsNoName) {
  const std::string bytes = archive("a", [](auto& members) {
    const oci::Index index = oci::Index::parse(members["index.json"]);
    const auto manifest = oci::Manifest::parse(members["blobs/sha256/" + index.manifests[0].digest.hex()]);
    members.erase("blobs/sha256/" + manifest.layers[0].digest.hex());
  });
  EXPECT_THROW(images_.ensure_embedded("a", bytes), Error);
  EXPECT_EQ(images_.find("a"), std::nullopt);
}

TEST_F(ImageStoreTest, TheEmbeddedImageComesOnceAndYieldsToTheUsers) {
  const std::string embedded = archive("busybox");
  images_.ensure_embedded("busybox", embedded);
  const ImagePointer first = images_.resolve("busybox");
  ASSERT_TRUE(first);
  EXPECT_TRUE(snapshots_.has(first->diff_ids[0]));
  images_.ensure_embedded("busybox", embedded);
  EXPECT_EQ(images_.resolve("busybox"), first);

  const ImagePointer own = put("busybox", {});
  images_.ensure_embedded("busybox", embedded);
  EXPECT_EQ(images_.resolve("busybox"), own);
}

TEST_F(ImageStoreTest, AnImageFromARegistryKeepsItsManifestAndWhereItCameFrom) {
  const Layer base = layer("base");
  const ImagePointer built = put("built", {base});
  const std::string bytes = blobs_.read(built->manifest_digest);
  const oci::Descriptor manifest{std::string(oci::kManifestMediaType), built->manifest_digest, bytes.size(), {}, {}};
  const oci::Digest index = oci::Sha256::of("index");
  images_.add_image("lan:5000/team/app:1", manifest, {index, "lan:5000/team/app"});
  EXPECT_EQ(images_.resolve("lan:5000/team/app:1")->manifest_digest, built->manifest_digest);
  EXPECT_EQ(images_.resolve("lan:5000/team/app@" + index.text()), images_.resolve("lan:5000/team/app:1"));
  EXPECT_EQ(images_.repository_with(base.blob.digest, "lan:5000"), "team/app");
  EXPECT_EQ(images_.repository_with(base.blob.digest, "lan"), "");
  EXPECT_EQ(images_.repository_with(index, "lan:5000"), "");

  images_.tag("lan:5000/team/app:1", "other:2");
  EXPECT_EQ(images_.resolve("other:2"), images_.resolve("lan:5000/team/app:1"));
  EXPECT_TRUE(images_.remove("lan:5000/team/app:1"));
  EXPECT_EQ(images_.repository_with(base.blob.digest, "lan:5000"), "team/app") << "the other name remembers";
  EXPECT_THROW(images_.tag("nothing", "a"), Error);
  EXPECT_THROW(images_.tag("other:2", "a@" + index.text() + "x"), Error);

  images_.tag("built", "hub.lan/x");
  images_.remember_pushed("hub.lan/x", index);
  EXPECT_EQ(images_.repository_with(base.blob.digest, "hub.lan"), "") << "the name stands for another image";
  images_.remember_pushed("hub.lan/x", built->manifest_digest);
  EXPECT_EQ(images_.repository_with(base.blob.digest, "hub.lan"), "x");
}

TEST_F(ImageStoreTest, AnImageOfAnotherRegistryGetsNoNameWithoutItsLayers) {
  const ImagePointer built = put("built", {layer("base")});
  const std::string bytes = blobs_.read(built->manifest_digest);
  spoil(built->manifest.layers[0].digest);
  ImageStore fresh(root_, snapshots_);  // has verified nothing yet
  const oci::Descriptor manifest{std::string(oci::kManifestMediaType), built->manifest_digest, bytes.size(), {}, {}};
  EXPECT_THROW(fresh.add_image("lan/app", manifest, {}), Error);
  EXPECT_EQ(fresh.find("lan/app"), std::nullopt);
}

TEST_F(ImageStoreTest, DockersLayersGetOciNamesInAnOciManifest) {
  Layer base = layer("base");
  base.blob.media_type = "application/vnd.docker.image.rootfs.diff.tar.gzip";
  EXPECT_EQ(put("app", {base})->manifest.layers[0].media_type, oci::kGzipLayerMediaType);
}

oci::Digest index_of(const oci::Descriptor& layer) {
  const auto index = named_index(layer);
  EXPECT_TRUE(index);
  return index.value_or(oci::Digest{});
}

TEST_F(ImageStoreTest, AnImageMadeHereNamesTheIndexOfEachLayer) {
  const Layer written = layer("a");
  const std::string diff = tar([](TarWriter& writer) { writer.add_file(entry("f", S_IFREG | 0644), "x"); });
  const Layer foreign{blobs_.put(diff, oci::kTarLayerMediaType), oci::Sha256::of(diff)};
  images_.indexes().put(written.blob.digest, *written.index);
  const ImagePointer image = put("app", {written, foreign});
  ASSERT_EQ(image->manifest.layers.size(), 2u);
  for (const oci::Descriptor& each : image->manifest.layers) {
    const LayerIndex index = images_.indexes().read(index_of(each));
    EXPECT_EQ(index.blob, each.digest);
    EXPECT_EQ(index.entries.size(), 1u);
  }
  EXPECT_EQ(images_.indexes().named_by(image->manifest).size(), 2u);
  EXPECT_EQ(images_.indexes().read(index_of(image->manifest.layers[0])).entries[0].entry.path, "a");
}

TEST_F(ImageStoreTest, TheManifestDoesNotDependOnWhatWasIndexedBefore) {
  const Layer made = layer("a");
  images_.indexes().put(made.blob.digest, *made.index);
  const oci::Digest known = put("app", {made})->manifest_digest;
  ASSERT_TRUE(sys::remove_file(root_.indexes() + "/" + made.blob.digest.hex()));
  EXPECT_EQ(put("app", {made})->manifest_digest, known) << "made anew, of the blob";
  sys::write_file(root_.indexes() + "/" + made.blob.digest.hex(), "cut sho");
  EXPECT_EQ(put("app", {made})->manifest_digest, known);
  std::vector<oci::Descriptor> spoiled = {made.blob};
  spoiled[0].annotations[std::string(kLayerIndexAnnotation)] = oci::Sha256::of("another").text();
  EXPECT_EQ(images_.put_image("app", config({made}), spoiled)->manifest_digest, known);
  images_.name_indexes(false);
  EXPECT_TRUE(images_.put_image("app", config({made}), spoiled)->manifest.layers[0].annotations.empty());
}

TEST_F(ImageStoreTest, WhatAForeignManifestCallsAnIndexDoesNotLeaveWithIt) {
  const Layer secret = layer("secret");
  const Layer made = layer("a");
  const oci::Digest other = index_of(put("other", {secret})->manifest.layers[0]);
  oci::Manifest hostile = put("app", {made})->manifest;
  const oci::Digest own = index_of(hostile.layers[0]);
  for (const oci::Digest& claimed : {secret.blob.digest, other}) {
    hostile.layers[0].annotations[std::string(kLayerIndexAnnotation)] = claimed.text();
    EXPECT_TRUE(images_.indexes().named_by(hostile).empty());
  }
  hostile.layers[0].annotations[std::string(kLayerIndexAnnotation)] = own.text();
  ASSERT_TRUE(sys::remove_file(root_.indexes() + "/" + made.blob.digest.hex()));
  EXPECT_EQ(images_.indexes().named_by(hostile).size(), 1u) << "known by what it says itself";
}

TEST_F(ImageStoreTest, ADamagedIndexIsLeftOutAndMadeAnew) {
  const Layer made = layer("a");
  const oci::Manifest manifest = put("app", {made})->manifest;
  const oci::Digest index = index_of(manifest.layers[0]);
  const std::string good = sys::read_file(root_.blob(index));
  sys::write_file(root_.blob(index), good + "x");
  ImageStore fresh(root_, snapshots_);  // a process believes what it has read once
  EXPECT_TRUE(fresh.indexes().named_by(manifest).empty());
  EXPECT_EQ(index_of(fresh.put_image("app", config({made}), {made.blob})->manifest.layers[0]), index);
  EXPECT_EQ(sys::read_file(root_.blob(index)), good);
}

TEST_F(ImageStoreTest, WhoIsInterruptedNamesNothing) {
  std::stop_source stop;
  stop.request_stop();
  const Layer made = layer("a");
  EXPECT_THROW(images_.put_image("app", config({made}), {made.blob}, stop.get_token()), Error);
  EXPECT_EQ(images_.find("app"), std::nullopt);
}

TEST_F(ImageStoreTest, ALayerThatHasNoIndexIsNamedWithoutOne) {
  const std::string diff = tar([](TarWriter& writer) {
    writer.add(link("lib", "usr/lib"));
    writer.add_file(entry("lib/f", S_IFREG | 0644), "x");
  });
  const Layer odd{blobs_.put(diff, oci::kTarLayerMediaType), oci::Sha256::of(diff)};
  EXPECT_FALSE(named_index(put("app", {odd})->manifest.layers[0]));
  const auto known = images_.indexes().find(odd.blob.digest);
  ASSERT_TRUE(known) << "not looked for again";
  EXPECT_THAT(known->why_not, HasSubstr("'lib/f'"));
}

TEST_F(ImageStoreTest, AnIndexLivesAsLongAsItsLayer) {
  const Layer made = layer("a");
  const oci::Digest index = index_of(put("app", {made})->manifest.layers[0]);
  const auto collect = [&](std::vector<oci::Digest> others) {
    ASSERT_TRUE(images_.collect_garbage([&] { return ImageStore::Keep{{}, others}; }));
  };
  collect({});
  EXPECT_TRUE(blobs_.has(index));
  ASSERT_TRUE(images_.remove("app"));
  collect({made.blob.digest});
  EXPECT_TRUE(blobs_.has(index)) << "the build cache has the layer";
  EXPECT_TRUE(images_.indexes().find(made.blob.digest));
  collect({});
  EXPECT_FALSE(blobs_.has(index));
  EXPECT_TRUE(sys::list_dir(root_.indexes()).empty());
}

TEST_F(ImageStoreTest, AnIndexThatOnlyTheManifestKnowsIsKept) {
  const ImagePointer image = put("app", {layer("a")});
  ASSERT_TRUE(sys::remove_file(root_.indexes() + "/" + image->manifest.layers[0].digest.hex()));
  ASSERT_TRUE(images_.collect_garbage([] { return ImageStore::Keep{}; }));
  EXPECT_TRUE(blobs_.has(index_of(image->manifest.layers[0])));
}

TEST_F(ImageStoreTest, OneIndexIsMadeHoweverManyAsk) {
  const Layer made = layer("a");
  std::vector<std::future<oci::Digest>> askers;
  for (int i = 0; i < 4; ++i) {
    askers.push_back(std::async(std::launch::async, [&] { return images_.indexes().ensure(made.blob.digest).index; }));
  }
  for (auto& asker : askers) EXPECT_EQ(asker.get(), oci::Sha256::of(made.index->index->print()));
}

TEST_F(ImageStoreTest, AnArchiveCarriesTheIndexesAndMayLackThem) {
  const ImagePointer image = put("app", {layer("a")});
  const oci::Digest index = index_of(image->manifest.layers[0]);
  const ImageStore::Archive archive = images_.plan_archive({"app"});
  const auto pack = [&](bool with_index) {
    return tar([&](TarWriter& writer) {
      for (const auto& [path, content] : archive.documents) writer.add_file(entry(path, S_IFREG | 0644), content);
      for (const oci::Descriptor& blob : archive.blobs) {
        if (blob.digest == index && !with_index) continue;
        writer.add_file(entry(ImageArchive::blob_path(blob.digest), S_IFREG | 0644),
                        sys::read_file(root_.blob(blob.digest)));
      }
    });
  };
  const std::string whole = pack(true);
  const std::string without = pack(false);
  ASSERT_NE(whole.size(), without.size());
  for (const std::string& bytes : {without, whole}) {
    ASSERT_TRUE(images_.remove("app"));
    ASSERT_TRUE(images_.collect_garbage([] { return ImageStore::Keep{}; }));
    ASSERT_FALSE(blobs_.has(index));
    EXPECT_THAT(images_.load_archive(bytes_of(bytes), ""), ElementsAre("app:latest"));
    EXPECT_EQ(images_.resolve("app")->manifest_digest, image->manifest_digest);
    EXPECT_EQ(blobs_.has(index), bytes == whole);
  }
}

TEST_F(ImageStoreTest, ALayerIsUnpackedOnceHoweverManyAsk) {
  const Layer base = layer("base");
  std::vector<std::future<void>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::async(std::launch::async, [&] { images_.unpack_layer(base.blob, base.diff_id); }));
  }
  for (std::future<void>& each : all) each.get();
  EXPECT_TRUE(snapshots_.has(base.diff_id));
  EXPECT_THAT(sys::list_dir(root_.tmp()), ElementsAre());
}

TEST_F(ImageStoreTest, WhoIsCancelledUnpacksNothingAndWaitsForNobody) {
  const Layer base = layer("base");
  const std::string bytes = blobs_.read(base.blob.digest), path = root_.blob(base.blob.digest);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(error_of_unpacking(base, stop.get_token()), ErrorKind::kCancelled);
  EXPECT_FALSE(snapshots_.has(base.diff_id));

  // Somebody else is at it, and stays at it until the blob has come through the pipe.
  sys::remove_file(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto other = std::async(std::launch::async, [&] { images_.unpack_layer(base.blob, base.diff_id); });
  {
    const sys::Fd pipe = sys::open_file(path, O_WRONLY);  // returns when the other one has opened it
    EXPECT_EQ(error_of_unpacking(base, stop.get_token()), ErrorKind::kCancelled);
    sys::write_all(pipe, bytes, "pipe");
  }
  other.get();
  EXPECT_TRUE(snapshots_.has(base.diff_id));
  EXPECT_THAT(sys::list_dir(root_.tmp()), ElementsAre());
}

TEST_F(ImageStoreTest, ACacheRecordNeedsItsBlobAndItsDirectory) {
  const std::string key(64, 'a');
  EXPECT_FALSE(cache_.find(key).layer);
  EXPECT_FALSE(cache_.find(key).damaged);
  const Layer made = layer("f");
  cache_.put(key, made);
  EXPECT_TRUE(cache_.find(key).damaged) << "not unpacked";
  snapshots_.add_layer(made.diff_id, [](const std::string&) {});
  const LayerCache::Lookup hit = cache_.find(key);
  ASSERT_TRUE(hit.layer);
  EXPECT_EQ(hit.layer->blob, made.blob);
  EXPECT_EQ(hit.layer->diff_id, made.diff_id);
  EXPECT_THAT(cache_.keys(), ElementsAre(key));
  spoil(made.blob.digest);
  EXPECT_TRUE(LayerCache(root_, BlobStore(root_)).find(key).damaged) << "same size, other content";
  EXPECT_THAT(cache_.referenced(), ElementsAre(made.blob.digest, made.diff_id)) << "no reason to throw it away";
  sys::write_file(root_.blob(made.blob.digest), "shorter");
  EXPECT_TRUE(cache_.find(key).damaged);
  sys::write_file(root_.layers() + "/" + key + ".json", "{");
  EXPECT_TRUE(cache_.find(key).damaged);
  EXPECT_THROW(cache_.find("../x"), Error);
}

}  // namespace
}  // namespace minibox::store
