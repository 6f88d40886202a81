#include "ctl/output/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/text.h"

namespace mig::ctl {
namespace {

// Characters of UTF-8 that Shown let pass: one column each is near enough.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

// At most `width` characters, the last two of them dots where something was cut.
std::string Cut(const std::string& line, size_t width) {
  if (width < 8 || Width(line) <= width) return line;
  size_t bytes = 0;
  for (size_t characters = 0; bytes < line.size(); ++bytes) {
    const bool begins = (line[bytes] & 0xC0) != 0x80;
    if (begins && ++characters > width - 2) break;
  }
  return absl::StrCat(line.substr(0, bytes), "..");
}

}  // namespace

std::string Shown(absl::string_view text) {
  if (base::CheckText(text).ok()) return std::string(text);
  return base::Escaped(text, 4096);
}

void Table::AddRow(std::vector<std::string> cells) {
  MIG_CHECK(cells.size() == header_.size());
  for (std::string& cell : cells) cell = Shown(cell);
  rows_.push_back(std::move(cells));
}

absl::StatusOr<Table> Table::Select(const std::vector<std::string>& wanted) const {
  std::vector<std::string> names;
  for (const std::string& header : header_) {
    names.push_back(absl::StrReplaceAll(absl::AsciiStrToLower(header), {{" ", "-"}}));
  }
  std::vector<size_t> columns;
  Table selected({});
  for (const std::string& name : wanted) {
    const auto found = std::ranges::find(names, absl::AsciiStrToLower(name));
    if (found == names.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--fields: '", base::Escaped(name), "' is no column of this; there are ",
                       absl::StrJoin(names, " "), " (-o json has keys of its own)"));
    }
    columns.push_back(static_cast<size_t>(found - names.begin()));
    selected.header_.push_back(header_[columns.back()]);
  }
  for (const std::vector<std::string>& row : rows_) {
    std::vector<std::string>& cells = selected.rows_.emplace_back();
    for (const size_t column : columns) cells.push_back(row[column]);
  }
  return selected;
}

std::string Table::Render(const ConsoleFacts& facts) const {
  return facts.out_is_terminal ? RenderAligned(static_cast<size_t>(facts.columns)) : RenderTabs();
}

std::string Table::RenderAligned(size_t columns) const {
  std::vector<size_t> widths(header_.size());
  for (size_t i = 0; i < header_.size(); ++i) {
    widths[i] = Width(header_[i]);
    for (const std::vector<std::string>& row : rows_)
      widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      absl::StrAppend(&line, i == 0 ? "" : "  ", cells[i],
                      std::string(widths[i] - Width(cells[i]), ' '));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&out, Cut(line, columns), "\n");
  };
  add_line(header_);
  for (const std::vector<std::string>& row : rows_) add_line(row);
  return out;
}

std::string Table::RenderTabs() const {
  std::string out = absl::StrCat(absl::StrJoin(header_, "\t"), "\n");
  for (const std::vector<std::string>& row : rows_) {
    absl::StrAppend(&out, absl::StrJoin(row, "\t"), "\n");
  }
  return out;
}

}  // namespace mig::ctl
