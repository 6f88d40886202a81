// How verbs are put together: each adds itself to CLI11's tree and leaves an action to run once the
// whole line was understood. Inside this folder only.

#ifndef MIG_CTL_CLI_COMMAND_LINE_H_
#define MIG_CTL_CLI_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/cli/session.h"

namespace mig::ctl {

// An exit status, or the error that gives one.
using Action = std::function<absl::StatusOr<int>(Session&)>;

// What the line asks for; set by the verb that was named.
struct CommandLine {
  CLI::App app;
  GlobalOptions options;
  Action action;

  // A verb (or noun) `name` of `parent`. `example` is a whole command line; empty: its parent's.
  CLI::App* Verb(CLI::App* parent, const std::string& name, const std::string& help,
                 const std::string& example = "");
  // A noun, which needs a verb after it; `example` is shown by its verbs that have none.
  CLI::App* Noun(const std::string& name, const std::string& help, const std::string& example);
  // `verb` only reads, and so takes --fields: an unknown one is told when nothing was changed.
  void Reads(CLI::App* verb);
  // Runs `run(session, *arguments)` when `verb` was named; `arguments` lives as long.
  template <typename Arguments, typename Run>
  void Does(CLI::App* verb, std::shared_ptr<Arguments> arguments, Run run) {
    verb->callback([this, arguments, run] {
      action = [arguments, run](Session& session) { return run(session, *arguments); };
    });
  }
};

void AddContextVerbs(CommandLine& line);
void AddLoginVerbs(CommandLine& line);
void AddDoctorVerb(CommandLine& line);
void AddKeyVerbs(CommandLine& line);
void AddCaVerbs(CommandLine& line);
void AddRootVerbs(CommandLine& line);
void AddSignVerb(CommandLine& line);
void AddTrialVerb(CommandLine& line);
void AddReleaseVerbs(CommandLine& line);
void AddPlanVerbs(CommandLine& line);
void AddRolloutVerbs(CommandLine& line);
void AddWaitVerb(CommandLine& line, CLI::App* rollout);
void AddHostVerbs(CommandLine& line);
void AddHostChangeVerbs(CommandLine& line, CLI::App* host);
void AddEnrollVerbs(CommandLine& line);
void AddOperatorVerbs(CommandLine& line);
void AddAuditVerbs(CommandLine& line);

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_COMMAND_LINE_H_
