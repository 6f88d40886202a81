// AdminHosts::ListHosts: a filter over the whole inventory, one page in bounded memory.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/check_in/check_in_request.h"
#include "coordinator/handlers/check_in/check_in_summary.h"
#include "coordinator/handlers/hosts/admin_hosts.h"
#include "coordinator/handlers/hosts/host_line.h"
#include "coordinator/handlers/operators/page.h"
#include "rollout/filter.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

// The order of the list: by hostname, then id.
using Key = std::pair<std::string, HostId>;

std::string TokenOf(const Key& key) { return absl::StrCat(key.second.ToHex(), ".", key.first); }

absl::StatusOr<std::optional<Key>> KeyFromToken(absl::string_view token) {
  constexpr size_t kHexSize = 2 * HostId::kSizeBytes;
  if (token.empty()) return std::nullopt;
  const absl::StatusOr<HostId> id = HostId::FromHex(token.substr(0, kHexSize));
  if (id.ok() && token.size() > kHexSize && token[kHexSize] == '.') {
    return Key(token.substr(kHexSize + 1), *id);
  }
  return trust::Refuse(v1::Refusal::MALFORMED,
                       "this page token is none of this list's; begin again without one");
}

class PageOfHosts {
 public:
  PageOfHosts(const rollout::Filter& where, std::optional<Key> after, size_t rows)
      : where_(where), after_(std::move(after)), rows_(rows) {}

  void Add(const HostKnowledge& host, const Snapshot& snapshot, absl::Time now) {
    ++totals_.all_hosts;
    if (!where_.empty() && !Matches(host, snapshot, now)) return;
    ++totals_.matched_hosts;
    Key key(NameOf(host.record, host.said), host.record.id);
    if (after_.has_value() && key <= *after_) return;
    // Only the first rows of the order are kept, and one more that says that there are more.
    if (lines_.size() > rows_ && std::prev(lines_.end())->first < key) return;
    lines_.emplace(std::move(key), LineOf(host, snapshot, now));
    if (lines_.size() > rows_ + 1) lines_.erase(std::prev(lines_.end()));
  }

  v1::ListHostsAnswer Take() {
    v1::ListHostsAnswer answer;
    answer.set_matched_hosts(totals_.matched_hosts);
    answer.set_all_hosts(totals_.all_hosts);
    // A page ends before its message would be too large to be received.
    constexpr size_t kMostBytes = base::kMaxGrpcMessageBytes - 16 * base::kKiB;
    size_t bytes = 0;
    const Key* last = nullptr;
    for (auto& [key, line] : lines_) {
      bytes += line.ByteSizeLong() + 16;
      const bool is_full = static_cast<size_t>(answer.hosts_size()) == rows_ ||
                           (last != nullptr && bytes > kMostBytes);
      if (is_full) {
        answer.set_next_token(TokenOf(*last));
        break;
      }
      *answer.add_hosts() = std::move(line);
      last = &key;
    }
    return answer;
  }

 private:
  bool Matches(const HostKnowledge& host, const Snapshot& snapshot, absl::Time now) const {
    trust::TrustedState state;
    if (host.said != nullptr) {
      absl::StatusOr<CheckInFacts> remembered = ReadRemembered(*host.said, host.entry);
      if (remembered.ok()) state = std::move(remembered->state);
    }
    const std::optional<rollout::Facts> facts = KnownFacts(host.record, host.said, state, snapshot);
    if (!facts.has_value()) return false;
    return where_.Evaluate(WithCoordinatorFacts(
               *facts, host.entry, StateWord(StateOf(host.entry, host.said, now)),
               host.seen == nullptr ? "" : host.seen->seen_address, now)) == rollout::Truth::kTrue;
  }

  struct Totals {
    uint64_t matched_hosts = 0;
    uint64_t all_hosts = 0;
  };

  const rollout::Filter& where_;
  const std::optional<Key> after_;
  const size_t rows_;
  Totals totals_;
  std::map<Key, v1::Host> lines_;
};

}  // namespace

void AdminHosts::ListHosts(const Peer& peer, const v1::ListHostsRequest& request,
                           Done<v1::ListHostsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListHosts");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<rollout::Filter> where =
      rollout::Filter::Parse(request.where(), rollout::FieldSet::kWhere);
  if (!where.ok()) return done(where.status());
  const absl::StatusOr<size_t> rows = PageRows(request.page());
  if (!rows.ok()) return done(rows.status());
  absl::StatusOr<std::optional<Key>> after = KeyFromToken(request.page().token());
  if (!after.ok()) return done(after.status());

  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  PageOfHosts page(*where, *std::move(after), *rows);
  const absl::Status read =
      fleet_.ForEachHost([&](const HostRecord& host, const HostSeenRecord* seen) {
        const std::optional<HostEntry> entry = fleet_.hosts().Find(host.id);
        if (!entry.has_value()) return;
        const std::optional<v1::CheckInRequest> said = SaidIn(seen);
        page.Add({.record = host,
                  .entry = *entry,
                  .seen = seen,
                  .said = said.has_value() ? &*said : nullptr},
                 *snapshot, caller->now);
      });
  if (!read.ok()) return done(read);
  done(page.Take());
}

}  // namespace mig::coordinator
