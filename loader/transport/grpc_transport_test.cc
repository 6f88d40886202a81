#include "loader/transport/grpc_transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/sizes.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "loader/transport/tls13.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"
#include "trust/refusal.h"
#include "trust/x509/authority.h"

// gRPC's resolver keeps its library for ever.
extern "C" const char* __lsan_default_suppressions() { return "leak:ares_\n"; }

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using trust::x509::Authority;
using trust::x509::Certificate;
using trust::x509::CertificateTemplate;
using trust::x509::PrivateKey;
using trust::x509::SpiffeId;
using v1::Refusal;

constexpr char kTrustDomain[] = "corp.example";

// Remembers what came, and answers as the test says.
class FakeCoordinator : public v1::LoaderService::Service {
 public:
  grpc::Status CheckIn(grpc::ServerContext* context, const v1::CheckInRequest*,
                       v1::CheckInAnswer* answer) override {
    ++calls;
    peer = context->auth_context()->GetPeerIdentity().empty() ? "" : PeerUri(*context);
    if (compress) context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    answer->set_head(std::string(answer_bytes, 'h'));
    return status;
  }
  grpc::Status Report(grpc::ServerContext*, const v1::ReportRequest*, v1::ReportAnswer*) override {
    released.WaitForNotification();
    return grpc::Status::OK;
  }
  grpc::Status Fetch(grpc::ServerContext*, const v1::FetchRequest* request,
                     grpc::ServerWriter<v1::FetchAnswer>* writer) override {
    ++calls;
    v1::FetchAnswer frame;
    for (uint64_t i = 0; i < request->offset(); ++i) {
      frame.set_chunk(absl::StrCat("frame ", i));
      if (!writer->Write(frame)) break;
    }
    if (stall) released.WaitForNotification();
    return status;
  }

  std::atomic<int> calls = 0;
  std::string peer;
  grpc::Status status = grpc::Status::OK;
  size_t answer_bytes = 4;
  bool compress = false;
  bool stall = false;
  absl::Notification released;

 private:
  static std::string PeerUri(const grpc::ServerContext& context) {
    const auto values = context.auth_context()->FindPropertyValues("peer_spiffe_id");
    return values.empty() ? "" : std::string(values[0].data(), values[0].size());
  }
};

class GrpcTransportTest : public ::testing::Test {
 protected:
  GrpcTransportTest() {
    server_certificate_.dns_names = {"localhost"};
    server_certificate_.ip_addresses = {"127.0.0.1"};
  }
  ~GrpcTransportTest() override {
    if (!coordinator_.released.HasBeenNotified()) coordinator_.released.Notify();
    if (server_ != nullptr) server_->Shutdown(gpr_now(GPR_CLOCK_MONOTONIC));
  }

  Authority NewCa(absl::string_view name) {
    const absl::Time now = clock_->WallNow();
    return Authority::Create(name, now - absl::Hours(24), now + absl::Hours(24), random_).value();
  }
  std::string Chain(const Authority& ca, const PrivateKey& key, const CertificateTemplate& wanted) {
    return ca.Issue(key.spki(), wanted, random_).value().ToPem();
  }

