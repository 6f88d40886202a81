// What Linux says of this host.

#ifndef MIG_LOADER_HOST_LINUX_HOST_FACTS_H_
#define MIG_LOADER_HOST_LINUX_HOST_FACTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/host/host_facts.h"

namespace mig::loader {

// uname, gethostname, getifaddrs, and files below `root`: etc/os-release, etc/machine-id,
// etc/localtime, sys/devices/virtual/dmi/id, run/systemd/system. Each file is read up to 64 KiB.
class LinuxHostFacts : public HostFacts {
 public:
  // `clock` is borrowed. `root`: "" for this machine; else a directory that holds such files.
  LinuxHostFacts(base::Clock& clock, ConfiguredFacts configured, std::string root = "");

  v1::Environment Environment() override;
  int32_t UtcOffsetMinutes(absl::Time now) override;
  absl::StatusOr<std::string> MachineId() override;

 private:
  std::string InitSystem() const;
  // Where etc/localtime leads, and the zone that this names; empty if that is unknown.
  std::string ZoneFile() const;
  std::string ZoneName() const;

  base::Clock& clock_;
  const ConfiguredFacts configured_;
  const std::string root_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_HOST_LINUX_HOST_FACTS_H_
