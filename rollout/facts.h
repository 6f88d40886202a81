// What filters know of one host. Loader and coordinator build it from the same Environment message,
// so they agree; a field that report_fields took away is missing on both sides.

#ifndef MIG_ROLLOUT_FACTS_H_
#define MIG_ROLLOUT_FACTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "proto/mig/v1/environment.pb.h"
#include "rollout/field.h"
#include "rollout/ip_address.h"
#include "trust/host_id.h"

namespace mig::rollout {

// What a coordinator says of a host, for --where and explain; never in a signed filter.
struct CoordinatorFacts {
  std::map<std::string, std::string> labels = {};
  std::string state = {};  // a word of the tables, in lower case; empty: missing
  std::optional<absl::Duration> last_seen = std::nullopt;  // how long ago
  std::optional<IpAddress> seen_address = std::nullopt;
};

// Immutable values; copyable; any thread may read.
class Facts {
 public:
  // What a host is, besides its environment.
  struct Identity {
    trust::HostId host_id = {};
    // SHA-256 of the tagged machine id (docs/protocol.md, "Identity").
    std::optional<base::Digest> machine = std::nullopt;
  };

  // `environment` is a message from outside, and checked here: bounds, text, order, addresses.
  // `installed_versions` has the version text of each product's installed release; a product where
  // no manifest's release is installed is not in it.
  //
  // Errors (trust::RefusalOf): BOUND  over a bound; MALFORMED  otherwise not what environment.proto
  // says. Both name the field.
  static absl::StatusOr<Facts> From(const Identity& identity, const v1::Environment& environment,
                                    const std::map<std::string, std::string>& installed_versions);

  // The same host, with what the coordinator says of it.
  Facts With(const CoordinatorFacts& said) const;

  // The value of a text or version field; nothing where it is missing. Valid as long as this.
  std::optional<absl::string_view> Text(const Field& field) const;
  // `address` or `seen_address`; empty is missing.
  const std::vector<IpAddress>& Addresses(const Field& field) const;
  // `last_seen`: how long ago; nothing where it is missing.
  std::optional<absl::Duration> Age(const Field& field) const;

  // For people: the value of any field in one line, escaped, at most about 200 bytes; nothing where
  // it is missing.
  std::optional<std::string> Shown(const Field& field) const;

  const trust::HostId& host_id() const { return host_id_; }
  // Minutes east of UTC, for plans' windows; report_fields cannot take it away.
  int32_t utc_offset_min() const { return utc_offset_min_; }

 private:
  Facts() = default;

  trust::HostId host_id_;
  int32_t utc_offset_min_ = 0;
  std::map<Field, std::string> texts_;
  std::vector<IpAddress> addresses_;
  std::vector<IpAddress> seen_addresses_;
  std::optional<absl::Duration> last_seen_;
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_FACTS_H_
