// The part of the fake coordinator that keeps operators, the audit log and marks of single hosts.
// Inside this folder only: it knows gRPC.

#ifndef MIG_CTL_TRANSPORT_TESTING_FAKE_RECORDS_H_
#define MIG_CTL_TRANSPORT_TESTING_FAKE_RECORDS_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "ctl/transport/testing/fake_coordinator.h"
#include "proto/mig/v1/admin_service.grpc.pb.h"

namespace mig::ctl::testing {

class FakeRecords : public v1::AdminService::Service {
 public:
  explicit FakeRecords(FakeState& state) : state_(state) {}

  grpc::Status PinHost(grpc::ServerContext*, const v1::PinHostRequest* request,
                       v1::Host* host) override;
  grpc::Status LabelHost(grpc::ServerContext*, const v1::LabelHostRequest* request,
                         v1::Host* host) override;
  grpc::Status DisableHost(grpc::ServerContext*, const v1::DisableHostRequest* request,
                           v1::Host* host) override;
  grpc::Status InviteOperator(grpc::ServerContext*, const v1::InviteOperatorRequest* request,
                              v1::InviteOperatorAnswer* answer) override;
  grpc::Status ListOperators(grpc::ServerContext*, const v1::ListOperatorsRequest*,
                             v1::ListOperatorsAnswer* answer) override;
  grpc::Status RevokeOperator(grpc::ServerContext*, const v1::RevokeOperatorRequest* request,
                              v1::Operator* revoked) override;
  // Pages of the size that was asked for, at most 1,000.
  grpc::Status ListAudit(grpc::ServerContext*, const v1::ListAuditRequest* request,
                         v1::ListAuditAnswer* answer) override;
  grpc::Status VerifyAudit(grpc::ServerContext*, const v1::VerifyAuditRequest*,
                           v1::VerifyAuditAnswer* answer) override;
  grpc::Status ConfirmStore(grpc::ServerContext*, const v1::ConfirmStoreRequest* request,
                            v1::ConfirmStoreAnswer* answer) override;

 private:
  // By name; null if there is none. The state is locked.
  v1::Host* Find(const std::string& host);

  FakeState& state_;
};

}  // namespace mig::ctl::testing

#endif  // MIG_CTL_TRANSPORT_TESTING_FAKE_RECORDS_H_
