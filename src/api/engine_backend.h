// The real Backend: hands every call to the engine, which must outlive it.
#pragma once

#include "api/backend.h"

namespace minibox::api {

class EngineBackend final : public Backend {
 public:
  explicit EngineBackend(engine::Engine& engine) : engine_(engine) {}

  std::string run(const wire::RunRequest& request, engine::Attachment* attachment) override;
  void exec(const wire::ExecRequest& request, engine::Attachment* attachment) override;
  void attach(const std::string& id, const engine::Engine::MakeAttachment& make) override;
  std::map<std::string, wire::ContainerInfo> list_containers() override;
  std::string find_container(const std::string& reference) override;
  engine::StopResult stop(const std::string& id, int timeout_seconds) override;
  void kill(const std::string& id) override;
  void start(const std::string& id) override;
  void remove(const std::string& id, bool force) override;
  sys::Fd open_log(const std::string& id) override;
  bool follow_log(const std::string& id, std::uint64_t offset, std::stop_token stop) override;
  std::vector<wire::ImageSummary> list_images() override;
  void remove_image(const std::string& reference) override;
  void build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) override;

 private:
  engine::Engine& engine_;
};

}  // namespace minibox::api
