#include "bench/samples/samples.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace mig::bench {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr double kFormat = 1;
constexpr size_t kMaxNameBytes = 64;

// Says where a file is wrong.
class Reader {
 public:
  explicit Reader(std::string where) : where_(std::move(where)) {}

  Reader In(absl::string_view what) const { return Reader(absl::StrCat(where_, ": ", what)); }

  absl::Status Wrong(absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(where_, ": ", what, "; write it with `bench --samples FILE`"));
  }

  // The value of `key`, if it is of this kind.
  absl::StatusOr<Value> Get(const Struct& object, absl::string_view key,
                            Value::KindCase kind) const {
    const auto found = object.fields().find(std::string(key));
    if (found == object.fields().end()) return Wrong(absl::StrCat("'", key, "' is missing"));
    if (found->second.kind_case() == kind) return found->second;
    return Wrong(absl::StrCat("'", key, "' is of the wrong kind"));
  }

  absl::Status CheckKeys(const Struct& object, const std::set<std::string>& keys) const {
    for (const auto& [key, value] : std::map(object.fields().begin(), object.fields().end())) {
      if (keys.count(key) == 0) return Wrong(absl::StrCat("no such key: '", key, "'"));
    }
    return absl::OkStatus();
  }

 private:
  std::string where_;
};

bool IsName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  for (const char letter : name) {
    if (!absl::ascii_islower(letter) && !absl::ascii_isdigit(letter) && letter != '_') return false;
  }
  return true;
}

absl::StatusOr<RowSamples> ReadRow(const Reader& reader, const Struct& object) {
  RowSamples row;
  MIG_ASSIGN_OR_RETURN(const Value name, reader.Get(object, "name", Value::kStringValue));
  row.name = name.string_value();
  if (!IsName(row.name)) return reader.Wrong("'name' is not of a-z, 0-9 and _");
  const Reader here = reader.In(row.name);
  MIG_RETURN_IF_ERROR(here.CheckKeys(object, {"name", "unit", "slowdown_limit", "numbers"}));

  MIG_ASSIGN_OR_RETURN(const Value unit, here.Get(object, "unit", Value::kStringValue));
  const std::optional<Unit> known = UnitNamed(unit.string_value());
  if (!known) return here.Wrong("'unit' is none that is known");
  row.unit = *known;

  MIG_ASSIGN_OR_RETURN(const Value limit, here.Get(object, "slowdown_limit", Value::kNumberValue));
  row.slowdown_limit = limit.number_value();
  if (!(row.slowdown_limit >= 0)) return here.Wrong("'slowdown_limit' is below zero");

  MIG_ASSIGN_OR_RETURN(const Value numbers, here.Get(object, "numbers", Value::kListValue));
  for (const Value& number : numbers.list_value().values()) {
    const bool is_number = number.kind_case() == Value::kNumberValue;
    if (!is_number || !std::isfinite(number.number_value()) || !(number.number_value() > 0)) {
      return here.Wrong("'numbers' has something that is no number above zero");
    }
    row.numbers.push_back(number.number_value());
  }
  if (row.numbers.empty()) return here.Wrong("'numbers' is empty");
  return row;
}

absl::StatusOr<RunSamples> ReadRun(const Reader& reader, const Struct& object) {
  MIG_RETURN_IF_ERROR(reader.CheckKeys(object, {"format", "size", "rows"}));
  MIG_ASSIGN_OR_RETURN(const Value format, reader.Get(object, "format", Value::kNumberValue));
  if (format.number_value() != kFormat) return reader.Wrong("'format' is not 1");

  RunSamples run;
  MIG_ASSIGN_OR_RETURN(const Value size, reader.Get(object, "size", Value::kStringValue));
  if (size.string_value() != "quick" && size.string_value() != "whole") {
    return reader.Wrong("'size' is neither quick nor whole");
  }
  run.size = size.string_value() == "quick" ? Size::kQuick : Size::kWhole;

  MIG_ASSIGN_OR_RETURN(const Value rows, reader.Get(object, "rows", Value::kListValue));
  if (rows.list_value().values_size() > static_cast<int>(kMaxSampleRows)) {
    return reader.Wrong(absl::StrCat("'rows' has more than ", kMaxSampleRows));
  }
  std::set<std::string> names;
  for (const Value& value : rows.list_value().values()) {
    if (value.kind_case() != Value::kStructValue) return reader.Wrong("'rows' has no object");
    MIG_ASSIGN_OR_RETURN(RowSamples row, ReadRow(reader, value.struct_value()));
    if (!names.insert(row.name).second) {
      return reader.Wrong(absl::StrCat("row '", row.name, "' is there twice"));
    }
    run.rows.push_back(std::move(row));
  }
  return run;
}

}  // namespace

std::string ToJson(const RunSamples& run) {
  std::string text = absl::StrFormat("{\"format\": %g, \"size\": \"%s\", \"rows\": [", kFormat,
                                     run.size == Size::kQuick ? "quick" : "whole");
  for (const RowSamples& row : run.rows) {
    absl::StrAppendFormat(
        &text, "%s\n  {\"name\": \"%s\", \"unit\": \"%s\", \"slowdown_limit\": %g, \"numbers\": [",
        &row == &run.rows.front() ? "" : ",", row.name, NameOf(row.unit), row.slowdown_limit);
    absl::StrAppend(&text,
                    absl::StrJoin(row.numbers, ", ",
                                  [](std::string* out, double number) {
                                    absl::StrAppendFormat(out, "%.9g", number);
                                  }),
                    "]}");
  }
  return text + "\n]}\n";
}

absl::StatusOr<RunSamples> ParseSamples(absl::string_view where, absl::string_view json) {
  const Reader reader{std::string(where)};
  if (json.size() > kMaxSampleFileBytes) {
    return reader.Wrong(absl::StrCat("larger than ", kMaxSampleFileBytes, " bytes"));
  }
  Struct object;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &object);
  if (!parsed.ok()) return reader.Wrong(absl::StrCat("no JSON object: ", parsed.ToString()));
  return ReadRun(reader, object);
}

}  // namespace mig::bench
