// R2: a forward step of the wall clock that boot time does not explain closes this host's waves for
// 24 h of a clock that stays.

#ifndef MIG_LOADER_RUN_CHECK_IN_CLOCK_JUDGE_H_
#define MIG_LOADER_RUN_CHECK_IN_CLOCK_JUDGE_H_

#include "absl/status/status.h"
#include "loader/run/session/session.h"

namespace mig::loader {

// Looks at the clocks, compares them with the last look (of this run or an earlier one), and keeps
// this look for the next. To be asked whenever the time has just counted or is about to: before and
// after each check-in, at the commit point, and at the end. Whoever can hold up an answer while the
// clock is moved must not open a wave by it.
//
// A step is reported, and durable in the trusted state when this returns. Errors: the disk's.
absl::Status JudgeClock(Session& session);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_CHECK_IN_CLOCK_JUDGE_H_
