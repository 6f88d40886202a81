// Evidence as sentences: what `migctl host explain` and `mig-loader explain` show.
//
//   lap-0193 does NOT have agent 4.2.0; it will, not before Mon 2026-01-05 15:52 UTC
//    + filter    distribution = "debian" AND tags.site = "ber"
//    x wave      cohort 0.6127 -> wave 3 (0.25-1.00), opens for it Mon 2026-01-05 15:52 UTC
//    ? contact   seen 3 h ago

#ifndef MIG_ROLLOUT_EXPLAIN_H_
#define MIG_ROLLOUT_EXPLAIN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/mig/v1/refusal.pb.h"
#include "rollout/clocks.h"
#include "rollout/decide.h"

namespace mig::rollout {

// One reason. Plain values, to be shown as text or as JSON.
struct Line {
  enum class Sign {
    kFor,      // +
    kAgainst,  // x
    kOpen,     // ?  not known, or nothing that decides
  };
  Sign sign = Sign::kOpen;
  std::string subject;  // one word of a fixed list: stream plan filter wave canary window ...
  v1::Refusal::Code code = v1::Refusal::NONE;  // what it would refuse with; NONE with kFor
  std::string text;
  std::vector<Line> details;  // a filter's terms with what each saw
};

// What becomes of the host: exit codes 0, 20 and 21 of `explain --exit-code`.
enum class Outlook { kHas, kWill, kWillNot };

struct Explanation {
  std::string headline;
  Outlook outlook = Outlook::kWillNot;
  std::vector<Line> lines;
};

// Whose answer is explained, and how times are written.
struct ExplainOptions {
  std::string host_name;  // as it is called in the headline
  absl::TimeZone zone = absl::UTCTimeZone();
};

// `decision` is one of Decide(documents, host, clocks). Whoever knows more (contact, certificate,
// health) adds lines of its own.
Explanation Explain(const Documents& documents, const HostView& host, const Clocks& clocks,
                    const ProductDecision& decision, const ExplainOptions& options);

// "+", "x", "?".
absl::string_view SignText(Line::Sign sign);

// The headline and one line for each reason, details indented below it; ends with a newline.
std::string ToText(const Explanation& explanation);

// "Mon 2026-01-05 15:52 UTC".
std::string TimeText(absl::Time time, absl::TimeZone zone);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_EXPLAIN_H_
