#include "tests/agent/release.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/agent/key_values.h"

namespace mig::tests {

namespace {

constexpr absl::string_view kSource = "release at the end of the program";

// Put together here, so that it does not stand in the program's own constants.
std::string Marker() { return absl::StrCat("\n--- mig-test-agent", " release ---\n"); }

struct Named {
  absl::string_view name;
  Behaviour behaviour;
};

constexpr Named kBehaviours[] = {
    {"healthy", Behaviour::kHealthy},
    {"exit-at-once", Behaviour::kExitAtOnce},
    {"exit-after", Behaviour::kExitAfter},
    {"never-ready", Behaviour::kNeverReady},
    {"ready-after", Behaviour::kReadyAfter},
    {"unhealthy", Behaviour::kUnhealthy},
    {"unhealthy-after", Behaviour::kUnhealthyAfter},
    {"hang", Behaviour::kHang},
    {"broken", Behaviour::kBroken},
};

absl::StatusOr<Behaviour> BehaviourOf(absl::string_view name) {
  const auto found = std::ranges::find(kBehaviours, name, &Named::name);
  if (found == std::end(kBehaviours)) {
    return absl::InvalidArgumentError(
        absl::StrCat(kSource, ": behaviour = ", name, " is unknown; see make_agent --help"));
  }
  return found->behaviour;
}

}  // namespace

absl::StatusOr<Release> ParseRelease(absl::string_view tail) {
  const std::string marker = Marker();
  const size_t at = tail.rfind(marker);
  Release release;
  if (at == absl::string_view::npos) return release;

  MIG_ASSIGN_OR_RETURN(KeyValues values, ParseKeyValues(tail.substr(at + marker.size()), kSource));
  release.version = TakeText(values, "version", release.version);
  MIG_ASSIGN_OR_RETURN(release.behaviour, BehaviourOf(TakeText(values, "behaviour", "healthy")));
  MIG_ASSIGN_OR_RETURN(const uint32_t after_ms,
                       TakeNumber(values, "after_ms", 86'400'000, kSource));
  release.after = absl::Milliseconds(after_ms);
  if (values.contains("exit_status")) {
    MIG_ASSIGN_OR_RETURN(release.exit_status, TakeNumber(values, "exit_status", 255, kSource));
  }
  MIG_ASSIGN_OR_RETURN(release.ignore_sigterm, TakeYesOrNo(values, "ignore_sigterm", kSource));
  MIG_ASSIGN_OR_RETURN(release.notify, TakeYesOrNo(values, "notify", kSource));
  MIG_ASSIGN_OR_RETURN(release.stray, TakeYesOrNo(values, "stray", kSource));
  MIG_RETURN_IF_ERROR(CheckAllTaken(values, kSource));
  return release;
}

absl::StatusOr<Release> ReadRelease(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  const auto size = static_cast<size_t>(file.tellg());
  const size_t from = size - std::min(size, kMaxReleaseBytes);
  file.seekg(static_cast<std::streamoff>(from));
  const std::string tail(std::istreambuf_iterator<char>(file), {});
  return ParseRelease(tail);
}

}  // namespace mig::tests
