// The shipped program on a host of its own, as a scheduler runs it.

#ifndef MIG_BENCH_SUITES_SERVICE_LOADER_PROGRAM_H_
#define MIG_BENCH_SUITES_SERVICE_LOADER_PROGRAM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/suites/child_process.h"
#include "bench/suites/scratch.h"
#include "bench/suites/service/domain.h"
#include "bench/transport/empty_service.h"
#include "bench/transport/kept_connections.h"

namespace mig::bench {

struct Programs {
  std::string mig_loader;
  std::string one_call;
};
// Those that were built with this one; absent where they do not lie beside it.
std::optional<Programs> ProgramsBesideThisOne();

// A host that `mig-loader` enrolled with the domain's coordinator, and that has its release.
class LoaderProgram {
 public:
  LoaderProgram(Domain& domain, const std::string& program);

  // One run, in which there is nothing to do.
  ChildUse Run() { return RunChild(Command()); }
  uint64_t PeakBytes() { return PeakBytesOf(Command()); }

 private:
  std::vector<std::string> Command() const;
  std::string Path(const std::string& name) const { return scratch_.path() + "/" + name; }

  Scratch scratch_;
  const std::string program_;
};

// A check-in of a host that has the release, with a service that answers without a thought.
class OneCall {
 public:
  OneCall(Domain& domain, const KeptHost& host, const v1::CheckInAnswer& answer,
          const std::string& program);

  ChildUse Run() { return RunChild(Command()); }
  uint64_t PeakBytes() { return PeakBytesOf(Command()); }

 private:
  std::vector<std::string> Command() const;

  EmptyService empty_;
  Scratch scratch_;
  const std::string program_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_SERVICE_LOADER_PROGRAM_H_
