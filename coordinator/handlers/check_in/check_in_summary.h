// What is kept of a check-in until the next one, for lists, filters and explanations.

#ifndef MIG_COORDINATOR_HANDLERS_CHECK_IN_CHECK_IN_SUMMARY_H_
#define MIG_COORDINATOR_HANDLERS_CHECK_IN_CHECK_IN_SUMMARY_H_

#include <optional>
#include <string>

#include "coordinator/store/host_record.h"
#include "proto/mig/v1/checkin.pb.h"

namespace mig::coordinator {

// What is kept besides the environment (HostSeenRecord::summary): the serialised message without
// what is of no use later and without what is not known, which no bound holds; without the local
// manifest too where it would be too long. At most base::kMaxCheckInSummaryBytes of any check-in
// that ReadCheckIn took.
std::string SummaryOf(const v1::CheckInRequest& request);

// Environment and summary as one message again. Nothing: never seen, or written by another version.
std::optional<v1::CheckInRequest> SaidIn(const HostSeenRecord* seen);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_CHECK_IN_CHECK_IN_SUMMARY_H_
