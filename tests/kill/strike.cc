#include "tests/kill/strike.h"

#include <errno.h>
#include <linux/openat2.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mig::tests {

namespace {

struct Named {
  absl::string_view name;
  int error;
};
constexpr Named kErrors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},
                             {"EMFILE", EMFILE}, {"ENOMEM", ENOMEM}, {"EDQUOT", EDQUOT},
                             {"EROFS", EROFS},   {"EAGAIN", EAGAIN}};

using Names = std::set<absl::string_view>;

std::vector<Blow> Errors(const std::vector<int>& errors) {
  std::vector<Blow> blows;
  for (const int error : errors) blows.push_back({.what = Blow::What::kError, .error = error});
  return blows;
}

std::vector<Blow> AndShort(std::vector<Blow> blows) {
  blows.push_back({.what = Blow::What::kShort});
  return blows;
}

std::string BlowName(const Blow& blow) {
  if (blow.what == Blow::What::kKill) return "kill";
  if (blow.what == Blow::What::kShort) return "short";
  const auto* const named = std::ranges::find(kErrors, blow.error, &Named::error);
  return named == std::end(kErrors) ? absl::StrCat("E", blow.error) : std::string(named->name);
}

std::optional<Blow> BlowFromName(absl::string_view name) {
  if (name == "kill") return Blow{.what = Blow::What::kKill};
  if (name == "short") return Blow{.what = Blow::What::kShort};
  const auto* const named = std::ranges::find(kErrors, name, &Named::name);
  if (named == std::end(kErrors)) return std::nullopt;
  return Blow{.what = Blow::What::kError, .error = named->error};
}

}  // namespace

std::string Strike::ToString() const {
  return absl::StrCat(KindName(point.kind), ".", point.ordinal, ".",
                      point.side == Side::kEntry ? "entry" : "exit", "=", BlowName(blow));
}

absl::StatusOr<Strike> Strike::Parse(absl::string_view text) {
  const std::vector<absl::string_view> halves = absl::StrSplit(text, '=');
  const std::vector<absl::string_view> words = absl::StrSplit(halves[0], '.');
  Strike strike;
  if (halves.size() == 2 && words.size() == 3) {
    const std::optional<CallKind> kind = KindFromName(words[0]);
    const std::optional<Blow> blow = BlowFromName(halves[1]);
    const bool is_side = words[2] == "entry" || words[2] == "exit";
    if (kind && blow && is_side && absl::SimpleAtoi(words[1], &strike.point.ordinal)) {
      strike.point.kind = *kind;
      strike.point.side = words[2] == "entry" ? Side::kEntry : Side::kExit;
      strike.blow = *blow;
      return strike;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text,
                   "' is no strike; one is KIND.NUMBER.SIDE=BLOW: change, look, process "
                   "or other; entry or exit; kill, short or an error, as in change.37.exit=kill"));
}

std::vector<Blow> BlowsFor(const Call& call) {
  static const Names reads = {"read", "pread64", "readv"};
  static const Names writes = {"write", "pwrite64", "writev"};
  static const Names syncs = {"fsync", "fdatasync", "syncfs"};
  static const Names makes = {"mkdirat",   "renameat",        "renameat2", "linkat",
                              "fallocate", "copy_file_range", "fsetxattr", "ftruncate"};
  static const Names changes = {"unlinkat", "fchmod",    "fchown",      "fchmodat",
                                "fchownat", "utimensat", "fremovexattr"};
  static const Names opens = {"openat", "openat2"};
  static const Names makes_descriptors = {"pipe2", "pidfd_open"};
  static const Names forks = {"clone", "fork", "vfork"};
  static const Names waits = {"wait4", "waitid", "flock"};
  const absl::string_view name = call.name;
  if (reads.contains(name)) return AndShort(Errors({EIO, EINTR, ENOMEM}));
  if (writes.contains(name)) return AndShort(Errors({EIO, ENOSPC, EINTR, ENOMEM, EDQUOT}));
  if (syncs.contains(name)) return Errors({EIO, ENOSPC, EINTR, EDQUOT, EROFS});
  if (makes.contains(name)) return Errors({EIO, ENOSPC, EINTR, ENOMEM, EDQUOT, EROFS});
  if (changes.contains(name)) return Errors({EIO, ENOMEM, EROFS});
  if (opens.contains(name) && call.kind == CallKind::kChange) {
    return Errors({EIO, ENOSPC, EINTR, EMFILE, ENOMEM, EDQUOT, EROFS});
  }
  if (opens.contains(name)) return Errors({EIO, EINTR, EMFILE, ENOMEM});
  if (name == "close") return Errors({EIO, EINTR, ENOSPC, EDQUOT});
  if (makes_descriptors.contains(name)) return Errors({EMFILE, ENOMEM});
  if (forks.contains(name)) return Errors({EAGAIN, ENOMEM});
  if (waits.contains(name)) return Errors({EINTR});
  if (name == "execve") return Errors({EIO, EMFILE, ENOMEM});
  if (name == "ioctl") return Errors({EIO, ENOSPC, EDQUOT, EROFS});
  if (call.kind == CallKind::kLook) return Errors({EIO, ENOMEM});
  return {};
}

Order Striker::operator()(const Stop& stop) {
  if (stop.side == Side::kEntry) {
    const uint32_t ordinal = ++counts_[stop.call.kind];
    counted_.push_back({.point = {.kind = stop.call.kind, .ordinal = ordinal}, .call = stop.call});
    if (strike_ && serial_ == 0 && strike_->point.kind == stop.call.kind &&
        strike_->point.ordinal == ordinal) {
      serial_ = stop.call.serial;
    }
  }
  return strike_ && serial_ == stop.call.serial ? Deal(stop) : Order();
}

Order Striker::Deal(const Stop& stop) {
  const bool is_entry = stop.side == Side::kEntry;
  switch (strike_->blow.what) {
    case Blow::What::kKill:
      if (strike_->point.side != stop.side) return {};
      struck_ = stop.call;
      return {.what = Order::What::kKill};
    case Blow::What::kShort:
      if (!is_entry) return {};
      struck_ = stop.call;
      return {.what = Order::What::kShorten, .value = 1};
    case Blow::What::kError:
      break;
  }
  // Linux gives the number of a descriptor back whatever close(2) says.
  const bool is_made_all_the_same = stop.call.name == "close";
  if (is_entry == is_made_all_the_same) return {};
  struck_ = stop.call;
  return {.what = is_made_all_the_same ? Order::What::kPretend : Order::What::kFail,
          .value = strike_->blow.error};
}

}  // namespace mig::tests
