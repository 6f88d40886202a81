#include "tests/crash/history.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file_system.h"
#include "base/path.h"
#include "base/whole_file.h"

namespace mig::tests {

namespace {

using loader::testing::Contents;

constexpr absl::string_view kDictionary = R"(
[product.agent]
activation = "process"
command = ["/opt/agent/agent", "--config", "/etc/agent/agent.cfg"]
probe = { http = "http://127.0.0.1:9100/metrics" }
probation = "60s"
[product.agent.component.agent]
path = "/opt/agent/agent"
mode = "0755"
[product.agent.component.configuration]
path = "/etc/agent/agent.cfg"
[product.agent.component.agentcert]
path = "/etc/agent/tls/agent.crt"
[product.agent.component.agentkey]
path = "/etc/agent/tls/agent.key"
mode = "0600"
[product.agent.component.cacert]
path = "/etc/agent/tls/ca.crt"
[product.agent.family."conf/*"]
directory = "/etc/agent/conf.d"
pattern = "*.cfg"
max_count = 4
)";

Contents FiveOf(absl::string_view version) {
  return {{"agent", absl::StrCat("#!/bin/agent ", version, std::string(3000, 'a'))},
          {"agentcert", absl::StrCat("certificate of ", version)},
          {"agentkey", absl::StrCat("key of ", version)},
          {"cacert", absl::StrCat("CA of ", version)},
          {"configuration", absl::StrCat("version = ", version)}};
}

Contents With(Contents contents, absl::string_view name, absl::string_view bytes) {
  contents[std::string(name)] = std::string(bytes);
  return contents;
}

void Overwrite(base::MemoryFileSystem& disk, absl::string_view path, absl::string_view bytes) {
  const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(disk, path);
  MIG_CHECK_OK(parent);
  MIG_CHECK_OK(base::WriteDurably(*parent->directory, parent->name, bytes, 0755));
}

std::vector<History> Make() {
  const Contents one = FiveOf("1.1");
  const Contents two = FiveOf("1.2");
  const auto damage = [](base::MemoryFileSystem& disk) {
    Overwrite(disk, "/opt/agent/agent", "somebody wrote this");
  };
  const auto damage_with_copy = [damage](base::MemoryFileSystem& disk) {
    damage(disk);
    const auto kept = disk.OpenRoot("/var/lib/mig-loader/kept/agent");
    MIG_CHECK_OK(kept);
    const auto entries = (*kept)->List(100);
    MIG_CHECK_OK(entries);
    for (const base::DirectoryEntry& entry : *entries) {
      if (entry.name != "sets") MIG_CHECK_OK((*kept)->Unlink(entry.name));
    }
    MIG_CHECK_OK((*kept)->Sync());
  };
  return {
      {.name = "update",
       .what = "five components are replaced, in three directories",
       .before = one,
       .after = two,
       .cover = History::Cover::kExhaustive},
      {.name = "going-back",
       .what = "the same, and the new agent crashes in its probation",
       .before = one,
       .after = two,
       .agent = History::Agent::kCrashes,
       .cover = History::Cover::kExhaustive},
      {.name = "first-install",
       .what = "on a host without an agent",
       .start = History::Start::kBare,
       .after = two},
      {.name = "foreign",
       .what = "over an agent that no manifest put there",
       .start = History::Start::kForeign,
       .before = one,
       .after = two},
      {.name = "foreign-going-back",
       .what = "over a foreign agent, and back to it",
       .start = History::Start::kForeign,
       .before = one,
       .after = two,
       .agent = History::Agent::kCrashes},
      {.name = "retired",
       .what = "one member of a family is retired, another one is new",
       .before = With(one, "conf/90-debug.cfg", "debug = true"),
       .after = With(two, "conf/10-site.cfg", "site = ber"),
       .retired = {"conf/90-debug.cfg"}},
      {.name = "retired-going-back",
       .what = "the same, and the new agent crashes",
       .before = With(one, "conf/90-debug.cfg", "debug = true"),
       .after = With(two, "conf/10-site.cfg", "site = ber"),
       .retired = {"conf/90-debug.cfg"},
       .agent = History::Agent::kCrashes},
      {.name = "file-systems",
       .what = "state and targets on file systems of their own, the agent held during the renames",
       .before = one,
       .after = two,
       .is_held = true,
       .mounts = {"/opt/agent", "/etc/agent/tls", "/var/lib"}},
      {.name = "repair",
       .what = "somebody overwrote the agent of the installed release",
       .before = one,
       .after = one,
       .meanwhile = damage,
       .is_repair = true},
      {.name = "damaged-before",
       .what = "the agent is damaged, and so is every kept copy: an update without a way back",
       .before = one,
       .after = two,
       .meanwhile = damage_with_copy},
      {.name = "adopt",
       .what = "everything is there already: recorded, not written",
       .start = History::Start::kForeign,
       .before = two,
       .after = two},
  };
}

}  // namespace

const std::vector<History>& Histories() {
  static const auto& histories = *new std::vector<History>(Make());
  return histories;
}

const History* FindHistory(absl::string_view name) {
  for (const History& history : Histories()) {
    if (history.name == name) return &history;
  }
  return nullptr;
}

std::string DictionaryOf(const History& history) {
  std::string text(kDictionary);
  if (history.is_held) {
    text.insert(text.find("probation"), "hold = true\n");
  }
  return text;
}

}  // namespace mig::tests
