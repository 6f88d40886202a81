#include "sim/live/preparation.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "coordinator/handlers/testing/driven_coordinator.h"
#include "coordinator/handlers/testing/operators.h"
#include "loader/transport/grpc_log.h"
#include "sim/live/resources.h"
#include "trust/pem.h"
#include "trust/testing/test_authority.h"

namespace mig::sim {

namespace {

using coordinator::testing::DrivenCoordinator;
using coordinator::testing::Operators;

// Signed times are fixed before the work begins whose end they must not precede: so much is allowed
// for it, and again twice as much when it was too little.
constexpr absl::Duration kLead = absl::Milliseconds(1'500);
constexpr absl::Duration kLeadPerHost = absl::Milliseconds(3);
constexpr int kTries = 4;
// For what is not a connection.
constexpr uint64_t kOtherFiles = 512;
constexpr uint64_t kFilesPerHost = 4;

absl::StatusOr<std::string> ProgramAt(const std::string& named) {
  std::error_code error;
  const std::string path = std::filesystem::absolute(named, error).string();
  if (named.empty() || error || access(path.c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat("no coordinator's program at '", named,
                     "'; build it (bazel build //coordinator:mig-coordinator), or name it"));
  }
  return path;
}

absl::Status ReservePorts(LiveStage& stage) {
  for (int i = 0; i < 3; ++i) {
    MIG_ASSIGN_OR_RETURN(ReservedPort port, ReservedPort::Any());
    stage.ports.push_back(std::move(port));
  }
  return absl::OkStatus();
}

absl::Status MakeWorld(const Scenario& scenario, uint64_t seed, LiveStage& stage) {
  // As trust::testing::TestAuthority has it by default, and so the documents.
  const std::string trust_domain = trust::testing::TestAuthorityOptions().trust_domain;
  const CoordinatorPorts ports = {.loaders = stage.ports[0].number(),
                                  .enrollment = stage.ports[1].number(),
                                  .operators = stage.ports[2].number()};
  const std::string directory = base::JoinPath(stage.directory->path(), "coordinator");
  MIG_ASSIGN_OR_RETURN(stage.home, CoordinatorHome::Make(stage.disk, stage.random,
                                                         {.directory = directory,
                                                          .trust_domain = trust_domain,
                                                          .ports = ports,
                                                          .start = stage.start}));
  MIG_ASSIGN_OR_RETURN(
      stage.world, World::Make(scenario, {.seed = seed,
                                          .start = stage.start,
                                          .domain = stage.home->domain(),
                                          .coordinator = stage.home->Endpoint(ports.loaders),
                                          .enrollment = stage.home->Endpoint(ports.enrollment)}));
  stage.witness = std::make_unique<Witness>(*stage.world, *stage.real);
  stage.network.emplace(LiveNetwork{.clock = *stage.clock,
                                    .tls13 = *stage.tls13,
                                    .tally = stage.tally,
                                    .witness = *stage.witness,
                                    .trust_domain = trust_domain});
  stage.fleet.emplace(*stage.world, *stage.network);
  return absl::OkStatus();
}

loader::GrpcTransportOptions ConnectionOf(const LiveStage& stage, const Operators::Login& login) {
  std::string server_cas;
  for (const std::string& der : stage.home->domain().server_cas) {
    absl::StrAppend(&server_cas, trust::EncodePem("CERTIFICATE", der));
  }
  return {.endpoint = stage.home->Endpoint(stage.ports[2].number()),
          .trust_domain = stage.network->trust_domain,
          .server_cas_pem = server_cas,
          .identity = loader::GrpcTransportOptions::ClientIdentity{
              .private_key_pem = login.private_key_pem,
              .certificate_chain_pem = login.certificate_chain_pem}};
}

// Before the coordinator's program has the store.
absl::Status WorkOfOperators(const Scenario& scenario, const LiveOptions& options,
                             LiveStage& stage) {
  return stage.home->Work(
      stage.world->documents(),
      [&](DrivenCoordinator& coordinator, Operators& operators) -> absl::Status {
        stage.operators = ConnectionOf(stage, operators.login());
        MIG_RETURN_IF_ERROR(PublishAll(stage.world->documents(), stage.start, operators));
        MIG_ASSIGN_OR_RETURN(const trust::Token token, operators.NewToken(scenario.hosts));
        stage.fleet->GiveToken(token);
        return stage.fleet->EnrollNow(scenario.certificates, token, coordinator,
                                      [&options] { return options.IsAskedToStop(); });
      });
}

absl::Status StartProgram(const std::string& program, const LiveOptions& options,
                          LiveStage& stage) {
  stage.coordinator.emplace(*stage.real,
                            CoordinatorProcess::Options{
                                .program = program,
                                .config = stage.home->ConfigFile(),
                                .log = base::JoinPath(stage.directory->path(), "coordinator.log")});
  MIG_RETURN_IF_ERROR(stage.coordinator->Start());
  return stage.coordinator->AwaitServing([&options] { return options.IsAskedToStop(); });
}

absl::StatusOr<std::unique_ptr<LiveStage>> Try(const Scenario& scenario, const LiveOptions& options,
                                               const std::string& program, absl::Duration lead) {
  auto stage = std::make_unique<LiveStage>();
  stage->tls13 = loader::Tls13Required::InThisProcess();
  MIG_ASSIGN_OR_RETURN(stage->real, base::SystemClock::Open());
  stage->clock = std::make_unique<LiveClock>(*stage->real);
  // Whole milliseconds, as the documents have it.
  stage->start = absl::FromUnixMillis(absl::ToUnixMillis(stage->real->WallNow() + lead));
  MIG_ASSIGN_OR_RETURN(ScratchDirectory directory, ScratchDirectory::Make());
  stage->directory.emplace(std::move(directory));
  MIG_RETURN_IF_ERROR(ReservePorts(*stage));
  MIG_RETURN_IF_ERROR(MakeWorld(scenario, options.seed, *stage));
  MIG_RETURN_IF_ERROR(WorkOfOperators(scenario, options, *stage));
  MIG_RETURN_IF_ERROR(StartProgram(program, options, *stage));
  return stage;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveStage>> Prepare(const Scenario& scenario,
                                                   const LiveOptions& options) {
  loader::QuietGrpc();
  MIG_ASSIGN_OR_RETURN(const std::string program, ProgramAt(options.coordinator_program));
  MIG_RETURN_IF_ERROR(AllowOpenFiles(kOtherFiles + kFilesPerHost * scenario.hosts));
  absl::Duration lead = kLead + kLeadPerHost * scenario.hosts;
  for (int i = 0; i < kTries; ++i) {
    MIG_ASSIGN_OR_RETURN(std::unique_ptr<LiveStage> stage, Try(scenario, options, program, lead));
    const absl::Duration late = stage->real->WallNow() - stage->start;
    if (late < absl::ZeroDuration()) return stage;
    lead = std::max(2 * lead, (lead + late) * 3 / 2);
  }
  return absl::InternalError(absl::StrCat("this machine did not make ", scenario.hosts,
                                          " hosts ready within ", absl::FormatDuration(lead),
                                          "; take fewer hosts, or more of the machine"));
}

}  // namespace mig::sim
