#include "ctl/examples/plan_example.h"

namespace mig::ctl {

absl::string_view PlanExample() {
  return R"EXAMPLE(# A rollout plan: which release, for whom, how fast. Every key that there is; those behind a # show
# their default. Check it with `migctl plan lint plan.toml`, make it with `migctl plan new plan.toml`.
#
# Spans: 500ms 90s 5min 6h 14d 2w.  Times: +6h (from the rollout's first issue), 12mo, or RFC 3339:
# "2026-12-01T09:00:00+01:00".  Shares: "2%", "0.05%".

name = "agent-4.2"           # what people call it, and its rollout: a-z 0-9 . _ -
stream = "main"              # one of the root's streams (default "main")
filter = 'os = "linux"'      # which hosts; default "": every host
# priority = 0               # where plans of several streams match, the highest decides
# emergency = false          # escapes the root's soak, share and lives; needs more signatures
held_back = "2%"             # hosts kept as controls until the baseline; default "0%"
# retry = ["agent@4.1.9"]    # releases that failed on a host may be tried there again
expires = "+14d"             # default: the longest life that the root allows
baseline_until = "+60d"      # default: the longest that the root allows; "never": no baseline
# base = "none"              # the plan that stands meanwhile; default: the stream's newest baseline

# One for each product, at most 8.
[[item]]
product = "agent"
release = "4.2.0"            # a version that was published, or a manifest's digest in hex
fallback = "4.2.1"           # the way back: the old contents under a higher sequence; default none

# Hours in which hosts may install, in their own local time. Without it: always.
[window]
days = ["mon", "tue", "wed", "thu", "fri"]   # default: all
start = "08:00"
length = "10h"

# Named hosts that go first. Without it: the waves begin at once.
[canaries]
hosts = ["0000000000000000000000000000000000000000000000000000000000000001"]   # ids, or names
opens = "+0"
soak = "24h"                 # before the first wave opens; the root's least soak holds anyway

# In order of opening, at most 32.
[[wave]]
name = "early"
to = "2%"                    # of the cohorts; it begins where the waves before ended
# from = "0%"                # the part that is admitted at once, before the ramp
opens = "+24h"               # default: as soon as the waves before have ramped and soaked
ramp = "8h"                  # from `from` to `to` in this time; default "0": all at once
soak = "24h"
# filter = ''                # narrower than the plan's
# hold = false               # opens only when the plan is signed again without it

[[wave]]
name = "broad"
to = "25%"
ramp = "8h"
soak = "24h"

[[wave]]
name = "all"
to = "100%"
ramp = "8h"
soak = "24h"
)EXAMPLE";
}

}  // namespace mig::ctl
