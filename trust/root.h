// Root: which keys hold which role, and the bounds that every other document keeps. Here as a value
// that cannot be wrong; whether it is *trusted* is trust/verify.h's and trust/root_chain.h's.

#ifndef MIG_TRUST_ROOT_H_
#define MIG_TRUST_ROOT_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "trust/document_head.h"
#include "trust/document_type.h"
#include "trust/public_key.h"

namespace mig::trust {

struct RoleKey {
  std::string name;
  PublicKey key;
};

struct Role {
  RoleKind kind = RoleKind::kRoot;
  uint32_t threshold = 0;            // 1 to the number of keys
  uint32_t emergency_threshold = 0;  // rollout only, else 0
  std::vector<RoleKey> keys;         // sorted by key id, each once
};

struct RootProduct {
  std::string product;
  uint64_t epoch = 0;
  uint64_t floor = 0;  // 0: none
  std::vector<base::Digest> withdrawn;
};

struct RootStream {
  std::string stream;
  uint64_t epoch = 0;
};

struct PlanRules {
  absl::Duration least_soak;
  uint32_t largest_share_ppm = 0;
  absl::Duration longest_life;
  absl::Duration longest_baseline;
  absl::Duration max_plan_age;
};

// Immutable; copies are cheap enough for once a run, else share it behind a pointer.
class Root {
 public:
  // Reads a payload and checks all that can be checked without knowing who signed: format, bounds,
  // order, grammar, mandatory fields, keys, one role for each key, issued before expires.
  // Errors: UNSUPPORTED another format or a critical feature; BOUND; MALFORMED all else, naming
  // the field.
  static absl::StatusOr<Root> Parse(absl::string_view payload);

  const DocumentHead& head() const { return head_; }
  uint64_t version() const { return version_; }
  const Role& role(RoleKind kind) const;
  const std::vector<RootProduct>& products() const { return products_; }
  const std::vector<RootStream>& streams() const { return streams_; }
  // Null if the root does not have it.
  const RootProduct* product(absl::string_view name) const;
  const RootStream* stream(absl::string_view name) const;
  const PlanRules& plan_rules() const { return plan_rules_; }
  // X.509 DER; whether they parse is for who builds a TLS context.
  const std::vector<std::string>& server_ca_certificates() const { return server_cas_; }
  const std::vector<base::Digest>& loader_ca_spki_digests() const { return loader_cas_; }
  const std::vector<base::Digest>& operator_ca_spki_digests() const { return operator_cas_; }
  absl::Time expires() const { return expires_; }

  // One person alone can replace it: every screen says "TRIAL ROOT 1 of 1".
  bool IsTrial() const;

 private:
  Root() = default;

  DocumentHead head_;
  uint64_t version_ = 0;
  std::array<Role, 4> roles_;
  std::vector<RootProduct> products_;
  std::vector<RootStream> streams_;
  PlanRules plan_rules_;
  std::vector<std::string> server_cas_;
  std::vector<base::Digest> loader_cas_;
  std::vector<base::Digest> operator_cas_;
  absl::Time expires_;
};

}  // namespace mig::trust

#endif  // MIG_TRUST_ROOT_H_
