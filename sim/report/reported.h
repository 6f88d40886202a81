// What the outcomes are about that a coordinator has, so that a summary's figures can be held
// against each other: installs that were made and those that were reported.

#ifndef MIG_SIM_REPORT_REPORTED_H_
#define MIG_SIM_REPORT_REPORTED_H_

#include "proto/mig/v1/report.pb.h"
#include "sim/report/summary.h"

namespace mig::sim {

// Counts one that is durable, in `reports` and in one of the four that add up to it, by the words
// of a run's own result: installed (adopted too), went back (or could not), repaired; others are an
// attempt that broke off before it changed anything, a refusal, a notice.
void CountReported(const v1::Outcome& outcome, Summary& summary);

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_REPORTED_H_
