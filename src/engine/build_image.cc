// minibox build: parse, plan, run what is not cached, name the result. docs/life-of-a-build.md walks through it.
#include <algorithm>
#include <utility>

#include "base/cache_path.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "build/block_base.h"
#include "build/build_args.h"
#include "build/config_merge.h"
#include "build/context.h"
#include "build/explain.h"
#include "build/instruction_parser.h"
#include "build/parser.h"
#include "build/planned_context.h"
#include "build/scheduler.h"
#include "engine/base_image.h"
#include "engine/build_executor.h"
#include "engine/build_log.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/last_build.h"
#include "engine/remote_caches.h"
#include "oci/reference.h"
#include "store/layer_tar.h"
#include "sys/file.h"
#include "wire/build_report.h"

namespace minibox::engine {
namespace {

store::ImagePointer finalize(EngineState& state, const std::string& image, const Base& base, oci::ImageConfig config,
                             const build::Plan& plan, const std::vector<build::BlockResult>& results,
                             const std::string& created, const LogSink& log, const std::stop_token& stop) {
  const std::int64_t start = monotonic_us();
  std::vector<oci::Descriptor> layers = base.layers;
  for (const size_t block : plan.image) layers.push_back(layer_descriptor(results[block]));
  log("[finalize] writing " + std::to_string(layers.size()) + " layer(s)");
  build::add_layers(config, plan, results, created);
  store::ImagePointer result = state.images.put_image(image, config.print(), std::move(layers), stop);
  log("[finalize] done (" + format_duration((monotonic_us() - start) / 1000) + ")");
  return result;
}

// A cache that can't be written costs the next build time, and this one nothing.
template <typename Save>
void save_record(const std::string& what, const LogSink& log, Save save) {
  std::string problem;
  try {
    return save();
  } catch (const Error& error) {
    problem = error.text();
  }
  log("[build] warning: " + what + " can't be kept: " + problem);
}

std::string created_text(const wire::BuildRequest& request) {
  return request.source_date_epoch == 0 ? "" : format_rfc3339(request.source_date_epoch * 1'000'000'000);
}

// What is copied is compared with the plan. When it is something else the plan may have come of a wrong stat cache, and
// the next one must not.
template <typename Action>
auto distrusting(build::StatCache& cache, Action action) {
  try {
    return action();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kConflict) cache.forget();
    throw;
  }
}

build::Document read_document(const wire::BuildRequest& request) {
  if (trim(request.minibox).empty()) throw Error(ErrorKind::kInvalid, "MiniBox content is required");
  build::Document document = build::parse_document(
      request.minibox, build::ParseOptions{request.file.empty() ? "MiniBox" : request.file, request.lenient});
  build::set_build_args(document, request.build_args);
  if (!request.target.empty()) build::select_target(document, request.target);
  build::require_build_args(document);
  for (const build::Block& block : document.blocks) {
    for (const std::string& name : block.secrets) {
      if (request.secrets.contains(name)) continue;
      throw Error(ErrorKind::kInvalid, "block " + quote(block.name) + " needs the secret " + quote(name))
          .with_hint("give it: --secret id=" + name + ",src=FILE");
    }
  }
  return document;
}

BuildSettings settings_of(const wire::BuildRequest& request) {
  BuildSettings settings;
  settings.epoch = request.source_date_epoch;
  settings.network = network::parse_network_kind(request.network);
  settings.secrets = request.secrets;
  for (const std::string& path : request.cache_dirs) {
    settings.cache_paths.push_back(checked_cache_path(path));
  }
  return settings;
}

using Bases = std::map<std::string, Base>;  // by reference

Bases resolve_bases(EngineState& state, const build::Document& document,
                    const std::vector<build::BaseReference>& references, const BaseSources& sources) {
  Bases bases;
  for (const build::BaseReference& reference : references) {
    if (bases.contains(reference.image)) continue;
    bases[reference.image] = with_context(document.file + ":" + std::to_string(reference.line),
                                          [&] { return resolve_base(state, reference.image, sources); });
  }
  return bases;
}

std::map<std::string, build::PlanBase> plan_bases(const Bases& bases) {
  std::map<std::string, build::PlanBase> planned;
  for (const auto& [reference, base] : bases) planned[reference] = {base.digest, build::base_scope(base.config)};
  return planned;
}

std::vector<build::BlockResult> results_of(const std::vector<build::BlockOutcome>& outcomes) {
  std::vector<build::BlockResult> results;
  for (const build::BlockOutcome& outcome : outcomes) results.push_back(outcome.result);
  return results;
}

wire::BuildReport make_report(const wire::BuildRequest& request, const build::Plan& plan,
                              const std::vector<build::BlockOutcome>& outcomes, std::int64_t total_us) {
  wire::BuildReport report{request.image, total_us, {}};
  for (size_t i = 0; i < plan.blocks.size(); ++i) {
    const build::PlannedBlock& planned = plan.blocks[i];
    wire::BuildReport::Block block;
    block.name = planned.block->name;
    for (const size_t other : planned.waits_for) block.waits_for.push_back(plan.blocks[other].block->name);
    block.in_image = std::find(plan.image.begin(), plan.image.end(), i) != plan.image.end();
    block.cached = outcomes[i].cached;
    block.start_us = outcomes[i].start_us;
    block.spent_us = outcomes[i].spent_us;
    block.size = static_cast<std::int64_t>(outcomes[i].result.size);
    block.change = planned.change.value_or("");
    report.blocks.push_back(std::move(block));
  }
  return report;
}

bool has_secret(const build::Document& document, const std::string& name) {
  return std::any_of(document.blocks.begin(), document.blocks.end(), [&](const build::Block& block) {
    return std::find(block.secrets.begin(), block.secrets.end(), name) != block.secrets.end();
  });
}

std::vector<std::string> warnings_of(const wire::BuildRequest& request, const build::Document& document,
                                     const build::Graph& graph) {
  std::vector<std::string> warnings = document.warnings;
  if (document.target) return warnings;  // then it is wanted that others stay outside
  for (const auto& [name, content] : request.secrets) {
    if (!has_secret(document, name))
      warnings.push_back("the secret " + quote(name) + " is given, and no block uses it");
  }
  for (const size_t block : graph.unneeded()) {
    warnings.push_back("block " + quote(document.blocks[block].name) + " is in no image: nothing needs it");
  }
  return warnings;
}

}  // namespace

void Engine::build(const wire::BuildRequest& request, const LogSink& log, std::stop_token stop) {
  EngineState& state = *state_;
  const std::int64_t start = monotonic_us();
  const build::Document document = read_document(request);
  const build::Graph graph(document);
  oci::Reference::parse(request.image);
  const BuildSettings settings = settings_of(request);
  const build::Context context = build::Context::open(request.context, state.config.build_prefixes);

  // Everything that can be refused is refused before the first line: until then the answer has a status of its own.
  BuildLog build_log(log, request.image);
  const LogSink sink = [&](const std::string& line) { build_log(line); };
  const store::ImageStore::Lease lease(state.images);
  RemoteCaches remote_caches(state, request, sink, stop);
  std::vector<build::BaseReference> references = build::block_bases(document, graph);
  const build::BaseReference top = build::image_base(document, references);
  references.push_back(top);
  build::StatCache stat_cache = context.load_stat_cache(state.data_root.contexts());
  Bases bases = resolve_bases(state, document, references, {context, stat_cache, request.auths, sink, stop});
  build::PlannedContext planned(context, stat_cache, store::LayerLimits{}.max_bytes);
  build::Plan plan = build::make_plan(
      document, graph,
      {.environment = {"linux/amd64", settings.network == network::NetworkKind::kNone ? "none" : "bridge",
                       settings.epoch},
       .bases = plan_bases(bases),
       .digest = [&](const std::string& source) { return planned.digest(source, stop); }});
  save_record("what the context holds", sink, [&] { stat_cache.save(); });
  LastBuild last(state, request.image);
  const build::BuildRecord record = build::make_record(
      plan, [&](const std::string& source) { return planned.values(source, build::kMaxRecordedFiles); });
  for (build::PlannedBlock& block : plan.blocks) {
    block.change = build::describe_change(last.record(), record, block.block->name);
  }
  for (const std::string& warning : warnings_of(request, document, graph)) sink("[build] warning: " + warning);
  distrusting(stat_cache, [&] {
    for (auto& [reference, base] : bases) make_base_ready(state, base, sink, stop);
  });
  BuildExecutor executor(state, bases, planned, settings);
  build::SchedulerOptions options;
  options.no_cache = request.no_cache;
  options.explain = request.explain;
  const std::vector<build::BlockOutcome> outcomes =
      distrusting(stat_cache, [&] { return remote_caches.run(plan, executor, options); });
  const Base& base = bases.at(top.image);
  oci::ImageConfig config = build::merge_config(document, graph, base.config);
  const store::ImagePointer image = finalize(state, request.image, base, std::move(config), plan, results_of(outcomes),
                                             created_text(request), sink, stop);
  save_record("what this build was made of", sink, [&] { last.replace(record); });
  if (request.report) {
    sink(wire::kReportMark + make_report(request, plan, outcomes, monotonic_us() - start).print());
  }
  sink("[build] DONE image=" + request.image + " manifest=" + image->manifest_digest.short_hex() + " (" +
       format_duration((monotonic_us() - start) / 1000) + ")");
  remote_caches.store(plan, outcomes);
}

}  // namespace minibox::engine
