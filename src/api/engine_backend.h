// The real Backend: hands every call to the engine, which must outlive it.
#pragma once

#include "api/backend.h"

namespace minibox::api {

class EngineBackend final : public Backend {
 public:
  explicit EngineBackend(engine::Engine& engine) : engine_(engine) {}

  std::string run(const wire::RunRequest& request, engine::Attachment* attachment, const wire::RegistryAuth& auth,
                  std::stop_token stop) override;
  void exec(const wire::ExecRequest& request, engine::Attachment* attachment) override;
  void attach(const std::string& id, const engine::Engine::MakeAttachment& make) override;
  std::map<std::string, wire::ContainerInfo> list_containers() override;
  std::string find_container(const std::string& reference) override;
  engine::StopResult stop(const std::string& id, int timeout_seconds) override;
  void kill(const std::string& id) override;
  void signal(const std::string& id, int signo) override;
  void start(const std::string& id) override;
  void start_attached(const std::string& id, const engine::Engine::MakeAttachment& make) override;
  void remove(const std::string& id, bool force) override;
  int wait(const std::string& id, std::stop_token stop) override;
  void restart(const std::string& id, int timeout_seconds) override;
  void rename(const std::string& id, const std::string& name) override;
  void pause(const std::string& id) override;
  void unpause(const std::string& id) override;
  void update(const std::string& id, const wire::UpdateRequest& request) override;
  std::string inspect_container(const std::string& id) override;
  std::string inspect_image(const std::string& reference) override;
  wire::ContainerStats stats(const std::string& id) override;
  std::vector<wire::ProcessEntry> top(const std::string& id) override;
  std::vector<wire::FileChange> diff(const std::string& id) override;
  std::uint64_t copy_out(const std::string& id, const std::string& path, const engine::ArchiveSink& sink) override;
  void copy_in(const std::string& id, const std::string& path, const engine::ArchiveSource& source) override;
  sys::Fd open_log(const std::string& id) override;
  void read_log(const std::string& id, const engine::LogQuery& query, const engine::LogPieceSink& sink,
                std::stop_token stop) override;
  std::vector<wire::VolumeInfo> list_volumes() override;
  std::string create_volume(const std::string& name) override;
  std::string inspect_volume(const std::string& name) override;
  void remove_volume(const std::string& name) override;
  std::vector<std::string> prune_volumes() override;
  std::vector<wire::ImageSummary> list_images() override;
  void remove_image(const std::string& reference, bool force) override;
  void pull(const engine::PullOptions& options, const engine::LogSink& log, std::stop_token stop) override;
  void push(const std::string& name, const wire::RegistryAuth& auth, const engine::LogSink& log,
            std::stop_token stop) override;
  void tag_image(const std::string& image, const std::string& name) override;
  void check_login(const wire::RegistryAuth& auth, std::stop_token stop) override;
  void save_images(const std::vector<std::string>& references, const engine::Engine::OpenArchive& open) override;
  std::vector<std::string> load_images(const engine::ArchiveSource& source, const std::string& name) override;
  std::string import_image(const wire::ImportRequest& request, const engine::ArchiveSource& source) override;
  std::string commit(const wire::CommitRequest& request, std::stop_token stop) override;
  void export_container(const std::string& id, const engine::ArchiveSink& sink, std::stop_token stop) override;
  std::vector<wire::DiskUsage> disk_usage() override;
  wire::PruneReport prune(bool build_cache) override;
  void build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) override;

 private:
  engine::Engine& engine_;
};

}  // namespace minibox::api
