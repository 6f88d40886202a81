#include "coordinator/fleet/host_index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

using Kind = trust::x509::SpiffeId::Kind;
using KeyBytes = std::array<char, base::Digest::kSizeBytes>;

KeyBytes BytesOf(const base::Digest& digest) {
  KeyBytes bytes;
  std::ranges::copy(digest.bytes(), bytes.begin());
  return bytes;
}

absl::Time FromMillisOrNever(int64_t ms) {
  return ms == 0 ? absl::InfinitePast() : absl::FromUnixMillis(ms);
}
absl::Time FromSecondsOrNever(uint32_t s) {
  return s == 0 ? absl::InfinitePast() : absl::FromUnixSeconds(s);
}

absl::Status Refused(HostState state, const HostId& id) {
  if (state == HostState::kRevoked) {
    return trust::Refuse(v1::Refusal::REVOKED,
                         absl::StrCat("host ", id.ToHex().substr(0, 12),
                                      ".. was revoked; it has to enroll anew with another key"));
  }
  return trust::Refuse(v1::Refusal::DISABLED,
                       absl::StrCat("host ", id.ToHex().substr(0, 12),
                                    ".. is disabled until an operator enables it"));
}

}  // namespace

absl::StatusOr<HostId> HostIndex::Identify(const Peer& peer, absl::string_view trust_domain) const {
  if (!peer.id.has_value() || peer.id->kind() != Kind::kLoader ||
      peer.id->trust_domain() != trust_domain) {
    return trust::Refuse(
        v1::Refusal::CERTIFICATE,
        absl::StrCat("this port is for loaders of ", trust_domain, "; enroll this host first"));
  }
  const HostId& id = *peer.id->host_id();
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = hosts_.find(id);
  if (found == hosts_.end()) {
    return trust::Refuse(
        v1::Refusal::UNRECORDED_KEY,
        absl::StrCat("host ", id.ToHex().substr(0, 12), ".. is not known here; it has to enroll"));
  }
  const Packed& host = found->second;
  const auto state = static_cast<HostState>(host.state);
  if (state != HostState::kEnabled) return Refused(state, id);
  const KeyBytes key = BytesOf(peer.spki_digest);
  const bool recorded = (host.has_current != 0 && host.current_key == key) ||
                        (host.has_next != 0 && host.next_key == key);
  if (!recorded) {
    return trust::Refuse(
        v1::Refusal::UNRECORDED_KEY,
        absl::StrCat("this certificate's key is not recorded for host ", id.ToHex().substr(0, 12),
                     "..; renew with a former key by proof of possession"));
  }
  return id;
}

absl::Status HostIndex::StillWelcome(const HostId& host) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  const auto state =
      found == hosts_.end() ? HostState::kRevoked : static_cast<HostState>(found->second.state);
  return state == HostState::kEnabled ? absl::OkStatus() : Refused(state, host);
}

std::optional<HostEntry> HostIndex::Find(const HostId& host) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return std::nullopt;
  return Unpack(host, found->second);
}

HostEntry HostIndex::Unpack(const HostId& id, const Packed& packed) const {
  HostEntry entry{.id = id};
  entry.state = static_cast<HostState>(packed.state);
  entry.machine = base::Digest(packed.machine);
  entry.enrolled_at = absl::FromUnixMillis(packed.enrolled_ms);
  entry.last_seen = FromMillisOrNever(packed.last_seen_ms);
  entry.last_offer_at = FromSecondsOrNever(packed.last_offer_s);
  entry.last_outcome.result = static_cast<v1::Outcome::Result>(packed.outcome_result);
  entry.last_outcome.stage = static_cast<v1::Outcome::Stage>(packed.outcome_stage);
  entry.last_outcome.code = static_cast<v1::Refusal::Code>(packed.outcome_code);
  entry.last_outcome.exit_status = packed.outcome_exit_status;
  entry.last_outcome.received_at = FromSecondsOrNever(packed.outcome_s);
  entry.cloned = packed.cloned != 0;
  entry.mismatch = packed.mismatch != 0;
  entry.marks = marks_[packed.marks];
  return entry;
}

size_t HostIndex::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return hosts_.size();
}

std::vector<HostId> HostIndex::FindByPrefix(absl::string_view hex_prefix, size_t limit) const {
  std::vector<HostId> found;
  {
    absl::ReaderMutexLock lock(&mutex_);
    for (const auto& [id, packed] : hosts_) {
      if (absl::StartsWith(id.ToHex(), hex_prefix)) found.push_back(id);
    }
  }
  std::sort(found.begin(), found.end());
  if (found.size() > limit) found.resize(limit);
  return found;
}

