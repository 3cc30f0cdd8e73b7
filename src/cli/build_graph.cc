#include "cli/build_graph.h"

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/tables.h"
#include "cli/terminal.h"

namespace minibox::cli {
namespace {

using Block = wire::BuildReport::Block;

constexpr int kBoxWidth = 230;
constexpr int kBoxHeight = 62;
constexpr int kGapX = 70;
constexpr int kGapY = 22;
constexpr int kMargin = 20;

// The report as a graph, with the place of each box.
class Layout {
 public:
  explicit Layout(const wire::BuildReport& report) : blocks_(report.blocks), edges_(report.blocks.size()) {
    std::map<std::string, size_t> known;
    std::map<int, int> rows;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      for (const std::string& name : blocks_[i].waits_for) {
        if (const auto found = known.find(name); found != known.end()) edges_[i].push_back(found->second);
      }
      known[blocks_[i].name] = i;
      int column = 0;
      for (const size_t other : edges_[i]) column = std::max(column, columns_[other] + 1);
      columns_.push_back(column);
      rows_.push_back(rows[column]++);
    }
  }

  size_t size() const { return blocks_.size(); }
  const Block& block(size_t i) const { return blocks_[i]; }
  const std::vector<size_t>& waits_for(size_t i) const { return edges_[i]; }
  int x(size_t i) const { return kMargin + columns_[i] * (kBoxWidth + kGapX); }
  int y(size_t i) const { return kMargin + rows_[i] * (kBoxHeight + kGapY); }
  int width() const { return 2 * kMargin + (largest(columns_) + 1) * (kBoxWidth + kGapX) - kGapX; }
  int height() const { return 2 * kMargin + (largest(rows_) + 1) * (kBoxHeight + kGapY) - kGapY; }

 private:
  static int largest(const std::vector<int>& values) {
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  }

