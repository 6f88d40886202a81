// EnrollmentService over gRPC: TLS that authenticates the coordinator only.

#ifndef MIG_COORDINATOR_TRANSPORT_ENROLLMENT_SERVICE_H_
#define MIG_COORDINATOR_TRANSPORT_ENROLLMENT_SERVICE_H_

#include <utility>

#include "coordinator/handlers/enroll/enrollment_handlers.h"
#include "coordinator/transport/peer_of.h"
#include "coordinator/transport/unary.h"
#include "proto/mig/v1/enrollment_service.grpc.pb.h"

namespace mig::coordinator {

class EnrollmentService : public v1::EnrollmentService::CallbackService {
 public:
  // What reads the store runs on `workers`.
  EnrollmentService(EnrollmentHandlers& handlers, Workers& workers, const Meters& meters)
      : handlers_(handlers), workers_(workers), meters_(meters) {}

  MIG_ANSWER_UNARY(Enroll, EnrollRequest, EnrollAnswer, AnonymousPeerOf, handlers_, workers_)
  MIG_ANSWER_UNARY(PollEnrollment, PollEnrollmentRequest, EnrollAnswer, AnonymousPeerOf, handlers_,
                   workers_)
  MIG_ANSWER_UNARY(FirstLogin, FirstLoginRequest, FirstLoginAnswer, AnonymousPeerOf, handlers_,
                   workers_)
  MIG_ANSWER_UNARY(RenewByPossession, RenewByPossessionRequest, RenewByPossessionAnswer,
                   AnonymousPeerOf, handlers_, workers_)
  MIG_ANSWER_UNARY(WalkRoots, WalkRootsRequest, WalkRootsAnswer, AnonymousPeerOf, handlers_,
                   AtOnce())

 private:
  EnrollmentHandlers& handlers_;
  Workers& workers_;
  const Meters meters_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_ENROLLMENT_SERVICE_H_
