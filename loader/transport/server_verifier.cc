#include "loader/transport/server_verifier.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "trust/x509/spiffe_id.h"

namespace mig::loader {

namespace {

using grpc::experimental::CertificateVerifier;
using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::TlsCustomVerificationCheckRequest;

std::vector<std::string> Strings(const std::vector<grpc::string_ref>& refs) {
  std::vector<std::string> strings;
  for (const grpc::string_ref& ref : refs) strings.emplace_back(ref.data(), ref.size());
  return strings;
}

class ServerVerifier : public ExternalCertificateVerifier {
 public:
  ServerVerifier(Endpoint endpoint, std::string trust_domain,
                 std::shared_ptr<ConnectionObserver> observer)
      : endpoint_(std::move(endpoint)),
        trust_domain_(std::move(trust_domain)),
        observer_(std::move(observer)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* result) override {
    *result = Judge(*request);
    if (result->ok() && observer_ != nullptr) observer_->Connected();
    return true;  // at once
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  grpc::Status Judge(const TlsCustomVerificationCheckRequest& request) const {
    const std::vector<std::string> names = Strings(request.dns_names());
    const std::vector<std::string> addresses = Strings(request.ip_names());
    if (!IsNamedBy(endpoint_, names, addresses)) {
      return Refuse(absl::StrCat("it is for ", absl::StrJoin(names, " "), " ",
                                 absl::StrJoin(addresses, " ")));
    }
    const std::vector<std::string> uris = Strings(request.uri_names());
    if (uris.size() != 1) return Refuse(absl::StrCat("it has ", uris.size(), " URIs"));
    const absl::StatusOr<trust::x509::SpiffeId> id = trust::x509::SpiffeId::Parse(uris[0]);
    if (!id.ok() || id->kind() != trust::x509::SpiffeId::Kind::kCoordinator ||
        id->trust_domain() != trust_domain_) {
      return Refuse(
          absl::StrCat("it is ", uris[0], ", not spiffe://", trust_domain_, "/coordinator/NAME"));
    }
    return grpc::Status::OK;
  }

  static grpc::Status Refuse(const std::string& why) {
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                        absl::StrCat(kNotTheCoordinator, ": ", base::Escaped(why, 120)));
  }

  const Endpoint endpoint_;
  const std::string trust_domain_;
  const std::shared_ptr<ConnectionObserver> observer_;
};

}  // namespace

std::shared_ptr<CertificateVerifier> MakeServerVerifier(
    const Endpoint& endpoint, const std::string& trust_domain,
    std::shared_ptr<ConnectionObserver> observer) {
  return ExternalCertificateVerifier::Create<ServerVerifier>(endpoint, trust_domain,
                                                             std::move(observer));
}

}  // namespace mig::loader
