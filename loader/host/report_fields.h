// `report_fields` of the configuration: what the host tells of itself, and so what filters see.

#ifndef MIG_LOADER_HOST_REPORT_FIELDS_H_
#define MIG_LOADER_HOST_REPORT_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/mig/v1/environment.pb.h"

namespace mig::loader {

// InvalidArgument, naming the entry, unless each is a field's name of docs/protocol.md (hostname,
// os, distribution, distribution_version, kernel, arch, init, model, address, operator, proxied,
// time_zone, `tags` for all of them, or tags.NAME) and stands once. At most 128.
absl::Status CheckReportFields(const std::vector<std::string>& fields);

// Leaves only those fields, which CheckReportFields has passed, and the two that cannot be taken
// away: utc_offset_min, loader_version. To be applied before the host evaluates any filter itself.
v1::Environment KeepFields(const std::vector<std::string>& fields, v1::Environment environment);

}  // namespace mig::loader

#endif  // MIG_LOADER_HOST_REPORT_FIELDS_H_
