#include "loader/run/testing/test_host.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/whole_file.h"
#include "loader/run/views/status_view.h"
#include "loader/state/state_directory.h"

namespace mig::loader::testing {

const absl::string_view kPlainDictionary = R"(
[product.agent]
activation = "process"
command = ["/opt/a/agent", "--config", "/opt/a/agent.cfg"]
probe = { http = "http://127.0.0.1:9100/metrics" }
probation = "60s"
[product.agent.component.agent]
path = "/opt/a/agent"
mode = "0755"
[product.agent.component.configuration]
path = "/opt/a/agent.cfg"
[product.agent.family."conf/*"]
directory = "/opt/a/conf.d"
pattern = "*.cfg"
max_count = 4
)";

namespace {

constexpr absl::string_view kDictionaryPath = "/etc/mig-loader/dictionary.toml";
constexpr absl::string_view kRootPath = "/etc/mig-loader/root";

std::pair<std::string, std::string> Split(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return {std::string(slash == 0 ? "/" : path.substr(0, slash)),
          std::string(path.substr(slash + 1))};
}

void Walk(base::Directory& directory, const std::string& path,
          std::map<std::string, std::string>& files) {
  const auto entries = directory.List(1000);
  MIG_CHECK_OK(entries);
  for (const base::DirectoryEntry& entry : *entries) {
    const std::string child = base::JoinPath(path, entry.name);
    if (entry.kind == base::FileKind::kDirectory) {
      const auto opened = directory.OpenDir(entry.name);
      MIG_CHECK_OK(opened);
      Walk(**opened, child, files);
    } else if (entry.kind == base::FileKind::kFile) {
      const auto bytes = base::ReadWhole(directory, entry.name, base::kGiB);
      MIG_CHECK_OK(bytes);
      files[child] = *bytes;
    }
  }
}

}  // namespace

TestHost::TestHost(base::Clock& clock, Connector& connector, absl::string_view packaged_root,
                   absl::string_view dictionary, base::testing::Seed seed)
    : disk_(std::make_unique<base::MemoryFileSystem>(
          base::MemoryFileSystem::Options{.clock = &clock})),
      random_(seed),
      clock_(clock),
      connector_(connector) {
  for (const absl::string_view path : {"/etc/mig-loader", "/opt/a/conf.d", "/var/lib"}) {
    MIG_CHECK_OK(base::MakeDirs(*disk_, path, 0755));
  }
  Put(kRootPath, packaged_root);
  Build(clock, connector, dictionary);
}

TestHost::TestHost(base::Clock& clock, Connector& connector, const base::DiskImage& image)
    : disk_(std::make_unique<base::MemoryFileSystem>(
          image, base::MemoryFileSystem::Options{.clock = &clock})),
      random_(base::testing::Seed(5)),
      clock_(clock),
      connector_(connector) {
  Build(clock, connector, *Get(kDictionaryPath));
}

void TestHost::Build(base::Clock& clock, Connector&, absl::string_view dictionary) {
  config_.coordinators = {"mig.corp.example:8443"};
  config_.trust_domain = "corp.example";
  services_ = std::make_unique<ScriptedServices>(
      clock, [this](const AgentSpec& spec) { return ScriptOf(spec); });
  UseDictionary(dictionary);
}

void TestHost::UseDictionary(absl::string_view text) {
  if (Get(kDictionaryPath) != text) Put(kDictionaryPath, text);
  absl::StatusOr<Dictionary> loaded =
      Dictionary::Load(*disk_, kDictionaryPath, 0, config_.ReservedPaths());
  MIG_CHECK_OK(loaded);
  dictionary_.emplace(*std::move(loaded));
  host_.emplace(Host{.clock = clock_,
                     .random = random_,
                     .disk = *disk_,
                     .executor = executor_,
                     .facts = facts_,
                     .services = *services_,
                     .connector = connector_,
                     .config = config_,
                     .dictionary = *dictionary_});
}

AgentScript TestHost::ScriptOf(const AgentSpec& spec) {
  if (spec.command.empty()) return AgentScript::Healthy();
  const std::optional<std::string> program = Get(spec.command.front());
  if (!program.has_value()) return AgentScript::CannotStart(absl::NotFoundError("no program"));
  if (behaves) return behaves(*program);
  if (absl::StrContains(*program, "crashes")) {
    return AgentScript::CrashesAfter(absl::Seconds(5), 139);
  }
  if (absl::StrContains(*program, "hangs")) return AgentScript::Hangs();
  if (absl::StrContains(*program, "lies")) return AgentScript::Lies(absl::Seconds(20));
  return AgentScript::Healthy();
}

void TestHost::Put(absl::string_view path, absl::string_view content, uint32_t mode) {
  const auto [directory, name] = Split(path);
  const auto opened = base::MakeDirs(*disk_, directory, 0755);
  MIG_CHECK_OK(opened);
  MIG_CHECK_OK(base::WriteDurably(**opened, name, content, mode));
}

std::optional<std::string> TestHost::Get(absl::string_view path) {
  const absl::StatusOr<std::string> bytes = base::ReadWhole(*disk_, path, base::kGiB);
  if (!bytes.ok()) return std::nullopt;
  return *bytes;
}

void TestHost::Remove(absl::string_view path) {
  const auto [directory, name] = Split(path);
  const auto opened = disk_->OpenRoot(directory);
  MIG_CHECK_OK(opened);
  MIG_CHECK_OK((*opened)->Unlink(name));
  MIG_CHECK_OK((*opened)->Sync());
}

std::map<std::string, std::string> TestHost::Managed() {
  std::map<std::string, std::string> files;
  const auto opened = disk_->OpenRoot("/opt");
  MIG_CHECK_OK(opened);
  Walk(**opened, "/opt", files);
  return files;
}

trust::TrustedState TestHost::Trusted() {
  const auto directory = StateDirectory::Open(
      *disk_, {.path = config_.state_directory, .if_missing = StateDirectory::IfMissing::kFail});
  MIG_CHECK_OK(directory);
  const auto content = (*directory)->trust().Read();
  MIG_CHECK_OK(content);
  if (!content->payload.has_value()) return {};
  const auto state = trust::ParseTrustedState(*content->payload);
  MIG_CHECK_OK(state);
  return *state;
}

uint64_t TestHost::WaitingReports() {
  const absl::StatusOr<StatusView> status = ReadStatus(host());
  MIG_CHECK_OK(status);
  return status->waiting_reports;
}

size_t TestHost::CountIn(absl::string_view name) {
  const auto opened = disk_->OpenRoot(base::JoinPath(config_.state_directory, name));
  if (!opened.ok()) return 0;
  const auto entries = (*opened)->List(10'000);
  MIG_CHECK_OK(entries);
  return entries->size();
}

}  // namespace mig::loader::testing
