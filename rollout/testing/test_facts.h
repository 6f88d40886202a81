// A host's facts for tests of any room: a Debian laptop in Berlin, changed as a test needs it.

#ifndef MIG_ROLLOUT_TESTING_TEST_FACTS_H_
#define MIG_ROLLOUT_TESTING_TEST_FACTS_H_

#include <map>
#include <string>

#include "proto/mig/v1/environment.pb.h"
#include "rollout/facts.h"
#include "trust/host_id.h"

namespace mig::rollout::testing {

// All 32 bytes are `byte`.
trust::HostId HostIdOf(char byte);

// debian 12, kernel 6.1.0-18-amd64, x86_64, systemd, addresses 10.1.2.3 and 2001:db8::7, tags
// role = "dev" and site = "ber", loader 1.9.0, UTC + 60 min. No model, time zone or operator.
v1::Environment TestEnvironment();

// Facts of it, which must be right: host `id`, what is installed by product.
Facts TestFacts(const v1::Environment& environment = TestEnvironment(),
                const std::map<std::string, std::string>& installed_versions = {},
                const trust::HostId& id = HostIdOf('\1'));

}  // namespace mig::rollout::testing

#endif  // MIG_ROLLOUT_TESTING_TEST_FACTS_H_
