// What the verbs print: text for people, JSON for programs, from the same values.

#ifndef MIG_LOADER_CLI_SCREENS_H_
#define MIG_LOADER_CLI_SCREENS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "loader/enroll/enroll.h"
#include "loader/run/run_result.h"
#include "loader/run/views/status_view.h"
#include "proto/mig/v1/environment.pb.h"

namespace mig::loader {

enum class Format { kText, kJson };

// Data goes to standard output, messages to standard error. Each is empty or ends with a newline.
struct Screen {
  std::string out;
  std::string err;
};

// Whose run it was: `recover` has another sentence for nothing to do.
enum class RunKind { kRun, kDryRun, kRecover };

Screen ShowRun(const RunResult& result, RunKind kind, Format format);
Screen ShowStatus(const StatusView& view, absl::Time now, Format format);
Screen ShowExplanation(const SelfExplanation& explanation, Format format);
Screen ShowEnvironment(const v1::Environment& environment, Format format);
Screen ShowEnrollment(const Enrollment& enrollment, Format format);

// One line: "mig-loader: CODE: text".
std::string ErrorLine(const absl::Status& status);

}  // namespace mig::loader

#endif  // MIG_LOADER_CLI_SCREENS_H_
