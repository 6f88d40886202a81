// The commented example of a plan's file, for those who have the program and no clone.

#ifndef MIG_CTL_EXAMPLES_PLAN_EXAMPLE_H_
#define MIG_CTL_EXAMPLES_PLAN_EXAMPLE_H_

#include "absl/strings/string_view.h"

namespace mig::ctl {

// ctl/examples/plan.toml, to the byte (plan_file_test).
absl::string_view PlanExample();

}  // namespace mig::ctl

#endif  // MIG_CTL_EXAMPLES_PLAN_EXAMPLE_H_
