// What the coordinator itself signs: assignments and heads, with its online key.

#ifndef MIG_COORDINATOR_HANDLERS_ISSUE_ONLINE_SIGNER_H_
#define MIG_COORDINATOR_HANDLERS_ISSUE_ONLINE_SIGNER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "coordinator/store/ids.h"
#include "trust/assignment.h"
#include "trust/ids.h"
#include "trust/signing_key.h"

namespace mig::coordinator {

// Everything that an assignment says, but the trust domain.
struct AssignmentContents {
  trust::HostId host;
  trust::Nonce nonce;
  absl::Time issued;
  std::vector<trust::AssignmentItem> items;  // 1 to 8, sorted by product
  absl::Duration lifetime;
  absl::Duration next_hint;
  std::string ticket;
};

// A head is signed again when history went on, but not more often than this.
inline constexpr absl::Duration kHeadSignedAtMostEvery = absl::Seconds(1);
// And this often anyway, so that its time says something.
inline constexpr absl::Duration kHeadSignedAtLeastEvery = absl::Minutes(5);

// Any thread may call.
class OnlineSigner {
 public:
  // `key` must outlive it.
  explicit OnlineSigner(const trust::Signer& key) : key_(key) {}

  OnlineSigner(const OnlineSigner&) = delete;
  OnlineSigner& operator=(const OnlineSigner&) = delete;

  const trust::PublicKey& public_key() const { return key_.public_key(); }

  // A serialised envelope.
  absl::StatusOr<std::string> SignAssignment(absl::string_view trust_domain,
                                             const AssignmentContents& contents) const;
  // The newest head there is: a serialised envelope, seldom signed. `position` is durable.
  absl::StatusOr<std::string> Head(absl::string_view trust_domain, const StoreId& store,
                                   const trust::HeadPosition& position, absl::Time now);

 private:
  const trust::Signer& key_;

  absl::Mutex mutex_;
  std::string head_ ABSL_GUARDED_BY(mutex_);
  trust::HeadPosition head_position_ ABSL_GUARDED_BY(mutex_);
  absl::Time head_signed_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ISSUE_ONLINE_SIGNER_H_
