#include "coordinator/store/sqlite_rows.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/endian.h"

namespace mig::coordinator {
namespace {

// Reads u32be length and bytes off the front of `bytes`; false if they are not there.
bool TakePart(absl::string_view& bytes, std::string& part) {
  if (bytes.size() < 4) return false;
  const size_t size = base::ReadU32Be(bytes.substr(0, 4));
  if (bytes.size() - 4 < size) return false;
  part = std::string(bytes.substr(4, size));
  bytes.remove_prefix(4 + size);
  return true;
}

}  // namespace

std::string InsertSql(const TableText& text) {
  return absl::StrCat("INSERT INTO ", text.table, " (", text.columns, ") VALUES (",
                      QuestionMarks(text), ")");
}

std::string SelectSql(const TableText& text) {
  return absl::StrCat("SELECT ", text.columns, " FROM ", text.table, " ");
}

std::string QuestionMarks(const TableText& text) {
  std::string marks = "?";
  for (auto i = std::count(text.columns.begin(), text.columns.end(), ','); i > 0; --i) {
    absl::StrAppend(&marks, ", ?");
  }
  return marks;
}

std::string PackLabels(const std::vector<Label>& labels) {
  std::string packed;
  for (const Label& label : labels) {
    for (const std::string* part : {&label.name, &label.value}) {
      base::AppendU32Be(packed, static_cast<uint32_t>(part->size()));
      packed += *part;
    }
  }
  return packed;
}

std::vector<Label> UnpackLabels(Run& run, absl::string_view bytes) {
  std::vector<Label> labels;
  while (!bytes.empty()) {
    Label label;
    if (!TakePart(bytes, label.name) || !TakePart(bytes, label.value)) {
      run.Spoil("labels");
      return {};
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace mig::coordinator