  void StartServer() {
    const PrivateKey key = PrivateKey::Generate(random_);
    grpc::SslServerCredentialsOptions tls(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = loader_ca_.certificate().ToPem();
    tls.pem_key_cert_pairs = {{key.ToPem(), Chain(server_ca_, key, server_certificate_)}};
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port_);
    builder.RegisterService(&coordinator_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  GrpcTransportOptions Options() {
    const PrivateKey key = PrivateKey::Generate(random_);
    const absl::Time now = clock_->WallNow();
    const CertificateTemplate wanted = {
        .id = SpiffeId::Loader(kTrustDomain, trust::HostIdOf(key.spki()).value()).value(),
        .not_before = now - absl::Hours(1),
        .not_after = now + absl::Hours(1)};
    return {.endpoint = absl::StrCat("127.0.0.1:", port_),
            .trust_domain = kTrustDomain,
            .server_cas_pem = server_ca_.certificate().ToPem(),
            .identity = GrpcTransportOptions::ClientIdentity{
                .private_key_pem = key.ToPem(),
                .certificate_chain_pem = Chain(loader_ca_, key, wanted)}};
  }
  std::unique_ptr<GrpcTransport> Connect() {
    return GrpcTransport::Create(*clock_, tls13_, Options()).value();
  }
  CallLimits Soon(absl::Duration t = absl::Seconds(20)) {
    return {.deadline = clock_->MonotonicNow() + t};
  }
  absl::Status CheckIn(Transport& transport) {
    return transport.Unary(Method::kCheckIn, "", Soon()).status();
  }

  const Tls13Required tls13_ = Tls13Required::InThisProcess();
  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
  base::SystemRandom random_;
  Authority server_ca_ = NewCa("servers");
  Authority loader_ca_ = NewCa("loaders");
  CertificateTemplate server_certificate_ = {
      .id = SpiffeId::Coordinator(kTrustDomain, "main").value(),
      .not_before = clock_->WallNow() - absl::Hours(1),
      .not_after = clock_->WallNow() + absl::Hours(1)};
  FakeCoordinator coordinator_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(GrpcTransportTest, ACallOverMutualTlsShowsTheHostsOwnIdentity) {
  StartServer();
  const auto transport = Connect();
  const absl::StatusOr<std::string> bytes = transport->Unary(Method::kCheckIn, "", Soon());
  ASSERT_THAT(bytes, IsOk());
  v1::CheckInAnswer answer;
  ASSERT_TRUE(answer.ParseFromString(*bytes));
  EXPECT_EQ(answer.head(), "hhhh");
  EXPECT_THAT(coordinator_.peer, ::testing::StartsWith("spiffe://corp.example/loader/"));
  EXPECT_THAT(CheckIn(*transport), IsOk()) << "on the same connection";
}

TEST_F(GrpcTransportTest, ANameIsLookedUpAndMatched) {
  StartServer();
  GrpcTransportOptions options = Options();
  options.endpoint = absl::StrCat("localhost:", port_);
  EXPECT_THAT(CheckIn(*GrpcTransport::Create(*clock_, tls13_, options).value()), IsOk());
}

TEST_F(GrpcTransportTest, WhatTheCoordinatorRefusesComesBackWithItsCode) {
  Refusal refusal;
  refusal.set_code(Refusal::DISABLED);
  refusal.set_text("host is disabled");
  coordinator_.status =
      grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "x", refusal.SerializeAsString());
  StartServer();
  const absl::Status status = CheckIn(*Connect());
  EXPECT_EQ(trust::RefusalOf(status), Refusal::DISABLED) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("127.0.0.1:", port_)));
}

TEST_F(GrpcTransportTest, NobodyThereIsForLater) {
  port_ = 1;
  EXPECT_EQ(trust::RefusalOf(CheckIn(*Connect())), Refusal::UNAVAILABLE);
}

// ADVERSARY 96: not one byte of a request is sent.
TEST_F(GrpcTransportTest, Adversary96AStrangersCaIsRefusedBeforeAnythingIsSent) {
  server_ca_ = NewCa("inspecting proxy");
  StartServer();
  server_ca_ = NewCa("servers");
  const absl::Status status = CheckIn(*Connect());
  EXPECT_EQ(trust::RefusalOf(status), Refusal::SERVER_CERTIFICATE) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is TLS being inspected"));
  EXPECT_EQ(coordinator_.calls, 0);
}

TEST_F(GrpcTransportTest, Adversary96AnExpiredCertificateIsRefused) {
  server_certificate_.not_before = clock_->WallNow() - absl::Hours(3);
  server_certificate_.not_after = clock_->WallNow() - absl::Hours(2);
  StartServer();
  EXPECT_EQ(trust::RefusalOf(CheckIn(*Connect())), Refusal::SERVER_CERTIFICATE);
  EXPECT_EQ(coordinator_.calls, 0);
}

TEST_F(GrpcTransportTest, Adversary96AnotherServersNameIsRefused) {
  server_certificate_.dns_names = {"other.corp.example"};
  server_certificate_.ip_addresses = {};
  StartServer();
  const absl::Status status = CheckIn(*Connect());
  EXPECT_EQ(trust::RefusalOf(status), Refusal::SERVER_CERTIFICATE) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("other.corp.example"));
  EXPECT_EQ(coordinator_.calls, 0);
}

TEST_F(GrpcTransportTest, Adversary96AnotherTrustDomainsCoordinatorIsRefused) {
  server_certificate_.id = SpiffeId::Coordinator("staging.example", "main").value();
  StartServer();
  const absl::Status status = CheckIn(*Connect());
  EXPECT_EQ(trust::RefusalOf(status), Refusal::SERVER_CERTIFICATE) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("staging.example"));
  EXPECT_EQ(coordinator_.calls, 0);
}

TEST_F(GrpcTransportTest, FramesOfAStreamComeInOrder) {
  StartServer();
  v1::FetchRequest request;
  request.set_offset(50);
  std::vector<std::string> frames;
  const absl::Status status = Connect()->ServerStream(
      Method::kFetch, request.SerializeAsString(), Soon(), [&](absl::string_view bytes) {
        v1::FetchAnswer answer;
        EXPECT_TRUE(answer.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        frames.push_back(answer.chunk());
        return absl::OkStatus();
      });
  EXPECT_THAT(status, IsOk());
  ASSERT_EQ(frames.size(), 50u);
  EXPECT_EQ(frames[49], "frame 49");
}

TEST_F(GrpcTransportTest, AStreamThatTheReceiverRefusesIsCut) {
  StartServer();
  v1::FetchRequest request;
  request.set_offset(1'000'000);
  int taken = 0;
  const absl::Status status = Connect()->ServerStream(
      Method::kFetch, request.SerializeAsString(), Soon(), [&](absl::string_view) {
        return ++taken < 3 ? absl::OkStatus() : absl::ResourceExhaustedError("disk full");
      });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("disk full")));
  EXPECT_EQ(taken, 3);
}

