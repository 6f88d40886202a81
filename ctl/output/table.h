// Rows of text: aligned for a person, tab-separated and uncut for a pipe.

#ifndef MIG_CTL_OUTPUT_TABLE_H_
#define MIG_CTL_OUTPUT_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/output/console.h"

namespace mig::ctl {

// Every cell is untrusted text: what could move a cursor or turn a line round is shown as \xHH.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}

  // As many cells as the header has.
  void AddRow(std::vector<std::string> cells);

  // For a terminal: two spaces between columns, lines cut at its width. Else header and rows with
  // one tab between cells; a tab or line break within one is escaped.
  std::string Render(const ConsoleFacts& facts) const;

  // The same rows with the `wanted` columns only, in that order. A column is named by its header in
  // any case, with a hyphen for a space ("last-use"). InvalidArgument, with those that there are,
  // for another name.
  absl::StatusOr<Table> Select(const std::vector<std::string>& wanted) const;

 private:
  std::string RenderAligned(size_t columns) const;
  std::string RenderTabs() const;

  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// `text` for one line of a terminal: as it is where nothing in it can do harm, else escaped.
std::string Shown(absl::string_view text);

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_TABLE_H_
