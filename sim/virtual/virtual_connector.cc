#include "sim/virtual/virtual_connector.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/event.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/transport/typed_client.h"
#include "proto/mig/v1/loader_service.pb.h"
#include "trust/refusal.h"
#include "trust/x509/certificate.h"

namespace mig::sim {

namespace {

// Of the contents that are fetched, as in a live run: not of what frames them.
uint64_t ContentBytesOf(const std::string& frame) {
  v1::FetchAnswer answer;
  return answer.ParseFromString(frame) ? answer.chunk().size() : 0;
}

using loader::CallLimits;
using loader::Method;

// As gRPC's tries to connect end at last where nobody listens.
absl::Status NobodyListens() {
  return trust::Refuse(v1::Refusal::UNAVAILABLE, "the coordinator refuses connections");
}

absl::Status NoAnswer() {
  return trust::Refuse(v1::Refusal::UNAVAILABLE, "the coordinator did not answer in time");
}

absl::Status TooLarge() {
  return trust::Refuse(v1::Refusal::BOUND, "a message is larger than a call may carry");
}

template <typename Client>
class Owning : public Client {
 public:
  Owning(base::Clock& clock, std::unique_ptr<loader::Transport> transport)
      : Client(clock, *transport), transport_(std::move(transport)) {}

 private:
  std::unique_ptr<loader::Transport> transport_;
};

}  // namespace

// What one call is; its caller may be killed while it is on its way.
struct VirtualConnector::Call {
  Call(VirtualTime& time, Server& server) : time(time), server(server) {}

  VirtualTime& time;
  Server& server;
  Method method = Method::kCheckIn;
  std::shared_ptr<const coordinator::Peer> peer;
  std::string request;
  absl::Duration way_there;
  absl::Duration way_back;
  bool request_lost = false;
  bool answer_lost = false;

  std::shared_ptr<base::Event> back;
  absl::StatusOr<std::string> answer = NoAnswer();
  std::unique_ptr<Server::Stream> stream;
  std::function<void(const Call& call, const absl::StatusOr<std::string>&)> on_answer;

  // On its way back.
  static void Return(const std::shared_ptr<Call>& call, absl::StatusOr<std::string> answer) {
    if (call->on_answer) call->on_answer(*call, answer);
    if (answer.ok() && answer->size() > base::kMaxGrpcMessageBytes) answer = TooLarge();
    call->answer = std::move(answer);
    if (call->answer_lost) return;
    call->time.CallAt(call->time.Now() + call->way_back, [call] { call->back->Notify(); });
  }

  static void Arrive(const std::shared_ptr<Call>& call) {
    if (!call->server.IsUp()) return Return(call, NobodyListens());
    if (loader::IsServerStream(call->method)) {
      absl::StatusOr<std::unique_ptr<Server::Stream>> stream =
          call->server.Open(call->method, *call->peer, call->request);
      if (!stream.ok()) return Return(call, stream.status());
      call->stream = *std::move(stream);
      return Return(call, "");
    }
    call->server.Unary(
        call->method, *call->peer, call->request,
        [call](absl::StatusOr<std::string> answer) { Return(call, std::move(answer)); });
  }
};

class VirtualConnector::VirtualTransport : public loader::Transport {
 public:
  VirtualTransport(VirtualConnector& owner, std::shared_ptr<const coordinator::Peer> peer)
      : owner_(owner), peer_(std::move(peer)) {}

  absl::StatusOr<std::string> Unary(Method method, absl::string_view request,
                                    const CallLimits& limits) override {
    const WorldTime began = owner_.time_.Now();
    Begin(method, request);
    absl::StatusOr<std::string> answer = NoAnswer();
    if (request.size() > base::kMaxGrpcMessageBytes) {
      answer = TooLarge();
    } else {
      const std::shared_ptr<Call> call = Travel(method, request, limits);
      if (call->back->HasHappened()) answer = std::move(call->answer);
    }
    return End(method, began, std::move(answer));
  }

  absl::Status ServerStream(
      Method method, absl::string_view request, const CallLimits& limits,
      absl::FunctionRef<absl::Status(absl::string_view frame)> take) override {
    const WorldTime began = owner_.time_.Now();
    Begin(method, request);
    const absl::Status status = Stream(method, request, limits, take);
    End(method, began, status.ok() ? absl::StatusOr<std::string>("") : status).IgnoreError();
    return status;
  }

 private:
  void Begin(Method method, absl::string_view request) {
    ++owner_.calls;
    if (owner_.options_.tap != nullptr) owner_.options_.tap->CallBegins(method, request);
  }

  absl::StatusOr<std::string> End(Method method, WorldTime began,
                                  absl::StatusOr<std::string> answer) {
    if (owner_.options_.tap != nullptr) {
      owner_.options_.tap->CallEnds(method, answer, owner_.time_.Now() - began);
    }
    return answer;
  }

