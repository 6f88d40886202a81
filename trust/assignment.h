// What a coordinator's online key signs: an answer to one host's one request, and how much of its
// own history the coordinator knows. Neither can name anything that offline keys have not signed.

#ifndef MIG_TRUST_ASSIGNMENT_H_
#define MIG_TRUST_ASSIGNMENT_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "trust/document_head.h"
#include "trust/host_id.h"
#include "trust/ids.h"

namespace mig::trust {

struct AssignmentItem {
  std::string product;
  base::Digest manifest;
  uint32_t variant = 0;              // 0 to 31
  std::optional<base::Digest> plan;  // nothing: a repair of what is installed
};

class Assignment {
 public:
  // Reads a payload and checks all that can be checked without the request it answers.
  // Errors: UNSUPPORTED another format or a critical feature; BOUND; MALFORMED all else.
  static absl::StatusOr<Assignment> Parse(absl::string_view payload);

  const DocumentHead& head() const { return head_; }
  const HostId& host_id() const { return host_id_; }
  const Nonce& nonce() const { return nonce_; }
  const std::vector<AssignmentItem>& items() const { return items_; }  // 1 to 8
  absl::Duration lifetime() const { return lifetime_; }                // at most 60 s
  absl::Duration next_hint() const { return next_hint_; }              // zero: none
  const std::string& ticket() const { return ticket_; }                // may be empty

 private:
  Assignment() = default;

  DocumentHead head_;
  HostId host_id_;
  Nonce nonce_;
  std::vector<AssignmentItem> items_;
  absl::Duration lifetime_;
  absl::Duration next_hint_;
  std::string ticket_;
};

// How much history: generation first. Compares only within one store.
struct HeadPosition {
  uint64_t generation = 0;
  uint64_t sequence = 0;
  friend auto operator<=>(const HeadPosition&, const HeadPosition&) = default;
};

class Head {
 public:
  // As above.
  static absl::StatusOr<Head> Parse(absl::string_view payload);

  const DocumentHead& head() const { return head_; }
  const StoreId& store_id() const { return store_id_; }
  const HeadPosition& position() const { return position_; }

 private:
  Head() = default;

  DocumentHead head_;
  StoreId store_id_;
  HeadPosition position_;
};

}  // namespace mig::trust

#endif  // MIG_TRUST_ASSIGNMENT_H_
