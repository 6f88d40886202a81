#include "coordinator/handlers/issue/online_signer.h"

#include <utility>

#include "base/status_macros.h"
#include "proto/mig/v1/assignment.pb.h"
#include "trust/document_type.h"
#include "trust/envelope.h"

namespace mig::coordinator {
namespace {

absl::StatusOr<std::string> Sign(const trust::Signer& key, trust::DocumentType type,
                                 std::string payload) {
  MIG_ASSIGN_OR_RETURN(trust::Envelope envelope,
                       trust::Envelope::Unsigned(type, std::move(payload)));
  MIG_RETURN_IF_ERROR(envelope.Sign(key));
  return envelope.Serialize();
}

}  // namespace

absl::StatusOr<std::string> OnlineSigner::SignAssignment(absl::string_view trust_domain,
                                                         const AssignmentContents& contents) const {
  v1::Assignment assignment;
  assignment.set_format(1);
  assignment.set_trust_domain(std::string(trust_domain));
  assignment.set_issued_ms(absl::ToUnixMillis(contents.issued));
  assignment.set_host_id(std::string(contents.host.bytes()));
  assignment.set_nonce(std::string(contents.nonce.bytes()));
  for (const trust::AssignmentItem& item : contents.items) {
    v1::AssignmentItem* added = assignment.add_items();
    added->set_product(item.product);
    added->set_manifest_digest(std::string(item.manifest.bytes()));
    added->set_variant(item.variant);
    if (item.plan.has_value()) added->set_plan_digest(std::string(item.plan->bytes()));
  }
  assignment.set_lifetime_ms(absl::ToInt64Milliseconds(contents.lifetime));
  assignment.set_next_hint_ms(absl::ToInt64Milliseconds(contents.next_hint));
  assignment.set_ticket(contents.ticket);
  return Sign(key_, trust::DocumentType::kAssignment, assignment.SerializeAsString());
}

absl::StatusOr<std::string> OnlineSigner::Head(absl::string_view trust_domain, const StoreId& store,
                                               const trust::HeadPosition& position,
                                               absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration age = now - head_signed_;
  const bool went_on = position != head_position_ && age >= kHeadSignedAtMostEvery;
  // A clock that was set back must not keep an old head alive.
  const bool is_due = age >= kHeadSignedAtLeastEvery || age < absl::ZeroDuration();
  if (!head_.empty() && !went_on && !is_due) return head_;

  v1::Head head;
  head.set_format(1);
  head.set_trust_domain(std::string(trust_domain));
  head.set_issued_ms(absl::ToUnixMillis(now));
  head.set_store_id(std::string(store.bytes()));
  head.set_generation(position.generation);
  head.set_sequence(position.sequence);
  MIG_ASSIGN_OR_RETURN(head_, Sign(key_, trust::DocumentType::kHead, head.SerializeAsString()));
  head_position_ = position;
  head_signed_ = now;
  return head_;
}

}  // namespace mig::coordinator
