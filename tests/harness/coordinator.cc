#include "tests/harness/coordinator.h"

#include <signal.h>

#include <regex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/agent/agent_process.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

constexpr absl::Duration kStartPatience = absl::Seconds(30);
constexpr absl::Duration kStopPatience = absl::Seconds(20);

// Only ports and addresses change: what people get is what is tested.
std::string WithListeners(std::string config, const CoordinatorPorts& ports) {
  const std::vector<std::pair<const char*, uint16_t>> listeners = {
      {"loaders_listen", ports.loaders},
      {"enrollment_listen", ports.enrollment},
      {"operators_listen", ports.operators},
      {"metrics_listen", ports.metrics}};
  for (const auto& [key, port] : listeners) {
    config = std::regex_replace(config, std::regex(absl::StrCat("(^|\n)", key, " *= *\"[^\"]*\"")),
                                absl::StrCat("$1", key, " = \"", LoopbackEndpoint(port), "\""));
  }
  return config;
}

}  // namespace

std::string LoopbackEndpoint(uint16_t port) { return absl::StrCat("127.0.0.1:", port); }

absl::StatusOr<Coordinator> Coordinator::In(World& world, const std::string& directory) {
  MIG_ASSIGN_OR_RETURN(const std::vector<uint16_t> free, world.TakePorts(4));
  const CoordinatorPorts ports = {
      .loaders = free[0], .enrollment = free[1], .operators = free[2], .metrics = free[3]};
  Coordinator coordinator(world, directory, ports);
  MIG_ASSIGN_OR_RETURN(std::string config, ReadFile(coordinator.config()));
  MIG_RETURN_IF_ERROR(WriteFile(coordinator.config(), WithListeners(std::move(config), ports)));
  return coordinator;
}

absl::Status Coordinator::Start() {
  MIG_ASSIGN_OR_RETURN(process_,
                       Background::Start({world_->programs().coordinator, "--config", config()},
                                         world_->options(), world_->Path("coordinator.log")));
  return process_->WaitFor("mig-coordinator: serving", kStartPatience);
}

absl::Status Coordinator::Stop() {
  if (!process_.has_value()) return absl::FailedPreconditionError("the coordinator does not run");
  process_->Signal(SIGTERM);
  MIG_ASSIGN_OR_RETURN(const int status, process_->WaitEnd(kStopPatience));
  const std::string last = LastLine(process_->Said());
  process_.reset();
  if (status == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("mig-coordinator ended with ", status, " after SIGTERM: ", last));
}

absl::Status Coordinator::Kill() {
  if (!process_.has_value()) return absl::FailedPreconditionError("the coordinator does not run");
  process_->Signal(SIGKILL);
  MIG_ASSIGN_OR_RETURN(const int status, process_->WaitEnd(kStopPatience));
  process_.reset();
  if (status == 128 + SIGKILL) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("mig-coordinator ended with ", status, " instead of by SIGKILL"));
}

std::string Coordinator::Metrics() const { return HttpGet(ports_.metrics, "/metrics"); }

}  // namespace mig::tests
