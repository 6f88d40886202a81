// One fully populated example of each signed payload, of the envelope and of the check-in, with
// plausible values. Their bytes are the golden ones in testdata/; tests of other rooms may start
// from them. Every value is fixed: no clock, no randomness.

#ifndef MIG_PROTO_MIG_V1_EXAMPLES_H_
#define MIG_PROTO_MIG_V1_EXAMPLES_H_

#include "proto/mig/v1/assignment.pb.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/envelope.pb.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "proto/mig/v1/root.pb.h"

namespace mig::v1::examples {

Root ExampleRoot();
Manifest ExampleManifest();
Plan ExamplePlan();
Assignment ExampleAssignment();
Head ExampleHead();

// Around ExampleHead's bytes. Its signatures have the right form and verify under no key.
Envelope ExampleEnvelope();

CheckInRequest ExampleCheckInRequest();
CheckInAnswer ExampleCheckInAnswer();

}  // namespace mig::v1::examples

#endif  // MIG_PROTO_MIG_V1_EXAMPLES_H_
