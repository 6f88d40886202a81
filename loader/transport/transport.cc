#include "loader/transport/transport.h"

#include "base/check.h"

namespace mig::loader {

absl::string_view MethodPath(Method method) {
  switch (method) {
    case Method::kCheckIn:
      return "/mig.v1.LoaderService/CheckIn";
    case Method::kFetch:
      return "/mig.v1.LoaderService/Fetch";
    case Method::kReport:
      return "/mig.v1.LoaderService/Report";
    case Method::kRenewCertificate:
      return "/mig.v1.LoaderService/RenewCertificate";
    case Method::kEnroll:
      return "/mig.v1.EnrollmentService/Enroll";
    case Method::kPollEnrollment:
      return "/mig.v1.EnrollmentService/PollEnrollment";
    case Method::kRenewByPossession:
      return "/mig.v1.EnrollmentService/RenewByPossession";
    case Method::kWalkRoots:
      return "/mig.v1.EnrollmentService/WalkRoots";
  }
  MIG_CHECK(false) << static_cast<int>(method);
  return "";
}

}  // namespace mig::loader
