// What has been verified has another type than what has not, so the compiler asks for the check.

#ifndef MIG_TRUST_VERIFIED_H_
#define MIG_TRUST_VERIFIED_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "trust/assignment.h"
#include "trust/document_type.h"
#include "trust/envelope.h"
#include "trust/ids.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/root.h"

namespace mig::trust {

// A document whose signatures and common head held under some root at some time; made only by this
// file's functions. Immutable; moving is cheap. After another root was accepted, verify again.
template <typename T>
class Verified {
 public:
  const T& operator*() const { return document_; }
  const T* operator->() const { return &document_; }
  // SHA-256 of the payload.
  const base::Digest& digest() const { return digest_; }
  // The envelope as it came, byte for byte: what is stored and handed on.
  const std::string& envelope() const { return envelope_; }
  // The keys of its role that signed, sorted; for a successor root those of its own root role.
  const std::vector<KeyId>& signers() const { return signers_; }

 private:
  friend class Verifier;
  Verified(T document, const base::Digest& digest, std::string envelope, std::vector<KeyId> signers)
      : document_(std::move(document)),
        digest_(digest),
        envelope_(std::move(envelope)),
        signers_(std::move(signers)) {}

  T document_;
  base::Digest digest_;
  std::string envelope_;
  std::vector<KeyId> signers_;
};

// Verifies a manifest, plan, assignment or head (T) under `root`. All go through one function and
// one table (document_type.h): bounds, payload type, signatures of the role at its threshold, only
// then the payload: format, critical features, its own rules; trust domain; issued before the
// root's expiry. A plan with `emergency` needs the emergency threshold.
// What depends on the host, the clock or other documents is judged elsewhere: trust/times.h,
// trust/seen.h, trust/assignment_check.h, rollout/.
//
// Errors (trust::RefusalOf): MALFORMED BOUND PAYLOAD_TYPE SIGNATURES UNSUPPORTED TRUST_DOMAIN
// ISSUED_TIME. The message names the document and, where known, the field.
template <typename T>
absl::StatusOr<Verified<T>> Verify(absl::string_view envelope, const Verified<Root>& root);

extern template absl::StatusOr<Verified<Manifest>> Verify(absl::string_view, const Verified<Root>&);
extern template absl::StatusOr<Verified<Plan>> Verify(absl::string_view, const Verified<Root>&);
extern template absl::StatusOr<Verified<Assignment>> Verify(absl::string_view,
                                                            const Verified<Root>&);
extern template absl::StatusOr<Verified<Head>> Verify(absl::string_view, const Verified<Root>&);

// The root that trust begins with (from the loader's package, a context, or a file that a person
// compared): verified under its own root role only. Its origin is what vouches for it.
absl::StatusOr<Verified<Root>> VerifyFirstRoot(absl::string_view envelope);

// The successor of `current`: its root role's threshold, and the new one's own; version one higher
// (ROOT_VERSION), the same trust domain. `current` may have expired.
absl::StatusOr<Verified<Root>> VerifyNextRoot(absl::string_view envelope,
                                              const Verified<Root>& current);

// What a person who is about to sign needs: that a payload, signed by nobody yet, would be accepted
// under `root` once it is signed. Of a Root: that it follows `root`.
absl::Status CheckSignable(const Envelope& envelope, const Verified<Root>& root);

}  // namespace mig::trust

#endif  // MIG_TRUST_VERIFIED_H_
