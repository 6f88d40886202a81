// What is wrong where Protobuf cannot read a scenario, in words for whoever wrote it.

#ifndef MIG_SIM_SCENARIO_SYNTAX_H_
#define MIG_SIM_SCENARIO_SYNTAX_H_

#include <google/protobuf/descriptor.h>

#include <string>

#include "absl/strings/string_view.h"

namespace mig::sim {

// Where Protobuf stopped, from 0, and what it says of it.
struct SyntaxError {
  int line = 0;
  int column = 0;
  std::string message;
};

// "LINE: FIELD ...", one line. `type` is that of the whole text.
std::string SyntaxWords(absl::string_view text, const SyntaxError& error,
                        const google::protobuf::Descriptor& type);

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_SYNTAX_H_