  LinkWeather Weather() const {
    return owner_.options_.weather ? owner_.options_.weather() : LinkWeather{};
  }

  uint64_t Draw(uint64_t below) {
    uint64_t drawn = 0;
    owner_.random_.Fill(std::span(reinterpret_cast<char*>(&drawn), sizeof(drawn)));
    return drawn % below;
  }

  absl::Duration Way(const LinkWeather& weather) {
    const int64_t jitter_us = absl::ToInt64Microseconds(weather.jitter);
    const uint64_t more = jitter_us > 0 ? Draw(static_cast<uint64_t>(jitter_us) + 1) : 0;
    return weather.latency + absl::Microseconds(static_cast<int64_t>(more));
  }

  // There and back, or until the deadline. What is drawn does not depend on what becomes of it.
  std::shared_ptr<Call> Travel(Method method, absl::string_view request, const CallLimits& limits) {
    const LinkWeather weather = Weather();
    auto call = std::make_shared<Call>(owner_.time_, owner_.server_);
    call->method = method;
    call->peer = peer_;
    call->request = std::string(request);
    call->way_there = Way(weather);
    call->way_back = Way(weather);
    const bool lost = Draw(1'000'000) < weather.lost_ppm;
    const bool is_request = Draw(2) == 0;
    call->request_lost = owner_.away || (lost && is_request);
    call->answer_lost = lost && !is_request;
    call->back = owner_.clock_.NewEvent();
    if (owner_.options_.tap != nullptr) {
      call->on_answer = [tap = owner_.options_.tap](const Call& call,
                                                    const absl::StatusOr<std::string>& answer) {
        tap->Answers(call.method, call.request, answer);
      };
    }
    if (!call->request_lost) {
      owner_.time_.CallAt(owner_.time_.Now() + call->way_there, [call] { Call::Arrive(call); });
    }
    call->back->WaitUntil(limits.deadline);
    return call;
  }

  absl::Status Stream(Method method, absl::string_view request, const CallLimits& limits,
                      absl::FunctionRef<absl::Status(absl::string_view frame)> take) {
    const std::shared_ptr<Call> call = Travel(method, request, limits);
    // A cut comes after at least the first frame.
    const uint64_t drawn = Draw(1'000'000);
    const uint64_t frames = 1 + Draw(4);
    const uint64_t cut_after = drawn < Weather().cut_ppm ? frames : UINT64_MAX;
    if (!call->back->HasHappened()) return NoAnswer();
    MIG_RETURN_IF_ERROR(call->answer.status());
    for (uint64_t taken = 0;; ++taken) {
      MIG_ASSIGN_OR_RETURN(const std::optional<std::string> frame, call->stream->Next());
      if (!frame.has_value()) return absl::OkStatus();
      if (taken >= cut_after) return NobodyListens();
      owner_.clock_.SleepUntil(owner_.clock_.MonotonicNow() + absl::Milliseconds(1));
      if (owner_.clock_.MonotonicNow() >= limits.deadline) return NoAnswer();
      if (owner_.options_.tap != nullptr) owner_.options_.tap->Fetched(ContentBytesOf(*frame));
      MIG_RETURN_IF_ERROR(take(*frame));
    }
  }

  VirtualConnector& owner_;
  const std::shared_ptr<const coordinator::Peer> peer_;
};

VirtualConnector::VirtualConnector(VirtualTime& time, HostClock& clock, Server& server,
                                   Options options)
    : time_(time),
      clock_(clock),
      server_(server),
      options_(std::move(options)),
      random_(options_.seed) {}

absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> VirtualConnector::ToCoordinator(
    const loader::ServerAddress&, const loader::IdentityPem& identity) {
  if (peer_ == nullptr || identity.certificate_chain != chain_pem_) {
    MIG_ASSIGN_OR_RETURN(const std::vector<trust::x509::Certificate> chain,
                         trust::x509::Certificate::ParsePemChain(identity.certificate_chain));
    peer_ = std::make_shared<const coordinator::Peer>(
        server_.PeerOf(chain.front().der(), options_.address));
    chain_pem_ = identity.certificate_chain;
  }
  return std::make_unique<Owning<loader::TypedCoordinatorClient>>(
      clock_, std::make_unique<VirtualTransport>(*this, peer_));
}

absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> VirtualConnector::ToEnrollment(
    const loader::ServerAddress&) {
  auto peer = std::make_shared<const coordinator::Peer>(server_.PeerOf("", options_.address));
  return std::make_unique<Owning<loader::TypedEnrollmentClient>>(
      clock_, std::make_unique<VirtualTransport>(*this, std::move(peer)));
}

}  // namespace mig::sim
