// What the routes need of the engine: engine::Engine's use cases as an interface, so that the HTTP server is tested
// with a fake over real sockets. The promises are those of engine/engine.h: any thread, blocking, throws Error.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace minibox::api {

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string run(const wire::RunRequest& request, engine::Attachment* attachment,
                          const wire::RegistryAuth& auth, std::stop_token stop) = 0;
  virtual void exec(const wire::ExecRequest& request, engine::Attachment* attachment) = 0;
  virtual void attach(const std::string& id, const engine::Engine::MakeAttachment& make) = 0;
  virtual std::map<std::string, wire::ContainerInfo> list_containers() = 0;
  virtual std::string find_container(const std::string& reference) = 0;
  virtual engine::StopResult stop(const std::string& id, int timeout_seconds) = 0;
  virtual void kill(const std::string& id) = 0;
  virtual void signal(const std::string& id, int signo) = 0;
  virtual void start(const std::string& id) = 0;
  virtual void start_attached(const std::string& id, const engine::Engine::MakeAttachment& make) = 0;
  virtual void remove(const std::string& id, bool force) = 0;
  virtual int wait(const std::string& id, std::stop_token stop) = 0;
  virtual void restart(const std::string& id, int timeout_seconds) = 0;
  virtual void rename(const std::string& id, const std::string& name) = 0;
  virtual void pause(const std::string& id) = 0;
  virtual void unpause(const std::string& id) = 0;
  virtual void update(const std::string& id, const wire::UpdateRequest& request) = 0;
  virtual std::string inspect_container(const std::string& id) = 0;
  virtual std::string inspect_image(const std::string& reference) = 0;
  virtual wire::ContainerStats stats(const std::string& id) = 0;
  virtual std::vector<wire::ProcessEntry> top(const std::string& id) = 0;
  virtual std::vector<wire::FileChange> diff(const std::string& id) = 0;
  virtual std::uint64_t copy_out(const std::string& id, const std::string& path, const engine::ArchiveSink& sink) = 0;
  virtual void copy_in(const std::string& id, const std::string& path, const engine::ArchiveSource& source) = 0;
  virtual sys::Fd open_log(const std::string& id) = 0;
  virtual void read_log(const std::string& id, const engine::LogQuery& query, const engine::LogPieceSink& sink,
                        std::stop_token stop) = 0;
  virtual std::vector<wire::VolumeInfo> list_volumes() = 0;
  virtual std::string create_volume(const std::string& name) = 0;
  virtual std::string inspect_volume(const std::string& name) = 0;
  virtual void remove_volume(const std::string& name) = 0;
  virtual std::vector<std::string> prune_volumes() = 0;
  virtual std::vector<wire::ImageSummary> list_images() = 0;
  virtual void remove_image(const std::string& reference, bool force) = 0;
  virtual void pull(const engine::PullOptions& options, const engine::LogSink& log, std::stop_token stop) = 0;
  virtual void push(const std::string& name, const wire::RegistryAuth& auth, const engine::LogSink& log,
                    std::stop_token stop) = 0;
  virtual void tag_image(const std::string& image, const std::string& name) = 0;
  virtual void check_login(const wire::RegistryAuth& auth, std::stop_token stop) = 0;
  virtual void save_images(const std::vector<std::string>& references, const engine::Engine::OpenArchive& open) = 0;
  virtual std::vector<std::string> load_images(const engine::ArchiveSource& source, const std::string& name) = 0;
  virtual std::string import_image(const wire::ImportRequest& request, const engine::ArchiveSource& source) = 0;
  virtual std::string commit(const wire::CommitRequest& request, std::stop_token stop) = 0;
  virtual void export_container(const std::string& id, const engine::ArchiveSink& sink, std::stop_token stop) = 0;
  virtual std::vector<wire::DiskUsage> disk_usage() = 0;
  virtual wire::PruneReport prune(bool build_cache) = 0;
  virtual void build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) = 0;
};

}  // namespace minibox::api
