// Steps 1 to 3: who trusts whom.

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "proto/mig/v1/admin_people.pb.h"
#include "tests/demo/steps.h"
#include "trust/document_type.h"
#include "trust/envelope.h"

namespace mig::tests {

namespace {

absl::StatusOr<size_t> SignaturesOf(const std::string& file, trust::DocumentType type) {
  MIG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  MIG_ASSIGN_OR_RETURN(const trust::Envelope envelope, trust::Envelope::Parse(bytes, type));
  return envelope.signatures().size();
}

// Signing keys below the coordinator's directory, by file name.
std::vector<std::string> SigningKeysIn(const std::string& directory) {
  std::vector<std::string> keys;
  for (const std::string& path : FilesBelow(directory)) {
    const absl::StatusOr<std::string> text = ReadFile(path);
    // Both armours of trust/key_file.h.
    if (!text.ok() || !absl::StrContains(*text, "MIG")) continue;
    if (!absl::StrContains(*text, "BEGIN MIG ")) continue;
    keys.push_back(std::filesystem::path(path).filename().string());
  }
  return keys;
}

absl::StatusOr<CommandResult> CheckConfig(const Stage& stage) {
  return stage.world.Run({stage.world.programs().coordinator, "--config",
                          stage.coordinator->config(), "--check-config"});
}

}  // namespace

absl::StatusOr<std::string> KeyCeremony(Stage& stage) {
  const Ceremony& ceremony = stage.ceremony;
  MIG_RETURN_IF_ERROR(ceremony.MakeKeys());
  MIG_RETURN_IF_ERROR(ceremony.MakeServerCertificate());
  MIG_RETURN_IF_ERROR(ceremony.MakeRoot());
  MIG_ASSIGN_OR_RETURN(stage.coordinator,
                       Coordinator::In(stage.world, ceremony.coordinator_directory()));

  MIG_RETURN_IF_ERROR(ceremony.SignRoot("ana").status());
  MIG_ASSIGN_OR_RETURN(const CommandResult too_early, CheckConfig(stage));
  if (too_early.exit_status != 2) {
    return NotSo("a root with one signature to be refused with 2", too_early.ToString());
  }
  MIG_RETURN_IF_ERROR(ceremony.SignRoot("bo").status());
  MIG_RETURN_IF_ERROR(CheckExit(CheckConfig(stage), 0));

  MIG_ASSIGN_OR_RETURN(const size_t signatures,
                       SignaturesOf(ceremony.root(), trust::DocumentType::kRoot));
  if (signatures != 2) return NotSo("2 signatures in root-1", absl::StrCat(signatures));
  const std::vector<std::string> keys = SigningKeysIn(ceremony.coordinator_directory());
  if (keys != std::vector<std::string>{"online.key"}) {
    return NotSo("only online.key to be the coordinator's", absl::StrJoin(keys, " "));
  }
  return absl::StrCat(
      "root 1 signed by ana-root, bo-root; with one signature it was refused; 9 keys are in "
      "people's hands, the coordinator has online.key");
}

absl::StatusOr<std::string> CoordinatorUp(Stage& stage) {
  MIG_RETURN_IF_ERROR(stage.coordinator->Start());
  const Coordinator& coordinator = *stage.coordinator;
  std::error_code error;
  const std::string program =
      std::filesystem::read_symlink(absl::StrCat("/proc/", coordinator.pid(), "/exe"), error);
  if (program != stage.world.programs().coordinator) {
    return NotSo(absl::StrCat("process ", coordinator.pid(), " to be the coordinator"), program);
  }
  const std::string page = coordinator.Metrics();
  if (!absl::StrContains(page, "mig_hosts 0")) {
    return NotSo("metrics with mig_hosts 0", page.substr(0, 200));
  }
  const CoordinatorPorts& ports = coordinator.ports();
  return absl::StrCat("pid ", coordinator.pid(), " serves loaders :", ports.loaders,
                      " enrollment :", ports.enrollment, " operators :", ports.operators,
                      " metrics :", ports.metrics, " (0 hosts)");
}

absl::StatusOr<std::string> Enrollment(Stage& stage) {
  const Coordinator& coordinator = *stage.coordinator;
  MIG_RETURN_IF_ERROR(LogIn(stage.ana, coordinator.directory(),
                            LoopbackEndpoint(coordinator.ports().operators),
                            LoopbackEndpoint(coordinator.ports().enrollment),
                            stage.world.Path("keys/servers-ca.pem"), stage.ceremony.root()));
  MIG_ASSIGN_OR_RETURN(stage.desk_one,
                       LoaderHost::Make(stage.world, coordinator.ports(), kTrustDomain,
                                        stage.ceremony.root(), {.name = "one"}));
  const LoaderHost& desk = *stage.desk_one;
  MIG_RETURN_IF_ERROR(desk.Run(3));  // nobody yet

  const std::string token = stage.world.Path("host.token");
  MIG_RETURN_IF_ERROR(stage.ana.Do({"enroll", "token", "new", "--out", token}).status());
  MIG_RETURN_IF_ERROR(desk.Do({"enroll", "--token-file", token}).status());

  struct stat identity = {};
  const std::string pem = desk.Path("state/identity/host.pem");
  if (lstat(pem.c_str(), &identity) != 0 || (identity.st_mode & 07777) != 0600) {
    return NotSo(pem + " with mode 0600", Describe(pem));
  }
  MIG_ASSIGN_OR_RETURN(const auto hosts,
                       stage.ana.AskList<v1::ListHostsAnswer>({"host", "list"}, "hosts"));
  if (hosts.hosts_size() != 1) return NotSo("one host", absl::StrCat(hosts.hosts_size()));
  stage.desk_one_id = hosts.hosts(0).id();
  MIG_ASSIGN_OR_RETURN(const auto tokens, stage.ana.AskList<v1::ListTokensAnswer>(
                                              {"enroll", "token", "list"}, "tokens"));
  if (tokens.tokens_size() != 1 || tokens.tokens(0).used() != 1) {
    return NotSo("a token that was used once", tokens.ShortDebugString());
  }
  return absl::StrCat("host ", stage.desk_one_id.substr(0, 8), " (", hosts.hosts(0).hostname(),
                      "), its key is ", Describe(pem).substr(0, 4), " in its own state; token 1/",
                      tokens.tokens(0).uses(), " used; before, run ended with 3");
}

}  // namespace mig::tests
