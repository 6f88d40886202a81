#include "ctl/transport/call_status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

// gRPC tells the whole story; the end of it is what happened.
absl::string_view LastPart(absl::string_view message) {
  for (const absl::string_view mark : {"last error: ", "Failed to connect to remote host: "}) {
    if (const size_t at = message.rfind(mark); at != absl::string_view::npos) {
      message.remove_prefix(at + mark.size());
    }
  }
  return message;
}

absl::string_view WayOut(absl::string_view message) {
  if (absl::StrContains(message, "CERTIFICATE_VERIFY_FAILED") ||
      absl::StrContains(message, "certificate verify failed")) {
    return "its certificate is not by this context's CA: wrong server, wrong --ca, or is TLS "
           "being inspected on the way?";
  }
  if (absl::StrContains(message, "Peer name")) {
    return "its certificate is for another name: use the name that the certificate has";
  }
  if (absl::StrContains(message, "andshake") || absl::StrContains(message, "Socket closed") ||
      absl::StrContains(message, "SSL_ERROR")) {
    return "the TLS handshake failed: is this the operators' port (8445), and is your certificate "
           "still good (migctl whoami)?";
  }
  if (absl::StrContains(message, "Connection refused")) {
    return "nothing listens there: is the coordinator up, and the port right?";
  }
  if (absl::StrContains(message, "DNS")) {
    return "the name cannot be resolved: check its spelling and the network";
  }
  return "check the address and the network; trying again is safe";
}

}  // namespace

absl::Status StatusOfCall(const grpc::Status& status, absl::string_view endpoint) {
  if (status.ok()) return absl::OkStatus();
  v1::Refusal refusal;
  if (!status.error_details().empty() && status.error_details().size() <= 4096 &&
      refusal.ParseFromString(status.error_details()) && refusal.code() != 0) {
    return trust::FromMessage(refusal);
  }
  const std::string message = base::Escaped(status.error_message(), 400);
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError(absl::StrCat(
          endpoint, ": not reached (", base::Escaped(LastPart(status.error_message()), 160), "); ",
          WayOut(status.error_message())));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::DeadlineExceededError(
          absl::StrCat(endpoint, ": no answer in time; ",
                       "check the address and the network; trying again is "
                       "safe"));
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(
          absl::StrCat(endpoint, ": this coordinator does not know that call (", message,
                       "); is it the operators' port (8445), and as new as this migctl?"));
    default:
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                          absl::StrCat(endpoint, ": ", message));
  }
}

}  // namespace mig::ctl
