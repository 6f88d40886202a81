#include "loader/cli/program.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "loader/config/dictionary.h"
#include "loader/enroll/enroll.h"
#include "loader/run/host.h"
#include "loader/run/recover_run.h"
#include "loader/run/run.h"
#include "loader/run/session/failure.h"
#include "loader/run/views/self_view.h"
#include "loader/run/views/status_view.h"
#include "trust/refusal.h"
#include "trust/token/token.h"

namespace mig::loader {

namespace {

using Verb = Command::Verb;

Answer Failed(const absl::Status& error) {
  const absl::Status status = WithWayOut(error);
  return {.screen = {.err = ErrorLine(status)}, .exit_code = static_cast<int>(ExitCodeOf(status))};
}

// Files that people write: whatever is wrong with one is theirs to put right.
Answer WrongFile(const absl::Status& status) {
  return {.screen = {.err = absl::StrCat("mig-loader: ", status.message(), "\n")},
          .exit_code = static_cast<int>(ExitCode::kUsage)};
}

Answer Ran(const RunResult& result, RunKind kind, const Command& command) {
  int exit_code = static_cast<int>(result.exit_code);
  if (result.exit_code == ExitCode::kOk && result.changed() && command.detailed_exit_code) {
    exit_code = static_cast<int>(ExitCode::kChanged);
  }
  return {.screen = ShowRun(result, kind, command.format), .exit_code = exit_code};
}

absl::StatusOr<trust::Token> ReadToken(base::FileSystem& disk, const std::string& path) {
  const absl::StatusOr<std::string> text = base::ReadWhole(disk, path, base::kMaxTokenBytes);
  if (!text.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--token-file: ", text.status().message(),
                     "; put there what migctl enroll token new printed, alone"));
  }
  absl::StatusOr<trust::Token> token = trust::ParseToken(*text, trust::TokenKind::kHost);
  if (token.ok()) return token;
  return absl::InvalidArgumentError(
      absl::StrCat("--token-file ", path, ": ", token.status().message(),
                   "; put there what migctl enroll token new printed, alone"));
}

Answer EnrollHere(const Host& host, const Command& command) {
  const absl::StatusOr<trust::Token> token = ReadToken(host.disk, command.token_file);
  if (!token.ok()) return WrongFile(token.status());
  const absl::StatusOr<Enrollment> enrollment =
      Enroll(host, {.token = *token, .ca_pin = command.ca_pin});
  if (!enrollment.ok()) return Failed(enrollment.status());
  const ExitCode exit_code =
      enrollment->state == Enrollment::State::kPending ? ExitCode::kLater : ExitCode::kOk;
  return {.screen = ShowEnrollment(*enrollment, command.format),
          .exit_code = static_cast<int>(exit_code)};
}

Answer Act(const Host& host, const Command& command) {
  switch (command.verb) {
    case Verb::kRun:
      return Ran(Run(host, command.when), RunKind::kRun, command);
    case Verb::kDryRun:
      return Ran(DryRun(host), RunKind::kDryRun, command);
    case Verb::kRecover:
      return Ran(RecoverRun(host), RunKind::kRecover, command);
    case Verb::kEnroll:
      return EnrollHere(host, command);
    case Verb::kStatus: {
      const absl::StatusOr<StatusView> view = ReadStatus(host);
      if (!view.ok()) return Failed(view.status());
      return {.screen = ShowStatus(*view, host.clock.WallNow(), command.format)};
    }
    case Verb::kExplain: {
      const absl::StatusOr<SelfExplanation> explanation = ExplainSelf(host);
      if (!explanation.ok()) return Failed(explanation.status());
      return {.screen = ShowExplanation(*explanation, command.format)};
    }
    case Verb::kEnvironment: {
      v1::Environment environment = ReportedEnvironment(host);
      environment.set_utc_offset_min(host.facts.UtcOffsetMinutes(host.clock.WallNow()));
      return {.screen = ShowEnvironment(environment, command.format)};
    }
  }
  return {};
}

}  // namespace

Answer RunCommand(const Machine& machine, const Command& command) {
  const absl::StatusOr<Config> config =
      Config::Load(machine.disk, command.config, machine.owner_uid);
  if (!config.ok()) return WrongFile(config.status());
  const absl::StatusOr<Dictionary> dictionary = Dictionary::Load(
      machine.disk, config->dictionary_file, machine.owner_uid, config->ReservedPaths());
  if (!dictionary.ok()) return WrongFile(dictionary.status());

  const std::unique_ptr<HostFacts> facts = machine.make_facts(*config);
  const std::unique_ptr<Services> services = machine.make_services(*config);
  const std::unique_ptr<Connector> connector = machine.make_connector(*config);
  const Host host{.clock = machine.clock,
                  .random = machine.random,
                  .disk = machine.disk,
                  .executor = machine.executor,
                  .facts = *facts,
                  .services = *services,
                  .connector = *connector,
                  .config = *config,
                  .dictionary = *dictionary,
                  .owner_uid = machine.owner_uid};
  return Act(host, command);
}

}  // namespace mig::loader
