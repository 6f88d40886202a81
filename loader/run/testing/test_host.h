// One virtual host with the whole loader on it: memory disk, manual clock, scripted agent.

#ifndef MIG_LOADER_RUN_TESTING_TEST_HOST_H_
#define MIG_LOADER_RUN_TESTING_TEST_HOST_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/disk_image.h"
#include "base/inline_executor.h"
#include "base/memory_file_system.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "loader/config/config.h"
#include "loader/config/dictionary.h"
#include "loader/host/testing/given_host_facts.h"
#include "loader/run/connector.h"
#include "loader/run/host.h"
#include "loader/run/run.h"
#include "loader/services/testing/scripted_services.h"
#include "trust/trusted_state.h"

namespace mig::loader::testing {

// Components agent (/opt/a/agent), configuration (/opt/a/agent.cfg) and the family conf/*
// (/opt/a/conf.d/*.cfg). Agent bytes that contain "crashes", "hangs" or "lies" do so.
extern const absl::string_view kPlainDictionary;

// Everything that a machine has; survives a Reboot and a power cut as a machine would.
class TestHost {
 public:
  // All borrowed. `packaged_root`: an envelope. `seed`: of its random numbers, and so of its key.
  TestHost(base::Clock& clock, Connector& connector, absl::string_view packaged_root,
           absl::string_view dictionary = kPlainDictionary,
           base::testing::Seed seed = base::testing::Seed(3));
  // The same machine after a power cut: it boots from what the cut left.
  TestHost(base::Clock& clock, Connector& connector, const base::DiskImage& image);

  const Host& host() const { return *host_; }
  RunResult Run(When when = When::kNow) { return loader::Run(host(), when); }

  base::MemoryFileSystem& disk() { return *disk_; }
  GivenHostFacts& facts() { return facts_; }
  ScriptedServices& services() { return *services_; }
  Config& config() { return config_; }  // a change counts from the next run on
  AgentSpec agent() const { return dictionary_->Find("agent")->agent; }

  // How an agent of these bytes behaves from now on; null: as they say.
  std::function<AgentScript(const std::string& program)> behaves;

  // Files.
  void Put(absl::string_view path, absl::string_view content, uint32_t mode = 0644);
  std::optional<std::string> Get(absl::string_view path);
  void Remove(absl::string_view path);
  // What lies below /opt, by path.
  std::map<std::string, std::string> Managed();
  void UseDictionary(absl::string_view text);

  // What the host remembers, read anew.
  trust::TrustedState Trusted();
  // Files below the state directory's `name`.
  size_t CountIn(absl::string_view name);
  // Outcomes that no coordinator has yet, coalesced ones by their counts.
  uint64_t WaitingReports();
  int AgentStarts() { return services_->Starts("agent"); }
  int64_t AgentPid() { return services_->Pid("agent"); }

 private:
  void Build(base::Clock& clock, Connector& connector, absl::string_view dictionary);
  AgentScript ScriptOf(const AgentSpec& spec);

  std::unique_ptr<base::MemoryFileSystem> disk_;
  base::InlineExecutor executor_;
  base::testing::SeededRandom random_;
  GivenHostFacts facts_;
  std::unique_ptr<ScriptedServices> services_;
  Config config_;
  std::optional<Dictionary> dictionary_;
  std::optional<Host> host_;
  base::Clock& clock_;
  Connector& connector_;
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_RUN_TESTING_TEST_HOST_H_