uint32_t HostIndex::MarksOf(const HostRecord& record) {
  if (record.labels.empty() && record.expected_environment.empty()) return 0;
  // Labels have bounded names and values without control characters, so this is one spelling.
  std::string text = record.expected_environment;
  for (const Label& label : record.labels) {
    absl::StrAppend(&text, "\n", label.name, "=", label.value);
  }
  const auto [place, is_new] = marks_by_text_.emplace(text, static_cast<uint32_t>(marks_.size()));
  if (!is_new) return place->second;

  auto marks = std::make_shared<HostMarks>();
  marks->labels = record.labels;
  if (!record.expected_environment.empty()) {
    // It was parsed when it was set; one that a later version cannot read matches nobody.
    absl::StatusOr<rollout::Filter> pin =
        rollout::Filter::Parse(record.expected_environment, rollout::FieldSet::kWhere);
    if (!pin.ok()) pin = rollout::Filter::Parse("id = \"\"", rollout::FieldSet::kWhere);
    MIG_CHECK_OK(pin);
    marks->pin = *std::move(pin);
  }
  marks_.push_back(std::move(marks));
  return place->second;
}

void HostIndex::Apply(const HostRecord& record) {
  absl::MutexLock lock(&mutex_);
  Packed& host = hosts_[record.id];
  host.has_current = record.keys.current.has_value() ? 1 : 0;
  host.has_next = record.keys.next.has_value() ? 1 : 0;
  host.current_key = BytesOf(record.keys.current.value_or(base::Digest()));
  host.next_key = BytesOf(record.keys.next.value_or(base::Digest()));
  host.machine = BytesOf(record.machine);
  host.enrolled_ms = absl::ToUnixMillis(record.enrolled_at);
  host.state = static_cast<uint8_t>(record.state);
  host.cloned = record.clones_seen > 0 ? 1 : 0;
  host.marks = MarksOf(record);
  if (record.expected_environment.empty()) host.mismatch = 0;
}

void HostIndex::Apply(const HostSeenRecord& seen) {
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(seen.id);
  if (found == hosts_.end()) return;
  found->second.last_seen_ms = absl::ToUnixMillis(seen.last_seen);
  found->second.issued = seen.answer_issued;
  found->second.returned = seen.answer_returned;
}

void HostIndex::ApplyOffer(const HostId& host, absl::Time at) {
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  found->second.last_offer_s =
      std::max(found->second.last_offer_s, static_cast<uint32_t>(absl::ToUnixSeconds(at)));
}

void HostIndex::ApplyOutcome(const HostId& host, absl::Time received_at,
                             const v1::Outcome& outcome) {
  if (outcome.kind() == v1::Outcome::NOTICE) return;
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  const auto at = static_cast<uint32_t>(absl::ToUnixSeconds(received_at));
  if (found == hosts_.end() || at < found->second.outcome_s) return;
  found->second.outcome_s = at;
  found->second.outcome_result = static_cast<uint8_t>(outcome.result());
  found->second.outcome_stage = static_cast<uint8_t>(outcome.stage());
  found->second.outcome_code = static_cast<uint16_t>(outcome.refusal().code());
  found->second.outcome_exit_status = static_cast<uint8_t>(outcome.refusal().exit_status());
}

HostIndex::CloneVerdict HostIndex::NoteAnswer(const HostId& host, const AnswerId& previous,
                                              const AnswerId& next, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return CloneVerdict::kGood;
  Packed& known = found->second;
  const bool good =
      known.seen_since_start == 0 || previous == known.issued || previous == known.returned;
  known.seen_since_start = 1;
  known.returned = previous;
  known.issued = next;
  known.last_seen_ms = absl::ToUnixMillis(now);
  if (good) return CloneVerdict::kGood;
  const bool known_clone = known.cloned != 0;
  known.cloned = 1;
  return known_clone ? CloneVerdict::kKnown : CloneVerdict::kFirstSeen;
}

HostIndex::CloneVerdict HostIndex::NoteOtherMachine(const HostId& host) {
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return CloneVerdict::kKnown;
  const bool known_clone = found->second.cloned != 0;
  found->second.cloned = 1;
  return known_clone ? CloneVerdict::kKnown : CloneVerdict::kFirstSeen;
}

bool HostIndex::NoteMismatch(const HostId& host, bool mismatch) {
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || (found->second.mismatch != 0) == mismatch) return false;
  found->second.mismatch = mismatch ? 1 : 0;
  return true;
}

bool HostIndex::CountOutcomes(const HostId& host, size_t outcomes) {
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return false;
  const size_t untrimmed = found->second.untrimmed_outcomes + outcomes;
  found->second.untrimmed_outcomes =
      static_cast<uint8_t>(untrimmed < kTrimOutcomesEvery ? untrimmed : 0);
  return untrimmed >= kTrimOutcomesEvery;
}

std::optional<HostIndex::Answers> HostIndex::AnswersOf(const HostId& host) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return std::nullopt;
  return Answers{.issued = found->second.issued, .returned = found->second.returned};
}

}  // namespace mig::coordinator
