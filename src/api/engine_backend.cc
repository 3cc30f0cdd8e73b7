#include "api/engine_backend.h"

namespace minibox::api {

std::string EngineBackend::run(const wire::RunRequest& request, engine::Attachment* attachment,
                               const wire::RegistryAuth& auth, std::stop_token stop) {
  return engine_.run(request, attachment, auth, std::move(stop));
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

void EngineBackend::signal(const std::string& id, int signo) {
  engine_.signal(id, signo);
}

void EngineBackend::start_attached(const std::string& id, const engine::Engine::MakeAttachment& make) {
  engine_.start(id, make);
}

void EngineBackend::start(const std::string& id) {
  engine_.start(id);
}

void EngineBackend::remove(const std::string& id, bool force) {
  engine_.remove(id, force);
}

int EngineBackend::wait(const std::string& id, std::stop_token stop) {
  return engine_.wait(id, std::move(stop));
}

void EngineBackend::restart(const std::string& id, int timeout_seconds) {
  engine_.restart(id, timeout_seconds);
}

void EngineBackend::rename(const std::string& id, const std::string& name) {
  engine_.rename(id, name);
}

void EngineBackend::pause(const std::string& id) {
  engine_.pause(id);
}

void EngineBackend::unpause(const std::string& id) {
  engine_.unpause(id);
}

void EngineBackend::update(const std::string& id, const wire::UpdateRequest& request) {
  engine_.update(id, request);
}

std::string EngineBackend::inspect_container(const std::string& id) {
  return engine_.inspect_container(id);
}

std::string EngineBackend::inspect_image(const std::string& reference) {
  return engine_.inspect_image(reference);
}

wire::ContainerStats EngineBackend::stats(const std::string& id) {
  return engine_.stats(id);
}

std::vector<wire::ProcessEntry> EngineBackend::top(const std::string& id) {
  return engine_.top(id);
}

std::vector<wire::FileChange> EngineBackend::diff(const std::string& id) {
  return engine_.diff(id);
}

std::uint64_t EngineBackend::copy_out(const std::string& id, const std::string& path, const engine::ArchiveSink& sink) {
  return engine_.copy_out(id, path, sink);
}

void EngineBackend::copy_in(const std::string& id, const std::string& path, const engine::ArchiveSource& source) {
  engine_.copy_in(id, path, source);
}

sys::Fd EngineBackend::open_log(const std::string& id) {
  return engine_.open_log(id);
}

void EngineBackend::read_log(const std::string& id, const engine::LogQuery& query, const engine::LogPieceSink& sink,
                             std::stop_token stop) {
  engine_.read_log(id, query, sink, std::move(stop));
}

std::vector<wire::VolumeInfo> EngineBackend::list_volumes() {
  return engine_.list_volumes();
}

std::string EngineBackend::create_volume(const std::string& name) {
  return engine_.create_volume(name);
}

std::string EngineBackend::inspect_volume(const std::string& name) {
  return engine_.inspect_volume(name);
}

void EngineBackend::remove_volume(const std::string& name) {
  engine_.remove_volume(name);
}

std::vector<std::string> EngineBackend::prune_volumes() {
  return engine_.prune_volumes();
}

std::vector<wire::ImageSummary> EngineBackend::list_images() {
  return engine_.list_images();
}

void EngineBackend::remove_image(const std::string& reference, bool force) {
  engine_.remove_image(reference, force);
}

void EngineBackend::pull(const engine::PullOptions& options, const engine::LogSink& log, std::stop_token stop) {
  engine_.pull(options, log, std::move(stop));
}

void EngineBackend::push(const std::string& name, const wire::RegistryAuth& auth, const engine::LogSink& log,
                         std::stop_token stop) {
  engine_.push(name, auth, log, std::move(stop));
}

void EngineBackend::tag_image(const std::string& image, const std::string& name) {
  engine_.tag_image(image, name);
}

void EngineBackend::check_login(const wire::RegistryAuth& auth, std::stop_token stop) {
  engine_.check_login(auth, std::move(stop));
}

void EngineBackend::save_images(const std::vector<std::string>& references, const engine::Engine::OpenArchive& open) {
  engine_.save_images(references, open);
}

std::vector<std::string> EngineBackend::load_images(const engine::ArchiveSource& source, const std::string& name) {
  return engine_.load_images(source, name);
}

std::string EngineBackend::import_image(const wire::ImportRequest& request, const engine::ArchiveSource& source) {
  return engine_.import_image(request, source);
}

std::string EngineBackend::commit(const wire::CommitRequest& request, std::stop_token stop) {
  return engine_.commit(request, std::move(stop));
}

void EngineBackend::export_container(const std::string& id, const engine::ArchiveSink& sink, std::stop_token stop) {
  engine_.export_container(id, sink, std::move(stop));
}

std::vector<wire::DiskUsage> EngineBackend::disk_usage() {
  return engine_.disk_usage();
}

wire::PruneReport EngineBackend::prune(bool build_cache) {
  return engine_.prune(build_cache);
}

void EngineBackend::build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) {
  engine_.build(request, log, std::move(stop));
}

}  // namespace minibox::api
