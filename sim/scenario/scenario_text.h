// A scenario's text, as far as Protobuf can read it.

#ifndef MIG_SIM_SCENARIO_SCENARIO_TEXT_H_
#define MIG_SIM_SCENARIO_SCENARIO_TEXT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/scenario/block.h"
#include "sim/scenario/scenario.pb.h"

namespace mig::sim {

// A file that is text of the right shape. Owns all that its blocks point to.
class ScenarioText {
 public:
  // Errors: InvalidArgument  "FILE:LINE: FIELD ...": unknown, written twice, of another type; what
  // is no text at all. Too long is refused too.
  static absl::StatusOr<ScenarioText> Read(absl::string_view file, absl::string_view text);

  const v1::Scenario& message() const { return *message_; }
  Block block() const { return Block(file_, *message_, *tree_); }

 private:
  explicit ScenarioText(absl::string_view file);

  std::string file_;
  std::unique_ptr<v1::Scenario> message_;
  std::unique_ptr<ParseTree> tree_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_SCENARIO_TEXT_H_
