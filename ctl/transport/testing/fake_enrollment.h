// The part of the fake coordinator that is called without a certificate, and what both parts need.
// Inside this folder only: it knows gRPC.

#ifndef MIG_CTL_TRANSPORT_TESTING_FAKE_ENROLLMENT_H_
#define MIG_CTL_TRANSPORT_TESTING_FAKE_ENROLLMENT_H_

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ctl/transport/testing/fake_coordinator.h"
#include "proto/mig/v1/enrollment_service.grpc.pb.h"

namespace mig::ctl::testing {

// As the real one answers: a refusal in the details.
grpc::Status ToGrpc(const absl::Status& status);

// This machine's: certificates are judged by gRPC, which asks nobody else.
absl::Time TimeNow();

// Certificates of 30 days for the operator, whoever asks: DER, leaf first, into `chain`.
grpc::Status Issue(const FakeCoordinatorFiles& files, const std::string& request,
                   google::protobuf::RepeatedPtrField<std::string>& chain);

// Every call looks first whether it is to fail.
#define MIG_FAKE_BEGIN()                                \
  const std::lock_guard<std::mutex> lock(state_.mutex); \
  if (!state_.failure.ok()) return ToGrpc(state_.failure)

class FakeEnrollment : public v1::EnrollmentService::Service {
 public:
  FakeEnrollment(FakeState& state, const FakeCoordinatorFiles& files)
      : state_(state), files_(files) {}

  grpc::Status FirstLogin(grpc::ServerContext*, const v1::FirstLoginRequest* request,
                          v1::FirstLoginAnswer* answer) override;
  grpc::Status RenewByPossession(grpc::ServerContext*, const v1::RenewByPossessionRequest* request,
                                 v1::RenewByPossessionAnswer* answer) override;
  grpc::Status WalkRoots(grpc::ServerContext*, const v1::WalkRootsRequest* request,
                         v1::WalkRootsAnswer* answer) override;

 private:
  FakeState& state_;
  const FakeCoordinatorFiles& files_;
};

}  // namespace mig::ctl::testing

#endif  // MIG_CTL_TRANSPORT_TESTING_FAKE_ENROLLMENT_H_
