// A key ceremony for tests: the same keys and root each time.

#ifndef MIG_CTL_DOCUMENTS_TESTING_CEREMONY_H_
#define MIG_CTL_DOCUMENTS_TESTING_CEREMONY_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "ctl/documents/make_root.h"
#include "trust/key_file.h"
#include "trust/signing_key.h"
#include "trust/verified.h"

namespace mig::ctl::testing {

// 2026-01-01 00:00 UTC.
inline absl::Time CeremonyTime() { return absl::FromUnixSeconds(1767225600); }

// The key of this name; the same for the same name.
inline trust::NamedSigningKey KeyNamed(const std::string& name) {
  base::testing::SeededRandom random(base::testing::Seed(1).For(name));
  return {name, trust::SigningKey::Generate(random)};
}

inline RoleKeys RoleOf(const std::vector<std::string>& names, uint32_t threshold) {
  RoleKeys role;
  for (const std::string& name : names) {
    role.keys.push_back({name, KeyNamed(name).key.public_key()});
  }
  role.threshold = threshold;
  return role;
}

// Root ana bo cy 2 of 3, release r1 r2 2 of 2, rollout o1 o2 o3 2 of 3, online co.
inline RootSpec CeremonySpec() {
  RootSpec spec = NewRootSpec();
  spec.trust_domain = "corp.example";
  spec.issued = CeremonyTime();
  spec.expires = CeremonyTime() + absl::Hours(24 * 365);
  spec.root = RoleOf({"ana-root", "bo-root", "cy-root"}, 2);
  spec.release = RoleOf({"r1", "r2"}, 2);
  spec.rollout = RoleOf({"o1", "o2", "o3"}, 2);
  spec.online = RoleOf({"co"}, 1);
  spec.products = {{"agent"}, {"loader"}};
  spec.streams = {{"main"}};
  spec.server_cas = {"bytes of a certificate"};
  spec.loader_ca_spki_digests = {base::Sha256().Add("loaders").Finish()};
  spec.operator_ca_spki_digests = {base::Sha256().Add("operators").Finish()};
  return spec;
}

inline trust::Envelope Signed(trust::Envelope envelope, const std::vector<std::string>& names) {
  for (const std::string& name : names) MIG_CHECK(envelope.Sign(KeyNamed(name).key).ok());
  return envelope;
}

inline trust::Verified<trust::Root> CeremonyRoot() {
  auto root = MakeRoot(CeremonySpec());
  MIG_CHECK(root.ok()) << root.status();
  auto verified =
      trust::VerifyFirstRoot(Signed(*std::move(root), {"ana-root", "bo-root"}).Serialize());
  MIG_CHECK(verified.ok()) << verified.status();
  return *std::move(verified);
}

}  // namespace mig::ctl::testing

#endif  // MIG_CTL_DOCUMENTS_TESTING_CEREMONY_H_
