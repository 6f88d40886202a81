// The coordinators of the configuration, behind one client: which one answers does not matter.

#ifndef MIG_LOADER_RUN_CHECK_IN_COORDINATORS_H_
#define MIG_LOADER_RUN_CHECK_IN_COORDINATORS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/run/host.h"
#include "loader/run/unreached.h"
#include "loader/state/identity_store.h"
#include "loader/transport/coordinator_client.h"
#include "loader/transport/enrollment_client.h"
#include "trust/root.h"

namespace mig::loader {

// PEM of the CAs that may vouch for a server: the configuration's ca_file, else those of `root`.
// CONFIGURATION: ca_file cannot be read.
absl::StatusOr<std::string> ServerCasPem(const Host& host, const trust::Root& root);

// "host:port" of the enrollment port: the configuration's, else port 8444 of the first coordinator.
std::string EnrollmentEndpoint(const Config& config);

// Tries them in the order of the configuration until one answers a check-in; then stays with that
// one. One thread.
class Coordinators : public CoordinatorClient {
 public:
  // `host` is borrowed. Connects nothing yet.
  Coordinators(const Host& host, std::string server_cas_pem, IdentityPem identity)
      : host_(host), server_cas_pem_(std::move(server_cas_pem)), identity_(std::move(identity)) {}

  // Where none answers: of the first, in our words (unreached.h).
  absl::StatusOr<v1::CheckInAnswer> CheckIn(const v1::CheckInRequest& request) override;
  absl::Status Fetch(const FetchWant& want, FetchSink& sink) override;
  absl::StatusOr<v1::ReportAnswer> Report(const v1::ReportRequest& request) override;
  absl::StatusOr<v1::RenewCertificateAnswer> Renew(
      const v1::RenewCertificateRequest& request) override;

  // The first of the configuration, if the last check-in found that none of them answers.
  const std::optional<Unreached>& unreached() const { return unreached_; }

  // From now on with this identity (a renewed certificate) and these CAs (a new root).
  void Reconnect(std::string server_cas_pem, IdentityPem identity);

 private:
  absl::StatusOr<CoordinatorClient*> Current();

  const Host& host_;
  std::string server_cas_pem_;
  IdentityPem identity_;
  size_t current_ = 0;
  std::unique_ptr<CoordinatorClient> client_;
  std::optional<Unreached> unreached_;
};

// The other door, for hosts without a certificate that counts.
absl::StatusOr<std::unique_ptr<EnrollmentClient>> ConnectToEnrollment(
    const Host& host, const std::string& server_cas_pem);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_CHECK_IN_COORDINATORS_H_
