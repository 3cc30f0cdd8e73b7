#include "cli/build_output.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/build_graph.h"

namespace minibox::cli {
namespace {

TEST(BuildOutput, PassesEveryLineOnAndKeepsTheReportForItself) {
  BuildOutput output({}, BuildProgress::kPlain, 80);
  EXPECT_EQ(output.take("[a] one\n[a] t"), "[a] one\n");
  EXPECT_EQ(output.take("wo\n\x1e{\"image\":"), "[a] two\n");
  EXPECT_EQ(output.take("\"x\"}\nBuild failed: block a: why\n"), "Build failed: block a: why\n");
  EXPECT_EQ(output.report(), "{\"image\":\"x\"}");
  EXPECT_EQ(output.failure(), "block a: why");
  EXPECT_EQ(output.take("end"), "");
  EXPECT_EQ(output.finish(), "end\n");
}

TEST(BuildOutput, ShowsRunningBlocksBelowWhatIsFinished) {
  BuildOutput output({}, BuildProgress::kTty, 20);
  EXPECT_EQ(output.take("[a] START needs= workdir=/\n"), "  [a]\n");
  EXPECT_EQ(output.take("[b] START needs= workdir=/\n"), "\x1b[1A\x1b[J  [a]\n  [b]\n");
  EXPECT_EQ(output.take("[a] long \x1b[2J text that is cut\n"), "\x1b[2A\x1b[J  [a] long ?[2J tex\n  [b]\n");
  EXPECT_EQ(output.take("[b] DONE (1ms)\n"), "\x1b[2A\x1b[J[b] DONE (1ms)\n  [a] long ?[2J tex\n");
  EXPECT_EQ(output.take("Build failed: block a: x\n"),
            "\x1b[1A\x1b[J[a] long \x1b[2J text that is cut\nBuild failed: block a: x\n");
}

wire::BuildReport::Block block(const std::string& name, std::vector<std::string> waits_for, std::int64_t spent_us) {
  wire::BuildReport::Block made;
  made.name = name;
  made.waits_for = std::move(waits_for);
  made.spent_us = spent_us;
  return made;
}

TEST(BuildGraph, TheCriticalPathIsTheChainThatTookLongest) {
  const wire::BuildReport report{"x",
                                 0,
                                 {block("a", {}, 5), block("b", {}, 9), block("c", {"a"}, 9),
                                  block("d", {"b", "c", "none"}, 1), block("e", {}, 14)}};
  EXPECT_EQ(critical_path(report), (std::vector<size_t>{0, 2, 3}));
  EXPECT_TRUE(critical_path({}).empty());
}

TEST(BuildGraph, TextOfOthersIsEscaped) {
  wire::BuildReport report{"<i>\"", 0, {block("a<b>&\"'\\", {}, 1)}};
  report.blocks[0].change = "<script>alert(1)</script>";
  for (const GraphFormat format : {GraphFormat::kSvg, GraphFormat::kHtml}) {
    const std::string text = print_graph(report, format);
    EXPECT_NE(text.find("a&lt;b&gt;&amp;&quot;&#39;\\"), std::string::npos);
    EXPECT_EQ(text.find("<script>"), std::string::npos);
    EXPECT_EQ(text.find("<i>"), std::string::npos);
  }
  EXPECT_NE(print_graph(report, GraphFormat::kDot).find("\"a<b>&\\\"'\\\\\" [label="), std::string::npos);
}

TEST(BuildGraph, TheEndingOfTheFileIsTheFormat) {
  EXPECT_EQ(graph_format_of("a.b/x.html"), GraphFormat::kHtml);
  EXPECT_THROW(graph_format_of("x.png"), Error);
  EXPECT_THROW(graph_format_of("html"), Error);
}

}  // namespace
}  // namespace minibox::cli