TEST_F(GrpcTransportTest, Adversary88AStreamThatStallsIsCut) {
  coordinator_.stall = true;
  StartServer();
  v1::FetchRequest request;
  request.set_offset(1);
  CallLimits limits = Soon();
  limits.stall = absl::Milliseconds(300);
  int taken = 0;
  const absl::Status status = Connect()->ServerStream(Method::kFetch, request.SerializeAsString(),
                                                      limits, [&](absl::string_view) {
                                                        ++taken;
                                                        return absl::OkStatus();
                                                      });
  EXPECT_EQ(trust::RefusalOf(status), Refusal::SLOW) << status;
  EXPECT_EQ(taken, 1);
}

TEST_F(GrpcTransportTest, SilenceEndsAtTheDeadline) {
  StartServer();
  const base::MonotonicTime before = clock_->MonotonicNow();
  const absl::Status status =
      Connect()->Unary(Method::kReport, "", Soon(absl::Milliseconds(500))).status();
  EXPECT_EQ(trust::RefusalOf(status), Refusal::UNAVAILABLE) << status;
  EXPECT_LT(clock_->MonotonicNow() - before, absl::Seconds(10));
}

TEST_F(GrpcTransportTest, AnAnswerOverTheBoundIsRefused) {
  coordinator_.answer_bytes = base::kMaxGrpcMessageBytes;
  StartServer();
  EXPECT_EQ(trust::RefusalOf(CheckIn(*Connect())), Refusal::BOUND);
}

TEST_F(GrpcTransportTest, Adversary92ACompressedAnswerIsNeverInflated) {
  coordinator_.answer_bytes = 500'000;
  coordinator_.compress = true;
  StartServer();
  const absl::StatusOr<std::string> bytes = Connect()->Unary(Method::kCheckIn, "", Soon());
  // Either gRPC has cut the call by then, or the bytes are as they came, and no message.
  v1::CheckInAnswer answer;
  EXPECT_FALSE(bytes.ok() && answer.ParseFromString(*bytes)) << bytes->size();
  EXPECT_LT(bytes.value_or("").size(), 10'000u);
}

TEST_F(GrpcTransportTest, ARequestOverTheBoundIsNotSent) {
  StartServer();
  const std::string large(base::kMaxGrpcMessageBytes + 1, 'x');
  EXPECT_EQ(trust::RefusalOf(Connect()->Unary(Method::kCheckIn, large, Soon()).status()),
            Refusal::BOUND);
  EXPECT_EQ(coordinator_.calls, 0);
}

// The first bytes that somebody who connects to a port of ours sends.
std::string FirstBytesFrom(const std::function<void(int port)>& connect) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listener, 4), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::string bytes(4096, '\0');
  std::thread server([&] {
    const int connection = accept(listener, nullptr, nullptr);
    const ssize_t count = recv(connection, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
    close(connection);
    close(listener);
  });
  connect(ntohs(address.sin_port));
  server.join();
  return bytes;
}

// The cipher suites of a ClientHello (RFC 8446, 4.1.2) in its record.
std::vector<uint16_t> CipherSuites(absl::string_view hello) {
  constexpr size_t kSessionId = 5 + 4 + 2 + 32;  // after record, handshake, version, random
  std::vector<uint16_t> suites;
  if (hello.size() <= kSessionId) return suites;
  size_t at = kSessionId + 1 + static_cast<uint8_t>(hello[kSessionId]);
  const auto next = [&] {
    const uint16_t number = static_cast<uint16_t>((static_cast<uint8_t>(hello[at]) << 8) |
                                                  static_cast<uint8_t>(hello[at + 1]));
    at += 2;
    return number;
  };
  const size_t size_bytes = next();
  const size_t end = at + size_bytes;
  while (at < end && end <= hello.size()) suites.push_back(next());
  return suites;
}

TEST_F(GrpcTransportTest, Adversary96NoSuiteOfTls12IsOffered) {
  const std::string hello = FirstBytesFrom([this](int port) {
    port_ = port;
    EXPECT_FALSE(CheckIn(*Connect()).ok());
  });
  // TLS_AES_*, TLS_CHACHA20_*, and the signal of RFC 5746 that is no suite.
  EXPECT_THAT(CipherSuites(hello),
              AllOf(Not(IsEmpty()), Each(AnyOf(0x1301, 0x1302, 0x1303, 0x00ff))));
}

TEST_F(GrpcTransportTest, AnEndpointThatIsNoneIsNamed) {
  EXPECT_THAT(GrpcTransport::Create(*clock_, tls13_, {.endpoint = "here"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("here")));
}

}  // namespace
}  // namespace mig::loader
