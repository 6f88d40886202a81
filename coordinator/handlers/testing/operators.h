// What operators do with a coordinator, in one call each: through its handlers, with every role.

#ifndef MIG_COORDINATOR_HANDLERS_TESTING_OPERATORS_H_
#define MIG_COORDINATOR_HANDLERS_TESTING_OPERATORS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/random.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/testing/driven_coordinator.h"
#include "coordinator/store/operator_record.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "trust/testing/test_authority.h"
#include "trust/token/token.h"

namespace mig::coordinator::testing {

// One thread at a time. Errors are the handlers' and the store's.
class Operators {
 public:
  // All borrowed. `authority` signs what is published; `random` makes keys and secrets.
  // The first operator, "admin", comes in here, with every role; again under the same name where
  // it was before.
  static absl::StatusOr<Operators> Begin(DrivenCoordinator& coordinator,
                                         const trust::testing::TestAuthority& authority,
                                         base::Random& random);

  // Another one, with these roles and a key of its own.
  struct Login {
    std::string private_key_pem;
    std::string certificate_chain_pem;
    Peer peer;
  };
  absl::StatusOr<Login> FirstLogin(absl::string_view name, RoleBits roles);
  const Login& login() const { return admin_; }
  const Peer& admin() const { return admin_.peer; }

  // Stores a content. Its digest.
  absl::StatusOr<base::Digest> PutContent(absl::string_view bytes);
  // A serialised envelope of a root, manifest or plan.
  absl::Status PutDocument(absl::string_view envelope);
  // Signs and uploads.
  absl::Status Publish(const v1::Manifest& manifest);
  absl::Status PutPlan(const v1::Plan& plan);
  // The same, and starts it.
  absl::Status StartPlan(const v1::Plan& plan);
  // One that was put.
  absl::Status StartRollout(absl::string_view plan_name, const base::Digest& plan_digest);
  absl::Status Halt(absl::string_view plan_name);

  absl::StatusOr<trust::Token> NewToken(uint32_t uses, bool manual_approval = false);

 private:
  Operators(DrivenCoordinator& coordinator, const trust::testing::TestAuthority& authority,
            base::Random& random)
      : coordinator_(coordinator), authority_(authority), random_(random) {}

  DrivenCoordinator& coordinator_;
  const trust::testing::TestAuthority& authority_;
  base::Random& random_;
  Login admin_;
};

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_HANDLERS_TESTING_OPERATORS_H_
