#include "coordinator/fleet/operator_index.h"

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "trust/refusal.h"

namespace mig::coordinator {

using Kind = trust::x509::SpiffeId::Kind;

absl::StatusOr<OperatorRecord> OperatorIndex::Identify(const Peer& peer,
                                                       absl::string_view trust_domain,
                                                       absl::Time now) {
  if (!peer.id.has_value() || peer.id->kind() != Kind::kOperator ||
      peer.id->trust_domain() != trust_domain) {
    return trust::Refuse(v1::Refusal::CERTIFICATE,
                         absl::StrCat("this port is for operators of ", trust_domain,
                                      "; log in with migctl login first"));
  }
  absl::MutexLock lock(&mutex_);
  const auto found = operators_.find(peer.id->name());
  if (found == operators_.end()) {
    return trust::Refuse(
        v1::Refusal::UNRECORDED_KEY,
        absl::StrCat("there is no operator '", peer.id->name(), "'; ask for an invitation"));
  }
  const OperatorRecord& record = found->second.record;
  if (record.revoked) {
    return trust::Refuse(v1::Refusal::REVOKED,
                         absl::StrCat("operator '", record.name, "' was revoked"));
  }
  if (record.keys.current != peer.spki_digest && record.keys.next != peer.spki_digest) {
    return trust::Refuse(v1::Refusal::UNRECORDED_KEY,
                         absl::StrCat("this certificate's key is not recorded for operator '",
                                      record.name, "'; log in again with a new invitation"));
  }
  found->second.last_seen = now;
  return record;
}

void OperatorIndex::Apply(const OperatorRecord& record) {
  absl::MutexLock lock(&mutex_);
  operators_[record.name].record = record;
}

std::vector<OperatorIndex::Known> OperatorIndex::All() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Known> all;
  all.reserve(operators_.size());
  for (const auto& [name, known] : operators_) all.push_back(known);
  return all;
}

absl::StatusOr<OperatorIndex::Known> OperatorIndex::Find(absl::string_view name) const {
  absl::MutexLock lock(&mutex_);
  const auto found = operators_.find(name);
  if (found == operators_.end()) {
    return trust::Refuse(v1::Refusal::NOT_FOUND,
                         absl::StrCat("there is no operator '", base::Escaped(name, 64),
                                      "'; see migctl operator list"));
  }
  return found->second;
}

}  // namespace mig::coordinator
