// A root from what people said on the command line, or from the root before it.

#ifndef MIG_CTL_DOCUMENTS_MAKE_ROOT_H_
#define MIG_CTL_DOCUMENTS_MAKE_ROOT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "ctl/keys/key_store.h"
#include "trust/envelope.h"
#include "trust/root.h"

namespace mig::ctl {

struct RootSpec {
  std::string trust_domain;
  uint64_t version = 1;
  absl::Time issued;
  absl::Time expires;
  RoleKeys root;
  RoleKeys release;
  // An emergency threshold that was not said is one more than the threshold, where there is a key
  // for it.
  RoleKeys rollout;
  RoleKeys online;
  std::vector<trust::RootProduct> products;
  std::vector<trust::RootStream> streams;
  trust::PlanRules rules;
  std::vector<std::string> server_cas;  // X.509 DER
  std::vector<base::Digest> loader_ca_spki_digests;
  std::vector<base::Digest> operator_ca_spki_digests;
};

// What a new root begins with: no keys, the plan rules of base/sizes.h.
RootSpec NewRootSpec();
// The successor's beginning: everything as `root` has it, the version one higher.
RootSpec SuccessorSpec(const trust::Root& root);

// Sorts what has to be sorted; nobody has signed it yet. Errors as trust::Root::Parse: what this
// gives parses.
absl::StatusOr<trust::Envelope> MakeRoot(const RootSpec& spec);

}  // namespace mig::ctl

#endif  // MIG_CTL_DOCUMENTS_MAKE_ROOT_H_
