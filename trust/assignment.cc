#include "trust/assignment.h"

#include <utility>

#include "base/sizes.h"
#include "proto/mig/v1/assignment.pb.h"
#include "trust/fields.h"
#include "trust/names.h"
#include "trust/strict_message.h"

namespace mig::trust {

namespace {

absl::StatusOr<AssignmentItem> ReadItem(const v1::AssignmentItem& message, size_t index) {
  AssignmentItem item;
  if (!IsProductName(message.product())) {
    return MalformedField({"items", index, "product"}, "must be [a-z][a-z0-9-]{0,31}");
  }
  item.product = message.product();
  MIG_ASSIGN_OR_RETURN(item.manifest,
                       DigestField({"items", index, "manifest_digest"}, message.manifest_digest()));
  item.variant = message.variant();
  MIG_RETURN_IF_ERROR(
      CheckRange({"items", index, "variant"}, item.variant, 0, base::kMaxVariants - 1));
  if (!message.plan_digest().empty()) {
    MIG_ASSIGN_OR_RETURN(item.plan,
                         DigestField({"items", index, "plan_digest"}, message.plan_digest()));
  }
  return item;
}

}  // namespace

absl::StatusOr<Assignment> Assignment::Parse(absl::string_view payload) {
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "payload"}, payload.size(), 0, base::kMaxAssignmentBytes));
  v1::Assignment message;
  MIG_RETURN_IF_ERROR(ParseStrictly(payload, message));
  Assignment assignment;
  MIG_ASSIGN_OR_RETURN(assignment.head_, HeadOf(message));
  MIG_ASSIGN_OR_RETURN(assignment.host_id_, IdField<HostId>({"", 0, "host_id"}, message.host_id()));
  MIG_ASSIGN_OR_RETURN(assignment.nonce_, IdField<Nonce>({"", 0, "nonce"}, message.nonce()));
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "items"}, message.items_size(), 1, base::kMaxPlanItems));
  for (const v1::AssignmentItem& item : message.items()) {
    MIG_ASSIGN_OR_RETURN(AssignmentItem read, ReadItem(item, assignment.items_.size()));
    assignment.items_.push_back(std::move(read));
  }
  MIG_RETURN_IF_ERROR(CheckSorted({"", 0, "items"}, assignment.items_, [](const auto& item) {
    return absl::string_view(item.product);
  }));
  MIG_ASSIGN_OR_RETURN(assignment.lifetime_,
                       SpanField({"", 0, "lifetime_ms"}, message.lifetime_ms(),
                                 absl::Milliseconds(1), base::kMaxAssignmentLife));
  MIG_ASSIGN_OR_RETURN(assignment.next_hint_,
                       SpanField({"", 0, "next_hint_ms"}, message.next_hint_ms(),
                                 absl::ZeroDuration(), base::kMaxInterval));
  MIG_RETURN_IF_ERROR(
      CheckRange({"", 0, "ticket"}, message.ticket().size(), 0, base::kMaxTicketBytes));
  assignment.ticket_ = message.ticket();
  return assignment;
}

absl::StatusOr<Head> Head::Parse(absl::string_view payload) {
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "payload"}, payload.size(), 0, base::kMaxHeadBytes));
  v1::Head message;
  MIG_RETURN_IF_ERROR(ParseStrictly(payload, message));
  Head head;
  MIG_ASSIGN_OR_RETURN(head.head_, HeadOf(message));
  MIG_ASSIGN_OR_RETURN(head.store_id_, IdField<StoreId>({"", 0, "store_id"}, message.store_id()));
  head.position_ = {.generation = message.generation(), .sequence = message.sequence()};
  return head;
}

}  // namespace mig::trust
