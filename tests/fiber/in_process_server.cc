#include "tests/fiber/in_process_server.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace mig::tests {

namespace {

using coordinator::testing::LoaderCall;
using loader::Method;

LoaderCall CallOf(Method method) {
  switch (method) {
    case Method::kCheckIn:
      return LoaderCall::kCheckIn;
    case Method::kFetch:
      return LoaderCall::kFetch;
    case Method::kReport:
      return LoaderCall::kReport;
    case Method::kRenewCertificate:
      return LoaderCall::kRenewCertificate;
    case Method::kEnroll:
      return LoaderCall::kEnroll;
    case Method::kPollEnrollment:
      return LoaderCall::kPollEnrollment;
    case Method::kRenewByPossession:
      return LoaderCall::kRenewByPossession;
    case Method::kWalkRoots:
      break;
  }
  return LoaderCall::kWalkRoots;
}

// All frames at once; they are few and small here.
class Frames : public sim::Server::Stream {
 public:
  explicit Frames(std::vector<std::string> frames) : frames_(std::move(frames)) {}

  absl::StatusOr<std::optional<std::string>> Next() override {
    if (next_ == frames_.size()) return std::nullopt;
    return frames_[next_++];
  }

 private:
  std::vector<std::string> frames_;
  size_t next_ = 0;
};

}  // namespace

void InProcessServer::Unary(Method method, const coordinator::Peer& peer, std::string request,
                            Answered answered) {
  answered(coordinator_.Unary(CallOf(method), peer, request));
}

absl::StatusOr<std::unique_ptr<sim::Server::Stream>> InProcessServer::Open(
    Method method, const coordinator::Peer& peer, absl::string_view request) {
  std::vector<std::string> frames;
  MIG_RETURN_IF_ERROR(
      coordinator_.ServerStream(CallOf(method), peer, request, [&frames](absl::string_view frame) {
        frames.emplace_back(frame);
        return absl::OkStatus();
      }));
  return std::make_unique<Frames>(std::move(frames));
}

}  // namespace mig::tests
