#include "coordinator/handlers/enroll/new_host.h"

namespace mig::coordinator {

HostRecord NewHost(const HostId& id, const base::Digest& machine, const TokenRecord& token,
                   const v1::Environment& environment, absl::Time now) {
  HostRecord record{.id = id};
  record.machine = machine;
  record.enrolled_at = now;
  record.name = environment.hostname();
  record.labels = token.labels;
  record.token_number = token.number;
  return record;
}

}  // namespace mig::coordinator
