// One Services for a whole dictionary: each agent by its own activation.

#ifndef MIG_LOADER_SERVICES_SERVICES_BY_ACTIVATION_H_
#define MIG_LOADER_SERVICES_SERVICES_BY_ACTIVATION_H_

#include <string>
#include <utility>
#include <vector>

#include "loader/services/services.h"

namespace mig::loader {

// The three are borrowed and outlive this.
class ServicesByActivation : public Services {
 public:
  ServicesByActivation(Services& none, Services& process, Services& self_installing)
      : none_(none), process_(process), self_installing_(self_installing) {}

  absl::Status Activate(const AgentSpec& spec) override { return For(spec).Activate(spec); }
  absl::Status Start(const AgentSpec& spec) override { return For(spec).Start(spec); }
  absl::Status Stop(const AgentSpec& spec) override { return For(spec).Stop(spec); }
  absl::Status Hold(const AgentSpec& spec) override { return For(spec).Hold(spec); }
  absl::StatusOr<AgentState> State(const AgentSpec& spec) override { return For(spec).State(spec); }
  Health Watch(const AgentSpec& spec, absl::Duration probation) override {
    return For(spec).Watch(spec, probation);
  }
  std::vector<std::string> TakeRemarks() override {
    std::vector<std::string> all = none_.TakeRemarks();
    for (Services* services : {&process_, &self_installing_}) {
      for (std::string& remark : services->TakeRemarks()) all.push_back(std::move(remark));
    }
    return all;
  }

 private:
  Services& For(const AgentSpec& spec) {
    switch (spec.activation) {
      case Activation::kProcess:
        return process_;
      case Activation::kSelfInstalling:
        return self_installing_;
      case Activation::kNone:
        break;
    }
    return none_;
  }

  Services& none_;
  Services& process_;
  Services& self_installing_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_SERVICES_BY_ACTIVATION_H_
