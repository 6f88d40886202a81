// What this host is, as a seam: the fields of docs/protocol.md, "Environment". Real:
// linux_host_facts.h. Stand-in: testing/given_host_facts.h.

#ifndef MIG_LOADER_HOST_HOST_FACTS_H_
#define MIG_LOADER_HOST_HOST_FACTS_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/mig/v1/environment.pb.h"

namespace mig::loader {

// What the local configuration, not the system, says of the host. Checked by who reads it.
struct ConfiguredFacts {
  std::string operator_name;  // [a-z0-9._-]{1,64}, or empty
  std::map<std::string, std::string> tags;
  bool proxied = false;        // the coordinator is reached through a proxy
  std::string loader_version;  // never empty
};

// One thread at a time; does not block on the network.
class HostFacts {
 public:
  virtual ~HostFacts() = default;

  // All that is known, read anew; a field that cannot be read is missing (empty). Within the bounds
  // of environment.proto for each field: longer text is left out, not cut. Before `report_fields`
  // (report_fields.h).
  virtual v1::Environment Environment() = 0;

  // Minutes east of UTC at `now`, by the host's time zone; read anew, for windows at the commit.
  virtual int32_t UtcOffsetMinutes(absl::Time now) = 0;

  // The system's own machine id, 1 to 128 printable bytes. NotFound where it has none. What leaves
  // the host is trust::MachineDigest of it.
  virtual absl::StatusOr<std::string> MachineId() = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_HOST_HOST_FACTS_H_
