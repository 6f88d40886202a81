#include "sim/report/reported.h"

namespace mig::sim {

namespace {

uint64_t& PlaceOf(const v1::Outcome& outcome, Summary& summary) {
  switch (outcome.result()) {
    case v1::Outcome::WENT_BACK:
    case v1::Outcome::CANNOT_GO_BACK:
      return summary.went_back_reported;
    case v1::Outcome::HEALTHY:
      break;
    default:
      return summary.others_reported;
  }
  switch (outcome.kind()) {
    case v1::Outcome::INSTALL:
    case v1::Outcome::FALLBACK:
    case v1::Outcome::ADOPT:
      return summary.installs_reported;
    case v1::Outcome::REPAIR:
      return summary.repairs_reported;
    default:
      return summary.others_reported;
  }
}

}  // namespace

void CountReported(const v1::Outcome& outcome, Summary& summary) {
  ++summary.reports;
  ++PlaceOf(outcome, summary);
}

}  // namespace mig::sim