  const std::vector<Block>& blocks_;
  std::vector<std::vector<size_t>> edges_;
  std::vector<int> columns_, rows_;
};

std::vector<size_t> critical_path_of(const Layout& layout) {
  std::vector<std::int64_t> length(layout.size());
  std::vector<size_t> before(layout.size());
  for (size_t i = 0; i < layout.size(); ++i) {
    before[i] = i;
    for (const size_t other : layout.waits_for(i)) {
      if (before[i] == i || length[other] > length[before[i]]) before[i] = other;
    }
    length[i] = layout.block(i).spent_us + (before[i] == i ? 0 : length[before[i]]);
  }
  if (length.empty()) return {};
  auto at = static_cast<size_t>(std::max_element(length.begin(), length.end()) - length.begin());
  std::vector<size_t> path = {at};
  while (before[at] != at) path.push_back(at = before[at]);
  std::reverse(path.begin(), path.end());
  return path;
}

bool is_on(const std::vector<size_t>& path, size_t block) {
  return std::find(path.begin(), path.end(), block) != path.end();
}

// Whether the path goes from `from` to `to` directly.
bool is_on(const std::vector<size_t>& path, size_t from, size_t to) {
  const auto at = std::find(path.begin(), path.end(), from);
  return at != path.end() && at + 1 != path.end() && *(at + 1) == to;
}

std::string duration(std::int64_t us) {
  return format_duration(us / 1000);
}

std::string facts(const Block& block) {
  return std::string(block.cached ? "cached" : "built") + ", " + duration(block.spent_us) + ", " +
         format_size(static_cast<std::uint64_t>(block.size));
}

std::string escaped_markup(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escaped_dot(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string number(int value) {
  return std::to_string(value);
}

std::string svg_edge(const Layout& layout, size_t from, size_t to, bool critical) {
  const int x1 = layout.x(from) + kBoxWidth, y1 = layout.y(from) + kBoxHeight / 2;
  const int x2 = layout.x(to), y2 = layout.y(to) + kBoxHeight / 2;
  const int middle = (x1 + x2) / 2;
  return "<path class=\"edge" + std::string(critical ? " critical" : "") + "\" d=\"M" + number(x1) + " " + number(y1) +
         " C" + number(middle) + " " + number(y1) + " " + number(middle) + " " + number(y2) + " " + number(x2) + " " +
         number(y2) + "\"/>\n";
}

std::string svg_text(int x, int y, const char* style, const std::string& text) {
  return "<text class=\"" + std::string(style) + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\">" +
         escaped_markup(cut_to_width(text, 34)) + "</text>\n";
}

std::string svg_box(const Layout& layout, size_t i, bool critical) {
  const Block& block = layout.block(i);
  const int x = layout.x(i), y = layout.y(i);
  const std::string style = std::string("box ") + (block.cached ? "cached" : "built") + (critical ? " critical" : "");
  return "<g><title>" + escaped_markup(block.name + ": " + facts(block)) + "</title>\n<rect class=\"" + style +
         "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(kBoxWidth) + "\" height=\"" +
         number(kBoxHeight) + "\" rx=\"6\"/>\n" + svg_text(x + 12, y + 25, "name", block.name) +
         svg_text(x + 12, y + 47, "facts", facts(block)) + "</g>\n";
}

constexpr const char* kStyle =
    "text{font-family:sans-serif}.name{font-size:15px;font-weight:bold}.facts{font-size:12px;fill:#444}"
    ".box{stroke:#888;stroke-width:1}.cached{fill:#e8e8e8}.built{fill:#d5e8fb}"
    ".edge{fill:none;stroke:#999;stroke-width:1.5}.critical{stroke:#c33;stroke-width:3}";

std::string print_svg(const wire::BuildReport& report) {
  const Layout layout(report);
  const std::vector<size_t> path = critical_path_of(layout);
  const std::string size = number(layout.width()) + " " + number(layout.height());
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" width=\"" +
                    number(layout.width()) + "\" height=\"" + number(layout.height()) + "\">\n<style>" + kStyle +
                    "</style>\n";
  for (size_t i = 0; i < layout.size(); ++i) {
    for (const size_t other : layout.waits_for(i)) svg += svg_edge(layout, other, i, is_on(path, other, i));
  }
  for (size_t i = 0; i < layout.size(); ++i) svg += svg_box(layout, i, is_on(path, i));
  return svg + "</svg>\n";
}

std::string print_dot(const wire::BuildReport& report) {
  const Layout layout(report);
  const std::vector<size_t> path = critical_path_of(layout);
  std::string dot =
      "digraph \"" + escaped_dot(report.image) + "\" {\n  rankdir=LR;\n  node [shape=box, style=filled];\n";
  for (size_t i = 0; i < layout.size(); ++i) {
    const Block& block = layout.block(i);
    dot += "  \"" + escaped_dot(block.name) + "\" [label=\"" + escaped_dot(block.name) + "\\n" +
           escaped_dot(facts(block)) + "\", fillcolor=\"" + (block.cached ? "#e8e8e8" : "#d5e8fb") + "\"" +
           (is_on(path, i) ? ", color=\"#cc3333\", penwidth=3" : "") + "];\n";
    for (const size_t other : layout.waits_for(i)) {
      dot += "  \"" + escaped_dot(layout.block(other).name) + "\" -> \"" + escaped_dot(block.name) + "\"" +
             (is_on(path, other, i) ? " [color=\"#cc3333\", penwidth=3]" : "") + ";\n";
    }
  }
  return dot + "}\n";
}

std::string html_row(const Block& block, bool critical) {
  std::string row = "<tr" + std::string(critical ? " class=\"mark\"" : "") + ">";
  for (const std::string& cell :
       {block.name, std::string(block.cached ? "cached" : "built"), duration(block.start_us), duration(block.spent_us),
        format_size(static_cast<std::uint64_t>(block.size)), std::string(block.in_image ? "yes" : "no"),
        join(block.waits_for, ", "), block.change}) {
    row += "<td>" + escaped_markup(cell) + "</td>";
  }
  return row + "</tr>\n";
}

std::string print_html(const wire::BuildReport& report) {
  const Layout layout(report);
  const std::vector<size_t> path = critical_path_of(layout);
  std::int64_t critical_us = 0;
  for (const size_t block : path) critical_us += layout.block(block).spent_us;
  const std::string title = "Build of " + escaped_markup(report.image);
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title +
      "</title>\n<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
      "td,th{padding:.3em .8em;text-align:left;border-bottom:1px solid #ddd}.mark "
      "td:first-child{color:#c33;font-weight:bold}"
      "</style></head><body>\n<h1>" +
      title + "</h1>\n<p>" + duration(report.total_us) + " in all; the blocks of the critical path, marked red, took " +
      duration(critical_us) + ".</p>\n" + print_svg(report) +
      "<table><tr><th>block</th><th>state</th><th>began after</th><th>took</th><th>layer</th><th>in the image</th>"
      "<th>waited for</th><th>changed</th></tr>\n";
  for (size_t i = 0; i < layout.size(); ++i) html += html_row(layout.block(i), is_on(path, i));
  return html + "</table></body></html>\n";
}

}  // namespace

GraphFormat graph_format_of(const std::string& file) {
  if (file.ends_with(".svg")) return GraphFormat::kSvg;
  if (file.ends_with(".dot")) return GraphFormat::kDot;
  if (file.ends_with(".html")) return GraphFormat::kHtml;
  throw Error(ErrorKind::kInvalid, "--graph takes a file ending in .svg, .dot or .html, not " + quote(file));
}

std::vector<size_t> critical_path(const wire::BuildReport& report) {
  return critical_path_of(Layout(report));
}

std::string print_graph(const wire::BuildReport& report, GraphFormat format) {
  if (format == GraphFormat::kSvg) return print_svg(report);
  return format == GraphFormat::kDot ? print_dot(report) : print_html(report);
}

}  // namespace minibox::cli
