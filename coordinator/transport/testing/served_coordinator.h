// A coordinator behind real listeners on loopback, for tests that are about threads, connections
// and TLS. Everything else about it is quicker to test without a socket (in_process_coordinator.h).

#ifndef MIG_COORDINATOR_TRANSPORT_TESTING_SERVED_COORDINATOR_H_
#define MIG_COORDINATOR_TRANSPORT_TESTING_SERVED_COORDINATOR_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/system_random.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/handlers/coordinator.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "coordinator/metrics/metrics.h"
#include "coordinator/store/writer_thread.h"
#include "coordinator/transport/listeners.h"
#include "proto/mig/v1/enrollment_service.grpc.pb.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"
#include "trust/x509/authority.h"

namespace mig::coordinator::testing {

// So that a coordinator that holds up a call fails the test, and does not hang it.
void SetDeadline(grpc::ClientContext& context);

class ServedCoordinator {
 public:
  // Another one over the store of `first`, which has enrolled the hosts and must not write any
  // more. All are borrowed. RequireTls13 comes before. What must not fail crashes.
  ServedCoordinator(InProcessCoordinator& first, BlobStore& contents, base::Clock& clock);
  ~ServedCoordinator();

  ServedCoordinator(const ServedCoordinator&) = delete;
  ServedCoordinator& operator=(const ServedCoordinator&) = delete;

  Coordinator& coordinator() { return *coordinator_; }

  // A connection of its own, with a certificate for `host`'s key.
  std::unique_ptr<v1::LoaderService::Stub> ConnectLoader(const TestHost& host) const;
  std::unique_ptr<v1::EnrollmentService::Stub> ConnectEnrollment() const;

  // Calls `start(done)` and returns what it answered, on whatever thread.
  template <typename Answer>
  static absl::StatusOr<Answer> Wait(absl::FunctionRef<void(Done<Answer>)> start) {
    absl::StatusOr<Answer> result;
    absl::Notification answered;
    start([&](absl::StatusOr<Answer> answer) {
      result = std::move(answer);
      answered.Notify();
    });
    answered.WaitForNotification();
    return result;
  }

 private:
  trust::x509::Authority NewCa(absl::string_view name);
  std::string LeafPem(const trust::x509::Authority& ca, absl::string_view spki,
                      trust::x509::CertificateTemplate wanted) const;
  ListenersOptions NewOptions();

  InProcessCoordinator& first_;
  // TLS knows the real time only.
  const absl::Time begin_;
  const absl::Time end_;
  mutable base::SystemRandom random_;
  const trust::x509::Authority server_ca_;
  const trust::x509::Authority loaders_ca_;
  const trust::x509::Authority operators_ca_;
  Metrics metrics_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<WriterThread> writer_;
  std::unique_ptr<Listeners> listeners_;
};

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_TRANSPORT_TESTING_SERVED_COORDINATOR_H_
