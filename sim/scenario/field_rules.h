// What each field of scenario.proto may be by itself: bounds, whether it is required, an example.

#ifndef MIG_SIM_SCENARIO_FIELD_RULES_H_
#define MIG_SIM_SCENARIO_FIELD_RULES_H_

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sim/scenario/mode.h"

namespace mig::sim {

struct FieldRule {
  enum class Presence { kOptional, kRequired };

  absl::string_view field;  // "Wave.upto_ppm"
  Presence presence = Presence::kOptional;
  // Of a number: its value; of text: bytes; of a repeated field: how many.
  uint64_t least = 0;
  uint64_t most = 0;
  // With --live; 0 where --live cannot do it at all.
  uint64_t most_live = 0;
  absl::string_view example;  // as one writes it

  uint64_t Most(Mode mode) const { return mode == Mode::kLive ? most_live : most; }
};

// Every field of scenario.proto has one.
const FieldRule& RuleOf(const google::protobuf::FieldDescriptor& field);

// "link.latency_ms is missing" needs the names; a person needs a number: "1 to 10,000 with --live".
std::string BoundsWords(const FieldRule& rule, Mode mode);

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_FIELD_RULES_H_
