#include "sim/scenario/scenario_text.h"

#include <google/protobuf/io/tokenizer.h>

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/syntax.h"

namespace mig::sim {

namespace {

// Keeps the first: what follows from it is noise.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!error_) error_ = SyntaxError{.line = line, .column = column, .message = message};
  }
  SyntaxError Get() const { return error_.value_or(SyntaxError{.message = "it is not text"}); }

 private:
  std::optional<SyntaxError> error_;
};

}  // namespace

ScenarioText::ScenarioText(absl::string_view file)
    : file_(file),
      message_(std::make_unique<v1::Scenario>()),
      tree_(std::make_unique<ParseTree>()) {}

absl::StatusOr<ScenarioText> ScenarioText::Read(absl::string_view file, absl::string_view text) {
  if (text.size() > kMaxScenarioBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":1: is longer than ", kMaxScenarioBytes, " bytes; is it a scenario?"));
  }
  if (const size_t zero = text.find('\0'); zero != absl::string_view::npos) {
    const auto line = 1 + std::ranges::count(text.substr(0, zero), '\n');
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":", line, ": there is a zero byte; write plain text"));
  }
  ScenarioText read(file);
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(read.tree_.get());
  if (!parser.ParseFromString(std::string(text), read.message_.get())) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":", SyntaxWords(text, error.Get(), *v1::Scenario::GetDescriptor())));
  }
  return read;
}

}  // namespace mig::sim
