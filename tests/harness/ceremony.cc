#include "tests/harness/ceremony.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

constexpr const char* kPeople[] = {"ana", "bo", "cy"};
constexpr const char* kRoles[] = {"root", "release", "rollout"};

}  // namespace

std::string Ceremony::KeyOf(const std::string& person, const std::string& role) const {
  return world_.Path(absl::StrCat("keys/", person, "-", role, ".key"));
}

std::vector<std::string> Ceremony::KeysOf(const std::vector<std::string>& people,
                                          const std::string& role) const {
  std::vector<std::string> keys;
  for (const std::string& person : people) keys.push_back(KeyOf(person, role));
  return keys;
}

absl::Status Ceremony::MakeKeys() const {
  MIG_RETURN_IF_ERROR(WriteFile(passphrase_file(), "a passphrase of the demo, no secret\n", 0600));
  MIG_RETURN_IF_ERROR(MakeDirectory(world_.Path("keys"), 0700));
  MIG_RETURN_IF_ERROR(world_
                          .RunWell({world_.programs().coordinator, "init", coordinator_directory(),
                                    "--operator", "ana", "--trust-domain", kTrustDomain})
                          .status());
  const Operator migctl(world_, passphrase_file());
  for (const char* const person : kPeople) {
    for (const char* const role : kRoles) {
      MIG_RETURN_IF_ERROR(migctl
                              .Do({"key", "new", "--name", absl::StrCat(person, "-", role), "--out",
                                   KeyOf(person, role)})
                              .status());
    }
  }
  return absl::OkStatus();
}

absl::Status Ceremony::MakeServerCertificate() const {
  const Operator migctl(world_, passphrase_file());
  const std::string ca = world_.Path("keys/servers-ca");
  MIG_RETURN_IF_ERROR(migctl.Do({"ca", "new", "--out", ca}).status());
  return migctl
      .Do({"ca", "issue", "--ca-cert", ca + ".pem", "--ca-key", ca + ".key", "--csr",
           coordinator_directory() + "/server.csr", "--dns", "localhost", "--ip", "127.0.0.1",
           "--trust-domain", kTrustDomain, "--out", coordinator_directory() + "/server.pem"})
      .status();
}

absl::Status Ceremony::MakeRoot() const {
  std::vector<std::string> words = {"root",         "new",    "--trust-domain",  kTrustDomain,
                                    "--product",    kProduct, "--stream",        "main",
                                    "--least-soak", "1ms",    "--largest-share", "100%"};
  for (const char* const role : kRoles) {
    std::vector<std::string> keys;
    for (const char* const person : kPeople) keys.push_back(KeyOf(person, role) + ".pub");
    words.insert(words.end(), {absl::StrCat("--", role), absl::StrJoin(keys, ",") + ":2"});
  }
  const std::string directory = coordinator_directory();
  words.insert(words.end(),
               {"--online", directory + "/online.key.pub:1", "--server-ca",
                world_.Path("keys/servers-ca.pem"), "--loader-ca", directory + "/loaders-ca.pem",
                "--operator-ca", directory + "/operators-ca.pem", "--out", root()});
  return Operator(world_, passphrase_file()).Do(words).status();
}

absl::StatusOr<CommandResult> Ceremony::SignRoot(const std::string& person) const {
  return Operator(world_, passphrase_file())
      .Do({"root", "sign", root(), "--key", KeyOf(person, "root")});
}

absl::Status Ceremony::HoldAll() const {
  MIG_RETURN_IF_ERROR(MakeKeys());
  MIG_RETURN_IF_ERROR(MakeServerCertificate());
  MIG_RETURN_IF_ERROR(MakeRoot());
  MIG_RETURN_IF_ERROR(SignRoot("ana").status());
  return SignRoot("bo").status();
}

absl::Status LogIn(const Operator& migctl, const std::string& coordinator_directory,
                   const std::string& operators_endpoint, const std::string& enrollment_endpoint,
                   const std::string& ca_file, const std::string& root_file) {
  MIG_RETURN_IF_ERROR(
      migctl
          .Do({"context", "set", "here", "--endpoint", operators_endpoint, "--enrollment",
               enrollment_endpoint, "--ca", ca_file, "--root", root_file, "--use"})
          .status());
  return migctl.Do({"login", "--token-file", coordinator_directory + "/operator.token"}).status();
}

}  // namespace mig::tests
