// What goes wrong on one host while its loader works, and between its runs: drawn by the seed, from
// what the scenario allows.

#ifndef MIG_SIM_VIRTUAL_HOST_FAULTS_H_
#define MIG_SIM_VIRTUAL_HOST_FAULTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/disk_image.h"
#include "base/random.h"
#include "sim/world/machine.h"
#include "sim/world/world.h"

namespace mig::sim {

// One per host, one thread. Times are since the run began.
class HostFaults {
 public:
  // All borrowed.
  HostFaults(Machine& machine, base::Random& random) : machine_(machine), random_(random) {}

  // A process begins; nothing is wrong yet.
  void ProcessBegins();
  // The run has something to install: at most one fault is drawn for it, at one of about
  // `operations` operations of the disk.
  void MayStrikeInstall(absl::Duration now, uint64_t operations);
  // The machine has booted after a power cut, and is about to recover.
  void MayStrikeRecovery(absl::Duration now);

  // How the process ends, if not by itself.
  enum class Stop { kNone, kPowerCut, kKill };
  Stop stop() const { return stop_; }
  // Whether it has come to that already: whatever the loader does now, nobody sees it.
  bool HasStopped() const;
  // The process has ended by itself. A kill that would have come later comes not; power goes all
  // the same.
  void EndedByItself();

  // Whether the disk did something that no disk should, in the process that has just ended.
  bool WasDisturbed();
  // The disk is as large as before.
  void ProcessIsGone();

  // Between two runs of a host that has a release, all of whose files are right. What was done, for
  // the chronicle; nothing: nothing.
  std::optional<std::string> MayDamageFile(absl::Duration now, size_t release);
  std::optional<std::string> MayDamageTrust(absl::Duration now);

  // One of the images that this moment may leave, each as likely.
  base::DiskImage DrawImage();

 private:
  const Scenario& scenario() const { return machine_.world().scenario(); }
  bool Draw(uint32_t ppm);
  uint64_t Below(uint64_t bound);
  void FillDisk();
  void FailACall(uint64_t after);

  Machine& machine_;
  base::Random& random_;
  bool is_drawn_ = false;  // for this process
  bool is_full_ = false;
  Stop stop_ = Stop::kNone;
  std::optional<uint64_t> failing_;  // the operation that fails, until it has
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_HOST_FAULTS_H_
