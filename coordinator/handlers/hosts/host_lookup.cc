#include "coordinator/handlers/hosts/host_lookup.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/handlers/check_in/check_in_summary.h"
#include "coordinator/handlers/hosts/host_line.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

constexpr size_t kLeastPrefix = 4;
constexpr size_t kMostShown = 5;

struct Candidate {
  HostId id;
  bool revoked = false;
};

bool IsPrefixOf(absl::string_view name, const HostId& id) {
  return name.size() >= kLeastPrefix && absl::StartsWith(id.ToHex(), name);
}

}  // namespace

absl::StatusOr<HostId> FindHost(Fleet& fleet, absl::string_view name) {
  const absl::StatusOr<HostId> whole = HostId::FromHex(name);
  if (whole.ok() && fleet.hosts().Find(*whole).has_value()) return *whole;

  std::vector<Candidate> all;
  MIG_RETURN_IF_ERROR(fleet.ForEachHost([&](const HostRecord& host, const HostSeenRecord* seen) {
    const std::optional<v1::CheckInRequest> said = SaidIn(seen);
    const bool is_called_so =
        !name.empty() && NameOf(host, said.has_value() ? &*said : nullptr) == name;
    if (!is_called_so && !IsPrefixOf(name, host.id)) return;
    all.push_back({.id = host.id, .revoked = host.state == HostState::kRevoked});
  }));
  std::vector<Candidate> candidates = all;
  std::erase_if(candidates, [](const Candidate& one) { return one.revoked; });
  if (candidates.empty()) candidates = std::move(all);
  if (candidates.size() == 1) return candidates.front().id;
  if (candidates.empty()) {
    return trust::Refuse(
        v1::Refusal::NOT_FOUND,
        absl::StrCat("there is no host '", base::Escaped(name, 64), "'; see migctl host list"));
  }
  const size_t shown = std::min(candidates.size(), kMostShown);
  return trust::Refuse(
      v1::Refusal::EXISTS,
      absl::StrCat(candidates.size(), " hosts are called '", base::Escaped(name, 64),
                   "'; say which by its id: ",
                   absl::StrJoin(candidates.begin(), candidates.begin() + shown, ", ",
                                 [](std::string* out, const Candidate& one) {
                                   absl::StrAppend(out, one.id.ToHex().substr(0, 12));
                                 }),
                   candidates.size() > shown ? ", ..." : ""));
}

}  // namespace mig::coordinator
