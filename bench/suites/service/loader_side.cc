#include "bench/suites/service/loader_side.h"

#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "bench/suites/service/domain.h"
#include "loader/install/partial_file.h"
#include "loader/run/install/fetch_rest.h"
#include "loader/run/session/effort.h"
#include "loader/transport/typed_client.h"
#include "proto/mig/v1/loader_service.pb.h"

namespace mig::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
// gRPC 1.51 looks at errno some calls after connect(2) and takes a connection that is under way for
// a failed one when they changed it (github.com/grpc/grpc/pull/35064): here once in about 50,000.
constexpr int kMostTries = 3;

}  // namespace

std::unique_ptr<loader::GrpcTransport> ConnectAs(const KeptHost& host, uint16_t port,
                                                 base::Clock& clock,
                                                 const loader::Tls13Required& tls13) {
  auto transport = loader::GrpcTransport::Create(
      clock, tls13,
      {.endpoint = absl::StrCat("127.0.0.1:", port),
       .trust_domain = std::string(Domain::kTrustDomain),
       .server_cas_pem = host.pems.server_ca,
       .identity =
           loader::GrpcTransportOptions::ClientIdentity{.private_key_pem = host.pems.key,
                                                        .certificate_chain_pem = host.pems.chain},
       .proxy = ""});
  MIG_CHECK_OK(transport);
  return *std::move(transport);
}

OneShotHosts::OneShotHosts(std::vector<KeptHost> hosts, uint16_t port, base::Clock& clock,
                           const loader::Tls13Required& tls13)
    : hosts_(std::move(hosts)),
      port_(port),
      clock_(clock),
      tls13_(tls13),
      at_the_same_time_(hosts_.size()) {}

size_t OneShotHosts::Run(size_t times) {
  at_the_same_time_.ParallelFor(hosts_.size(), [&](size_t i) {
    for (size_t run = 0; run < times; ++run) RunOnce(hosts_[i]);
  });
  return hosts_.size() * times;
}

void OneShotHosts::RunOnce(KeptHost& host) {
  for (int tries = 1;; ++tries) {
    const auto transport = ConnectAs(host, port_, clock_, tls13_);
    loader::TypedCoordinatorClient client(clock_, *transport);
    const auto answer = client.CheckIn(host.request);
    if (absl::IsUnavailable(answer.status()) && tries < kMostTries) continue;
    MIG_CHECK_OK(answer);
    host.request.set_previous_answer(answer->answer_id());
    return;
  }
}

FetchingHost::FetchingHost(const KeptHost& host, uint16_t port, base::Clock& clock,
                           const loader::Tls13Required& tls13)
    : clock_(clock), transport_(ConnectAs(host, port, clock, tls13)) {
  auto opened = disk_.OpenRoot(scratch_.path());
  MIG_CHECK_OK(opened);
  directory_ = *std::move(opened);
}

void FetchingHost::FetchAndStage(const std::string& ticket, const base::Digest& digest,
                                 uint64_t size_bytes) {
  auto part = loader::PartialFile::Create(*directory_, "agent",
                                          {.digest = digest, .size_bytes = size_bytes});
  MIG_CHECK_OK(part);
  loader::TypedCoordinatorClient client(clock_, *transport_);
  loader::Effort effort(clock_, v1::Outcome::FETCH);
  MIG_CHECK_OK(loader::FetchRest(client, ticket, *part, effort));
  const loader::FileFacts want = {
      .digest = digest, .size_bytes = size_bytes, .mode = 0755, .uid = geteuid(), .gid = getegid()};
  const auto staged = std::move(*part).Finish(want);
  MIG_CHECK_OK(staged);
}

uint64_t FetchingHost::DrainBare(const std::string& ticket, const base::Digest& digest) {
  v1::FetchRequest request;
  request.set_ticket(ticket);
  request.set_digest(std::string(digest.bytes()));
  uint64_t bytes = 0;
  MIG_CHECK_OK(transport_->ServerStream(loader::Method::kFetch, request.SerializeAsString(),
                                        {.deadline = clock_.MonotonicNow() + kPatience},
                                        [&](absl::string_view frame) {
                                          bytes += frame.size();
                                          return absl::OkStatus();
                                        }));
  return bytes;
}

}  // namespace mig::bench
