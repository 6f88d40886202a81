// Who trusts whom in a world: three people's keys, 2 of 3 for each role, the offline CA, the first
// root, all made by the real programs as docs/protocol.md and the screens say.

#ifndef MIG_TESTS_HARNESS_CEREMONY_H_
#define MIG_TESTS_HARNESS_CEREMONY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/harness/operator.h"
#include "tests/harness/world.h"

namespace mig::tests {

inline constexpr char kTrustDomain[] = "demo.example";
inline constexpr char kProduct[] = "agent";

class Ceremony {
 public:
  // `world` is borrowed.
  explicit Ceremony(const World& world) : world_(world) {}

  // Files of private keys, each person's: "ana", "bo", "cy".
  std::string KeyOf(const std::string& person, const std::string& role) const;
  std::vector<std::string> KeysOf(const std::vector<std::string>& people,
                                  const std::string& role) const;
  std::string root() const { return world_.Path("coordinator/root-1"); }
  // What opens all of the keys.
  std::string passphrase_file() const { return world_.Path("passphrase"); }
  std::string coordinator_directory() const { return world_.Path("coordinator"); }

  // All of it, in order: the parts below.
  absl::Status HoldAll() const;

  // `mig-coordinator init`, keys of the three for root, release and rollout.
  absl::Status MakeKeys() const;
  // The offline CA, and the server's certificate by it.
  absl::Status MakeServerCertificate() const;
  // Root 1: nobody has signed it yet.
  absl::Status MakeRoot() const;
  absl::StatusOr<CommandResult> SignRoot(const std::string& person) const;

 private:
  const World& world_;
};

// The operator's first login and context, and one token for hosts in the file `token`.
absl::Status LogIn(const Operator& migctl, const std::string& coordinator_directory,
                   const std::string& operators_endpoint, const std::string& enrollment_endpoint,
                   const std::string& ca_file, const std::string& root_file);

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_CEREMONY_H_
