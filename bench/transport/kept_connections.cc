#include "bench/transport/kept_connections.h"

#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/endian.h"
#include "base/sizes.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"

namespace mig::bench {
namespace {

constexpr int64_t kPatienceSeconds = 30;

gpr_timespec EndOfPatience() {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_seconds(kPatienceSeconds, GPR_TIMESPAN));
}

std::shared_ptr<grpc::Channel> ChannelTo(uint16_t port, const ClientPems& pems) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = pems.server_ca;
  tls.pem_private_key = pems.key;
  tls.pem_cert_chain = pems.chain;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials(tls),
                                   arguments);
}

}  // namespace

// How many hosts are not through yet.
class KeptConnections::Turn {
 public:
  explicit Turn(size_t hosts) : left_(hosts) {}

  void OneIsThrough() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) all_are_through_.notify_one();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    all_are_through_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_are_through_;
  size_t left_;
};

// One call at a time; the next one is begun by gRPC's thread that brought the answer.
class KeptConnections::Host {
 public:
  Host(uint16_t port, KeptHost host)
      : channel_(ChannelTo(port, host.pems)),
        stub_(v1::LoaderService::NewStub(channel_)),
        request_(std::move(host.request)) {}

  void Connect() {
    MIG_CHECK(channel_->WaitForConnected(EndOfPatience()))
        << "no connection to the measured service";
  }

  void Begin(size_t times, Turn& turn) {
    left_ = times;
    turn_ = &turn;
    CallOnce();
  }

  const v1::CheckInAnswer& answer() const { return answer_; }

 private:
  void CallOnce() {
    std::string nonce = request_.nonce();
    nonce.resize(base::kNonceBytes - sizeof(uint64_t));
    base::AppendU64Be(nonce, ++calls_);
    request_.set_nonce(std::move(nonce));
    context_.emplace();
    context_->set_deadline(EndOfPatience());
    stub_->async()->CheckIn(&*context_, &request_, &answer_, [this](const grpc::Status& status) {
      MIG_CHECK(status.ok()) << "a check-in was refused: " << status.error_message();
      request_.set_previous_answer(answer_.answer_id());
      if (--left_ > 0) {
        CallOnce();
      } else {
        turn_->OneIsThrough();
      }
    });
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::LoaderService::Stub> stub_;
  v1::CheckInRequest request_;
  v1::CheckInAnswer answer_;
  std::optional<grpc::ClientContext> context_;
  size_t left_ = 0;
  uint64_t calls_ = 0;
  Turn* turn_ = nullptr;
};

KeptConnections::KeptConnections(uint16_t port, std::vector<KeptHost> hosts) {
  for (KeptHost& host : hosts) hosts_.push_back(std::make_unique<Host>(port, std::move(host)));
  for (const std::unique_ptr<Host>& host : hosts_) host->Connect();
}

KeptConnections::~KeptConnections() = default;

size_t KeptConnections::size() const { return hosts_.size(); }

void KeptConnections::CheckIn(size_t times) {
  Turn turn(hosts_.size());
  for (const std::unique_ptr<Host>& host : hosts_) host->Begin(times, turn);
  turn.Wait();
}

const v1::CheckInAnswer& KeptConnections::last_answer() const { return hosts_.front()->answer(); }

}  // namespace mig::bench
