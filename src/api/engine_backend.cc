#include "api/engine_backend.h"

namespace minibox::api {

std::string EngineBackend::run(const wire::RunRequest& request, engine::Attachment* attachment) {
  return engine_.run(request, attachment);
}

void EngineBackend::exec(const wire::ExecRequest& request, engine::Attachment* attachment) {
  engine_.exec(request, attachment);
}

void EngineBackend::attach(const std::string& id, const engine::Engine::MakeAttachment& make) {
  engine_.attach(id, make);
}

std::map<std::string, wire::ContainerInfo> EngineBackend::list_containers() {
  return engine_.list_containers();
}

std::string EngineBackend::find_container(const std::string& reference) {
  return engine_.find_container(reference);
}

engine::StopResult EngineBackend::stop(const std::string& id, int timeout_seconds) {
  return engine_.stop(id, timeout_seconds);
}

void EngineBackend::kill(const std::string& id) {
  engine_.kill(id);
}

void EngineBackend::start(const std::string& id) {
  engine_.start(id);
}

void EngineBackend::remove(const std::string& id, bool force) {
  engine_.remove(id, force);
}

sys::Fd EngineBackend::open_log(const std::string& id) {
  return engine_.open_log(id);
}

bool EngineBackend::follow_log(const std::string& id, std::uint64_t offset, std::stop_token stop) {
  return engine_.follow_log(id, offset, std::move(stop));
}

std::vector<wire::ImageSummary> EngineBackend::list_images() {
  return engine_.list_images();
}

void EngineBackend::remove_image(const std::string& reference) {
  engine_.remove_image(reference);
}

void EngineBackend::build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) {
  engine_.build(request, log, std::move(stop));
}

}  // namespace minibox::api
