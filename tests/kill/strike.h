// What is done to a run, and where: one blow at one point. Points have names, so that a run can be
// done again: "change.37.exit=kill", "look.12.entry=EIO", "change.9.entry=short".

#ifndef MIG_TESTS_KILL_STRIKE_H_
#define MIG_TESTS_KILL_STRIKE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/kill/call.h"
#include "tests/kill/tracer.h"

namespace mig::tests {

// The `ordinal`th call of its kind in a run, from 1.
struct Point {
  CallKind kind = CallKind::kChange;
  uint32_t ordinal = 1;
  Side side = Side::kExit;
};

struct Blow {
  enum class What {
    kKill,
    kError,  // the call fails once, with `error`
    kShort,  // a read or write of one byte
  };
  What what = What::kKill;
  int error = 0;
};

struct Strike {
  Point point;
  Blow blow;

  std::string ToString() const;
  // InvalidArgument: says what a strike looks like.
  static absl::StatusOr<Strike> Parse(absl::string_view text);
};

// The ways in which this call can fail (its manual page), each once: of EIO, ENOSPC, EINTR, EMFILE,
// ENOMEM, EDQUOT, EROFS, short reads and writes those that it can have; and what forks and
// signals can have.
std::vector<Blow> BlowsFor(const Call& call);

// Counts the calls of one traced run, remembers them, and strikes once.
class Striker {
 public:
  Striker() = default;
  explicit Striker(const Strike& strike) : strike_(strike) {}

  Order operator()(const Stop& stop);

  // The call that was struck; absent: the run did not come so far.
  const std::optional<Call>& struck() const { return struck_; }

  struct Counted {
    Point point;  // its exit
    Call call;
  };
  // Every call that came to its entry, in order.
  const std::vector<Counted>& counted() const { return counted_; }

 private:
  Order Deal(const Stop& stop);

  std::optional<Strike> strike_;
  std::optional<Call> struck_;
  std::map<CallKind, uint32_t> counts_;
  std::vector<Counted> counted_;
  uint64_t serial_ = 0;  // of the call that is struck; 0: not yet
};

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_STRIKE_H_
