// A copy of a machine, on which can be tried what must not happen to the machine itself: a
// coordinator that lies, signatures that are not enough, power that goes at each step.

#ifndef MIG_SIM_VIRTUAL_COPY_H_
#define MIG_SIM_VIRTUAL_COPY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/digest.h"
#include "base/disk_image.h"
#include "base/file_contents.h"
#include "base/testing/manual_clock.h"
#include "loader/run/run_result.h"
#include "loader/run/testing/fake_coordinator.h"
#include "loader/services/testing/scripted_services.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "sim/world/machine.h"
#include "sim/world/world.h"

namespace mig::sim {

// The same disk and identity; clock, network and coordinator are its own, and time passes by itself
// where the loader waits. Cheap: contents are shared.
class Copy {
 public:
  // By path. Compares by bytes, at once where they are the same chunks.
  using FileSet = std::map<std::string, base::FileContents>;

  // Of a machine that is enrolled and whose loader does not run. `now`: by its own clock.
  Copy(const Machine& machine, absl::Time now);
  // The same machine as it was when this copy was made, with another disk.
  Copy(Copy& other, const base::DiskImage& image);

  base::testing::ManualClock& clock() { return clock_; }
  loader::testing::FakeCoordinator& coordinator() { return coordinator_; }
  Machine& machine() { return *machine_; }
  // How an agent behaves that is started with these files. Null: it is well.
  std::function<loader::testing::AgentScript(const FileSet& files)> script_of;

  loader::RunResult Run();
  loader::RunResult Recover();

  // A release and a plan that nobody has seen: the newest of all, for everybody, from now on.
  struct Offer {
    base::Digest manifest;
    base::Digest plan;
    FileSet files;                       // as they would lie there
    loader::testing::Contents contents;  // by component
  };
  using EditPlan = std::function<void(v1::Plan&)>;
  Offer MakeOffer(uint64_t sequence, const EditPlan& edit = nullptr);
  // Answers check-ins with it from now on.
  void Assign(const Offer& offer);

  // --- What lies there

  FileSet Files() const;
  // Whether these are the files, and the host says so.
  bool Has(const Offer& offer) const;
  // Nothing changed since the copy was made.
  bool IsUnchanged() const;
  // Of agents with other files than when the copy was made.
  int starts() const { return starts_; }

  // Files by path, at the time when it was made.
  const FileSet& files_before() const { return files_before_; }
  const base::DiskImage& image_before() const { return image_; }

 private:
  void Build();
  std::optional<base::Digest> Installed() const;

  World& world_;
  const size_t index_;
  const base::DiskImage image_;
  base::testing::ManualClock clock_;
  loader::testing::FakeCoordinator coordinator_;
  std::unique_ptr<Machine> machine_;
  FileSet files_before_;
  std::optional<base::Digest> installed_before_;
  int starts_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_COPY_H_
