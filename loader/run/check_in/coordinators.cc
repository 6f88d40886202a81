#include "loader/run/check_in/coordinators.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "trust/pem.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

// Another coordinator may do better.
bool MayElsewhere(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

absl::StatusOr<std::string> ServerCasPem(const Host& host, const trust::Root& root) {
  if (!host.config.ca_file.empty()) {
    absl::StatusOr<std::string> pem =
        base::ReadWhole(host.disk, host.config.ca_file, base::kMaxConfigurationFileBytes);
    if (pem.ok()) return pem;
    return trust::Refuse(v1::Refusal::CONFIGURATION,
                         absl::StrCat("ca_file of loader.toml: ", pem.status().message()));
  }
  std::string pem;
  for (const std::string& der : root.server_ca_certificates()) {
    absl::StrAppend(&pem, trust::EncodePem("CERTIFICATE", der));
  }
  return pem;
}

std::string EnrollmentEndpoint(const Config& config) {
  if (!config.enrollment.empty()) return config.enrollment;
  const std::string& first = config.coordinators.front();
  return absl::StrCat(first.substr(0, first.rfind(':')), ":8444");
}

absl::StatusOr<std::unique_ptr<EnrollmentClient>> ConnectToEnrollment(
    const Host& host, const std::string& server_cas_pem) {
  return host.connector.ToEnrollment(
      {.endpoint = EnrollmentEndpoint(host.config), .server_cas_pem = server_cas_pem});
}

absl::StatusOr<CoordinatorClient*> Coordinators::Current() {
  if (client_ == nullptr) {
    MIG_ASSIGN_OR_RETURN(
        client_, host_.connector.ToCoordinator({.endpoint = host_.config.coordinators[current_],
                                                .server_cas_pem = server_cas_pem_},
                                               identity_));
  }
  return client_.get();
}

void Coordinators::Reconnect(std::string server_cas_pem, IdentityPem identity) {
  server_cas_pem_ = std::move(server_cas_pem);
  identity_ = std::move(identity);
  client_.reset();
}

absl::StatusOr<v1::CheckInAnswer> Coordinators::CheckIn(const v1::CheckInRequest& request) {
  const size_t count = host_.config.coordinators.size();
  absl::Status away;
  unreached_.reset();
  for (size_t tries = 0; tries < count; ++tries) {
    MIG_ASSIGN_OR_RETURN(CoordinatorClient * client, Current());
    const std::string& endpoint = host_.config.coordinators[current_];
    absl::StatusOr<v1::CheckInAnswer> answer = client->CheckIn(request);
    if (answer.ok() || !MayElsewhere(answer.status())) {
      unreached_.reset();
      return answer;
    }
    if (away.ok()) {
      away = InOurWords(endpoint, answer.status());
      if (IsAway(answer.status())) unreached_ = Describe(endpoint, answer.status());
    }
    current_ = (current_ + 1) % count;
    client_.reset();
  }
  return away;
}

absl::Status Coordinators::Fetch(const FetchWant& want, FetchSink& sink) {
  MIG_ASSIGN_OR_RETURN(CoordinatorClient * client, Current());
  return client->Fetch(want, sink);
}

absl::StatusOr<v1::ReportAnswer> Coordinators::Report(const v1::ReportRequest& request) {
  MIG_ASSIGN_OR_RETURN(CoordinatorClient * client, Current());
  return client->Report(request);
}

absl::StatusOr<v1::RenewCertificateAnswer> Coordinators::Renew(
    const v1::RenewCertificateRequest& request) {
  MIG_ASSIGN_OR_RETURN(CoordinatorClient * client, Current());
  return client->Renew(request);
}

}  // namespace mig::loader
