// A whole trust domain for tests of any room: keys, roots, signed documents. The same each time.

#ifndef MIG_TRUST_TESTING_TEST_AUTHORITY_H_
#define MIG_TRUST_TESTING_TEST_AUTHORITY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "proto/mig/v1/assignment.pb.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "proto/mig/v1/root.pb.h"
#include "trust/document_type.h"
#include "trust/host_id.h"
#include "trust/ids.h"
#include "trust/key_file.h"
#include "trust/signing_key.h"
#include "trust/verified.h"

namespace mig::trust::testing {

// 2026-01-01 00:00:00 UTC, when base::testing::ManualClock begins.
inline absl::Time TestEpoch() { return absl::FromUnixSeconds(1767225600); }

// Values that are the same for the same number or label.
SigningKey TestKey(uint64_t number);
HostId TestHostId(uint64_t number);
Nonce TestNonce(uint64_t number);
RolloutId TestRolloutId(uint64_t number);
CohortSeed TestCohortSeed(uint64_t number);
base::Digest TestDigest(absl::string_view label);

// How many keys each role has and how many must sign.
struct RoleSize {
  uint32_t keys;
  uint32_t threshold;
  uint32_t emergency_threshold = 0;
};

struct TestAuthorityOptions {
  std::string trust_domain = "corp.example";
  RoleSize root = {3, 2};
  RoleSize release = {3, 2};
  RoleSize rollout = {3, 2, 3};
  RoleSize online = {1, 1};
  // Keys of another set than with 0, for strangers and successors.
  uint64_t key_set = 0;
};

// Keys and the messages to start from. Every Xxx() gives a message that is right in all it says;
// a test changes what it is about and signs it. All Sign functions give serialised envelopes.
//
//   TestAuthority authority;
//   v1::Manifest manifest = authority.Manifest("agent", 118, {{"agent", "bytes of it"}});
//   Verified<Manifest> verified = authority.Verified(manifest);
class TestAuthority {
 public:
  explicit TestAuthority(TestAuthorityOptions options = {});

  // Keys of a role, sorted by key id as the root lists them.
  const std::vector<NamedSigningKey>& keys(RoleKind role) const { return keys_.at(role); }

  // Version 1; issued TestEpoch(), expires 365 days later; products "agent" and "loader", stream
  // "main", all with epoch 0 and no floor; the usual plan rules, but one wave may
  // add the whole fleet; one server CA (bytes that
  // are no certificate), one digest of each client CA.
  v1::Root Root() const;
  // Issued TestEpoch() + 1 h; one variant with an empty filter, components from name to content.
  v1::Manifest Manifest(absl::string_view product, uint64_t sequence,
                        const std::map<std::string, std::string>& components) const;
  // Issued TestEpoch() + 2 h, stream "main"; one wave 0 to 1,000,000 ppm that opens at once
  // (not_before = first_issued), no ramp, no soak; expires after 30 d, baseline until 90 d.
  // `target` is a manifest's digest. Rollout id and seed follow from `sequence`.
  v1::Plan Plan(uint64_t sequence, absl::string_view product, const base::Digest& target) const;
  // Issued at `issued`, life 60 s, no items yet.
  v1::Assignment Assignment(const HostId& host, const Nonce& nonce, absl::Time issued) const;
  v1::Head Head(uint64_t generation, uint64_t sequence, absl::Time issued) const;

  // An envelope with the signatures of the first `signers` keys of the type's role; by default as
  // many as its threshold (a plan with `emergency`: the emergency threshold).
  std::string Sign(const v1::Root& root) const;
  std::string Sign(const v1::Manifest& manifest) const;
  std::string Sign(const v1::Plan& plan) const;
  std::string Sign(const v1::Assignment& assignment) const;
  std::string Sign(const v1::Head& head) const;
  std::string SignPayload(DocumentType type, absl::string_view payload, RoleKind role,
                          size_t signers) const;
  // `next`, by these root keys and by those of `successor`: a root that follows.
  std::string SignSuccessor(const v1::Root& next, const TestAuthority& successor) const;

  // Root() as what the world begins with, and documents verified under it. They must verify.
  const trust::Verified<trust::Root>& VerifiedRoot() const { return root_; }
  trust::Verified<trust::Root> VerifiedFirst(const v1::Root& root) const;
  trust::Verified<trust::Manifest> Verified(const v1::Manifest& manifest) const;
  trust::Verified<trust::Plan> Verified(const v1::Plan& plan) const;
  trust::Verified<trust::Assignment> Verified(const v1::Assignment& assignment) const;
  trust::Verified<trust::Head> Verified(const v1::Head& head) const;

 private:
  TestAuthorityOptions options_;
  std::map<RoleKind, std::vector<NamedSigningKey>> keys_;
  trust::Verified<trust::Root> root_;
};

}  // namespace mig::trust::testing

#endif  // MIG_TRUST_TESTING_TEST_AUTHORITY_H_
