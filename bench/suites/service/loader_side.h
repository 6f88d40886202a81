// What the shipped loader does on its side of a connection.

#ifndef MIG_BENCH_SUITES_SERVICE_LOADER_SIDE_H_
#define MIG_BENCH_SUITES_SERVICE_LOADER_SIDE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "base/posix_file_system.h"
#include "base/thread_pool_executor.h"
#include "bench/suites/scratch.h"
#include "bench/transport/kept_connections.h"
#include "loader/transport/grpc_transport.h"
#include "loader/transport/tls13.h"

namespace mig::bench {

// A connection of the loader's own kind as this host; nothing is sent yet.
std::unique_ptr<loader::GrpcTransport> ConnectAs(const KeptHost& host, uint16_t port,
                                                 base::Clock& clock,
                                                 const loader::Tls13Required& tls13);

// Hosts that connect anew for each check-in, all of them at the same time.
class OneShotHosts {
 public:
  OneShotHosts(std::vector<KeptHost> hosts, uint16_t port, base::Clock& clock,
               const loader::Tls13Required& tls13);

  // `times` for each host, one after the other: connect, check in, hang up. Returns how many that
  // were. Crashes if one does not get through.
  size_t Run(size_t times);

 private:
  void RunOnce(KeptHost& host);

  std::vector<KeptHost> hosts_;
  const uint16_t port_;
  base::Clock& clock_;
  const loader::Tls13Required tls13_;
  base::ThreadPoolExecutor at_the_same_time_;
};

// A host that gets one content.
class FetchingHost {
 public:
  FetchingHost(const KeptHost& host, uint16_t port, base::Clock& clock,
               const loader::Tls13Required& tls13);

  // As an install does it up to the commit point: into a file beside its target, read back and of
  // the right digest, durable. Removes it.
  void FetchAndStage(const std::string& ticket, const base::Digest& digest, uint64_t size_bytes);

  // Takes the same messages off the wire, and drops them. Returns how many bytes they had.
  uint64_t DrainBare(const std::string& ticket, const base::Digest& digest);

 private:
  base::Clock& clock_;
  const std::unique_ptr<loader::GrpcTransport> transport_;
  Scratch scratch_;
  base::PosixFileSystem disk_;
  std::unique_ptr<base::Directory> directory_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_SERVICE_LOADER_SIDE_H_
