// A coordinator as it ships, and hosts that are enrolled with it, in this process: SQLite in a
// file, contents in a directory, the shipped listeners on loopback, the machine's own clock. The
// hosts' certificates and documents are real; only the limit on how often one host may call is
// lifted, since these few call like a whole fleet.

#ifndef MIG_BENCH_SUITES_SERVICE_DOMAIN_H_
#define MIG_BENCH_SUITES_SERVICE_DOMAIN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/posix_file_system.h"
#include "base/system_random.h"
#include "bench/suites/scratch.h"
#include "bench/transport/kept_connections.h"
#include "bench/transport/tls_pems.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/handlers/testing/driven_coordinator.h"
#include "coordinator/handlers/testing/operators.h"
#include "coordinator/metrics/metrics.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/writer_thread.h"
#include "coordinator/transport/listeners.h"
#include "trust/testing/test_authority.h"
#include "trust/verified.h"

namespace mig::bench {

struct DomainOptions {
  size_t hosts_with_the_release = 64;
  size_t hosts_without_it = 64;
  size_t content_bytes = 16 << 20;  // of the release's largest component
};

// One thread at a time. What must not fail crashes with what it said.
class Domain {
 public:
  explicit Domain(const DomainOptions& options);
  ~Domain();

  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;

  // Of the loaders' listener, at 127.0.0.1.
  uint16_t port() const { return listeners_->loaders_port(); }
  uint16_t enrollment_port() const { return listeners_->enrollment_port(); }
  const ServerPems& server() const { return server_; }
  static constexpr absl::string_view kTrustDomain = "corp.example";
  base::Clock& clock() { return *clock_; }

  // They have the plan's release and all documents: there is nothing for them.
  const std::vector<KeptHost>& hosts_with_the_release() const { return with_release_; }
  // They have all documents, and each check-in assigns them the release.
  const std::vector<KeptHost>& hosts_without_it() const { return without_release_; }

  // What a host of its own enrolls with, as files have it.
  const std::string& root_envelope() const { return root_.envelope(); }
  const std::string& spare_token() const { return spare_token_; }
  // Of the release.
  std::vector<std::string> component_names() const;

  const base::Digest& content() const { return content_; }
  uint64_t content_bytes() const { return content_bytes_; }
  // The right to fetch it, out of an answer to a host without it.
  std::string TicketOf(const v1::CheckInAnswer& answer) const;

 private:
  struct Authorities;
  class Ticker;

  void StartCoordinator();
  void PublishRelease();
  std::vector<KeptHost> Enroll(size_t count);
  void SaysThatItHasTheRelease(v1::CheckInRequest& request) const;
  // Checks in, as the host with this certificate, until there is nothing more to be sent.
  v1::CheckInAnswer CheckInWholly(const std::string& certificate_der, v1::CheckInRequest& request);
  void Serve();

  Scratch scratch_;
  base::PosixFileSystem disk_;
  base::SystemRandom random_;
  const std::unique_ptr<base::Clock> clock_;
  const trust::testing::TestAuthority authority_;
  const std::unique_ptr<Authorities> authorities_;
  const trust::Verified<trust::Root> root_;
  const uint64_t content_bytes_;
  ServerPems server_;
  base::Digest content_;
  std::string spare_token_;
  std::optional<trust::Verified<trust::Manifest>> release_;
  std::unique_ptr<coordinator::BlobStore> blobs_;
  std::unique_ptr<coordinator::SqliteStore> store_;
  std::unique_ptr<coordinator::testing::DrivenCoordinator> coordinator_;
  std::optional<coordinator::testing::Operators> operators_;
  std::vector<KeptHost> with_release_;
  std::vector<KeptHost> without_release_;
  coordinator::Metrics metrics_;
  std::unique_ptr<coordinator::WriterThread> writer_;
  std::unique_ptr<coordinator::Listeners> listeners_;
  std::unique_ptr<Ticker> ticker_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_SERVICE_DOMAIN_H_
