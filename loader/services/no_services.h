// Activation `none`: components that nobody runs.

#ifndef MIG_LOADER_SERVICES_NO_SERVICES_H_
#define MIG_LOADER_SERVICES_NO_SERVICES_H_

#include "loader/services/services.h"

namespace mig::loader {

class NoServices : public Services {
 public:
  absl::Status Activate(const AgentSpec&) override { return absl::OkStatus(); }
  absl::Status Start(const AgentSpec&) override { return absl::OkStatus(); }
  absl::Status Stop(const AgentSpec&) override { return absl::OkStatus(); }
  absl::Status Hold(const AgentSpec&) override { return absl::OkStatus(); }
  absl::StatusOr<AgentState> State(const AgentSpec&) override {
    return AgentState{.run = AgentState::Run::kNoAgent};
  }
  Health Watch(const AgentSpec&, absl::Duration) override { return Health{}; }
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_NO_SERVICES_H_
