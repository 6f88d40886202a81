// One state that an interruption left a machine in, and how it came to that.

#ifndef MIG_TESTS_CRASH_STATE_H_
#define MIG_TESTS_CRASH_STATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/disk_image.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::tests {

// What the machine did when it was interrupted.
enum class Doing { kRecover, kRunOffline, kRunOnline };
absl::string_view NameOf(Doing doing);  // "recover", "offline", "online"

// How it was interrupted: before operation `operation` (from 1 on) of a boot; then the `image`-th
// of what a power cut could leave was found.
struct Step {
  Doing doing = Doing::kRunOnline;
  uint64_t operation = 0;
  size_t image = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

// Of several interruptions, one after the other: "online@123.4/recover@17.0".
using Trail = std::vector<Step>;
std::string TextOf(const Trail& trail);
// InvalidArgument: not what TextOf writes.
absl::StatusOr<Trail> TrailFrom(absl::string_view text);

struct State {
  base::DiskImage image;
  std::vector<v1::Outcome> told;  // to the coordinator, before
  Trail trail;
};

// Equal for two states from which the same follows: names, kinds, modes, owners and bytes, and what
// the coordinator knows. Without times, inode numbers, and the file `status`, which breaks no
// promise when it is lost. 64 bits: of a million states two that differ are taken for one with a
// probability of 1 in 37 million.
uint64_t KeyOf(const base::DiskImage& image, const std::vector<v1::Outcome>& told);

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_STATE_H_
