#include "rollout/testing/test_facts.h"

#include "base/check.h"

namespace mig::rollout::testing {

trust::HostId HostIdOf(char byte) { return *trust::HostId::FromBytes(std::string(32, byte)); }

v1::Environment TestEnvironment() {
  v1::Environment environment;
  environment.set_hostname("lap-0193");
  environment.set_os("linux");
  environment.set_distribution("debian");
  environment.set_distribution_version("12");
  environment.set_kernel("6.1.0-18-amd64");
  environment.set_arch("x86_64");
  environment.set_init("systemd");
  environment.add_addresses("10.1.2.3");
  environment.add_addresses("2001:db8::7");
  environment.set_proxied(false);
  environment.set_utc_offset_min(60);
  environment.set_loader_version("1.9.0");
  for (const auto& [name, value] : {std::pair("role", "dev"), std::pair("site", "ber")}) {
    v1::Tag* tag = environment.add_tags();
    tag->set_name(name);
    tag->set_value(value);
  }
  return environment;
}

Facts TestFacts(const v1::Environment& environment,
                const std::map<std::string, std::string>& installed_versions,
                const trust::HostId& id) {
  const absl::StatusOr<Facts> facts = Facts::From({.host_id = id}, environment, installed_versions);
  MIG_CHECK_OK(facts);
  return *facts;
}

}  // namespace mig::rollout::testing
