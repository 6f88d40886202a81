#include "loader/config/product_reader.h"

#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/config/attributes.h"
#include "loader/config/table_reader.h"
#include "loader/services/loopback_http.h"
#include "trust/names.h"

namespace mig::loader {

namespace {

constexpr uint32_t kDefaultMode = 0644;
constexpr absl::string_view kDefaultOwner = "root:root";
constexpr int64_t kDefaultMaxCount = 64;
constexpr uint32_t kOthersMayWrite = 0002;
constexpr absl::Duration kMaxProbation = absl::Hours(1);
constexpr absl::Duration kMaxTimeout = absl::Minutes(10);
constexpr absl::string_view kOurPrefix = ".mig-";  // of staged files

// "program, argument, ...", of which the program is a path. Empty: missing.
std::vector<std::string> ReadCommand(TableReader& reader, absl::string_view key) {
  std::vector<std::string> command = reader.Texts(key, base::kMaxArguments);
  if (command.empty() && reader.Find(key) != nullptr) reader.Fail(key, "this is empty");
  if (!command.empty() && !base::SplitPath(command.front()).ok()) {
    reader.Fail(key, absl::StrCat("\"", base::Escaped(command.front()),
                                  "\" is not the absolute path of a program"));
  }
  return command;
}

void ReadActivation(TableReader& reader, AgentSpec& agent) {
  const std::string activation = reader.Text("activation", "none");
  agent.command = ReadCommand(reader, "command");
  agent.install = ReadCommand(reader, "install");
  agent.unit = reader.Text("unit", "");
  agent.pid_file = reader.Path("pid_file", "");
  if (activation == "none") {
    agent.activation = Activation::kNone;
    if (!agent.command.empty()) reader.Fail("command", "nothing is run with activation = \"none\"");
    if (!agent.install.empty()) reader.Fail("install", "nothing is run with activation = \"none\"");
  } else if (activation == "process") {
    agent.activation = Activation::kProcess;
    if (agent.command.empty()) reader.Fail("command", "activation = \"process\" needs this");
    if (!agent.install.empty()) reader.Fail("install", "this is for \"self-installing\" agents");
  } else if (activation == "self-installing") {
    agent.activation = Activation::kSelfInstalling;
    if (agent.install.empty()) reader.Fail("install", "\"self-installing\" agents need this");
    // By its program the running agent is found; the one that installs itself is the rule.
    if (agent.command.empty() && !agent.install.empty()) agent.command = {agent.install.front()};
  } else if (activation == "systemd") {
    reader.Fail("activation",
                "\"systemd\" comes with the package of a later version; use \"process\" or "
                "\"self-installing\"");
  } else {
    reader.Fail("activation", absl::StrCat("\"", base::Escaped(activation),
                                           "\" is not known; one of none, process, "
                                           "self-installing"));
  }
}

// How it is known to be ready, and the right one, besides its probe.
void ReadReadiness(TableReader& reader, AgentSpec& agent) {
  agent.notifies = reader.Boolean("notify", false);
  if (agent.notifies && agent.activation != Activation::kProcess) {
    reader.Fail("notify", "this is for agents that the loader starts: activation = \"process\"");
  }
  agent.version_command = ReadCommand(reader, "version_command");
  if (!agent.version_command.empty() && agent.activation == Activation::kNone) {
    reader.Fail("version_command", "nothing runs with activation = \"none\"");
  }
}

void ReadProbe(TableReader& reader, AgentSpec& agent) {
  const base::TomlValue* value = reader.Find("probe");
  if (value == nullptr) return;
  if (value->kind != base::TomlValue::Kind::kTable) {
    return reader.Fail("probe", "this must be a table, like { http = \"http://127.0.0.1:9100/\" }");
  }
  if (agent.activation == Activation::kNone) {
    return reader.Fail("probe", "nothing runs with activation = \"none\"");
  }
  TableReader probe(*value, reader.NameOf("probe"));
  size_t kinds = 0;
  if (probe.Find("http") != nullptr) {
    ++kinds;
    agent.probe = HttpProbe{.url = probe.Text("http", "")};
    const absl::Status is_local = ParseLoopbackUrl(std::get<HttpProbe>(agent.probe).url).status();
    if (!is_local.ok()) probe.Fail("http", is_local.message());
  }
  if (probe.Find("command") != nullptr) {
    ++kinds;
    agent.probe = CommandProbe{.argv = ReadCommand(probe, "command")};
  }
  if (probe.Find("socket") != nullptr) {
    ++kinds;
    agent.probe = SocketProbe{.path = probe.Path("socket", "")};
  }
  if (probe.Find("file") != nullptr) {
    ++kinds;
    agent.probe = FileProbe{.path = probe.Path("file", "")};
  }
  if (kinds != 1) probe.Fail("", "exactly one of http, command, socket, file must be there");
  agent.probe_timeout =
      probe.Duration("timeout", agent.probe_timeout, absl::Milliseconds(100), kMaxTimeout);
  reader.Adopt(probe.Finish());
}

void ReadFileAttributes(TableReader& reader, Attributes& attributes) {
  if (const base::TomlValue* value = reader.Find("attributes")) {
    if (value->kind != base::TomlValue::Kind::kTable) {
      return reader.Fail("attributes", "this must be a table, like { \"user.origin\" = \"mig\" }");
    }
    TableReader table(*value, reader.NameOf("attributes"));
    for (const auto& [name, element] : value->fields) {
      const absl::Status is_named = CheckAttributeName(name);
      if (!is_named.ok()) table.Fail(name, is_named.message());
      const std::string text = table.Text(name, "");
      if (text.empty() && absl::StartsWith(name, "security.")) {
        table.Fail(name, "a label cannot be taken away; leave the key away to keep what is there");
      }
      attributes[name] = text;
    }
    if (attributes.size() > kMaxAttributes) {
      table.Fail("", absl::StrCat("over ", kMaxAttributes, " attributes"));
    }
    reader.Adopt(table.Finish());
  }
  if (reader.Find("capabilities") == nullptr) return;
  const absl::StatusOr<std::string> value =
      CapabilityValue(reader.Texts("capabilities", base::kMaxArguments));
  if (!value.ok()) return reader.Fail("capabilities", value.status().message());
  attributes[std::string(kCapabilityAttribute)] = *value;
}

// What components and families have alike.
void ReadTarget(TableReader& reader, const Owners& owners, Target& target) {
  target.mode = reader.Mode("mode", kDefaultMode);
  if ((target.mode & kOthersMayWrite) != 0) {
    reader.Fail("mode", "everybody could change the file; leave write permission of others away");
  }
  target.owner = reader.Text("owner", kDefaultOwner);
  const absl::StatusOr<std::pair<uint32_t, uint32_t>> owner = owners.Parse(target.owner);
  if (owner.ok()) {
    std::tie(target.uid, target.gid) = *owner;
  } else {
    reader.Fail("owner", owner.status().message());
  }
  target.max_bytes = static_cast<uint64_t>(
      reader.Integer("max_bytes", base::kDefaultComponentBytes, 1, base::kMaxComponentBytes));
  target.local_change = reader.Word("local_change", 0, {"repair", "keep"}) == 0
                            ? LocalChange::kRepair
                            : LocalChange::kKeep;
  ReadFileAttributes(reader, target.attributes);
  target.policy = reader.Boolean("observe", false) ? TargetPolicy::kObserve : TargetPolicy::kManage;
}

absl::StatusOr<Target> ReadComponent(absl::string_view product, absl::string_view name,
                                     TableReader& reader, const Owners& owners,
                                     PathClaims& claims) {
  Target target;
  target.product = std::string(product);
  target.name = std::string(name);
  if (!trust::IsComponentName(name)) {
    reader.Fail("",
                "this is no name of a component: one segment of [a-z0-9_-][a-z0-9._-]{0,63}, "
                "or two joined by '/'");
  }
  if (reader.Find("path") == nullptr) reader.Fail("path", "this is missing; add it");
  const std::string path = reader.Path("path", "/missing");
  ReadTarget(reader, owners, target);
  if (reader.ok()) {
    const size_t slash = path.rfind('/');
    target.directory = slash == 0 ? "/" : path.substr(0, slash);
    target.file_name = path.substr(slash + 1);
    if (absl::StartsWith(target.file_name, kOurPrefix)) {
      reader.Fail("path", "names that begin with \".mig-\" are the loader's own");
    }
  }
  MIG_RETURN_IF_ERROR(reader.Finish());
  MIG_RETURN_IF_ERROR(claims.Add(path, reader.NameOf("path"), reader.PositionOf("path")));
  return target;
}

absl::StatusOr<Family> ReadFamily(absl::string_view product, absl::string_view name,
                                  TableReader& reader, const Owners& owners, PathClaims& claims) {
  Family family;
  absl::string_view prefix = name;
  if (!absl::ConsumeSuffix(&prefix, "/*") || !trust::IsComponentSegment(prefix)) {
    reader.Fail("",
                "this is no name of a family: one segment of [a-z0-9_-][a-z0-9._-]{0,63} and "
                "\"/*\", like \"conf/*\"");
  }
  family.prefix = std::string(prefix);
  family.member.product = std::string(product);
  if (reader.Find("directory") == nullptr) reader.Fail("directory", "this is missing; add it");
  family.member.directory = reader.Path("directory", "/missing");
  family.pattern = reader.Text("pattern", "*");
  if (family.pattern.empty() || absl::StrContains(family.pattern, '/')) {
    reader.Fail("pattern", "this must be a pattern of file names, like \"*.cfg\"");
  }
  family.max_count =
      static_cast<size_t>(reader.Integer("max_count", kDefaultMaxCount, 1, base::kMaxFamilyFiles));
  ReadTarget(reader, owners, family.member);
  MIG_RETURN_IF_ERROR(reader.Finish());
  MIG_RETURN_IF_ERROR(claims.Add(family.member.directory, reader.NameOf("directory"),
                                 reader.PositionOf("directory")));
  return family;
}

absl::Status CheckNames(const Product& product, const TableReader& reader) {
  for (const Target& component : product.components) {
    for (const Family& family : product.families) {
      if (!absl::StartsWith(component.name, absl::StrCat(family.prefix, "/"))) continue;
      return base::TomlErrorAt(reader.PositionOf("component"), reader.NameOf("component"),
                               absl::StrCat("'", component.name, "' could also be of family '",
                                            family.prefix, "/*'; give it another name"));
    }
  }
  if (product.components.empty() && product.families.empty()) {
    return base::TomlErrorAt(reader.PositionOf(""), reader.NameOf("component"),
                             "a product needs at least one component or family");
  }
  if (product.components.size() > base::kMaxComponentsPerVariant) {
    return base::TomlErrorAt(reader.PositionOf("component"), reader.NameOf("component"),
                             absl::StrCat("over ", base::kMaxComponentsPerVariant, " components"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Product> ReadProduct(absl::string_view name, const base::TomlValue& table,
                                    const Owners& owners, PathClaims& claims) {
  const std::string table_name = absl::StrCat("product.", base::Escaped(name));
  TableReader reader(table, table_name);
  if (!trust::IsProductName(name)) {
    return base::TomlErrorAt(table.position, table_name,
                             "no name of a product: [a-z][a-z0-9-]{0,31}");
  }
  Product product;
  product.name = std::string(name);
  product.agent.product = product.name;
  ReadActivation(reader, product.agent);
  ReadReadiness(reader, product.agent);
  ReadProbe(reader, product.agent);
  product.probation =
      reader.Duration("probation", product.probation, absl::ZeroDuration(), kMaxProbation);
  const auto read_timeout = [&reader](absl::string_view key, absl::Duration& timeout) {
    timeout = reader.Duration(key, timeout, absl::Milliseconds(100), kMaxTimeout);
  };
  read_timeout("ready_timeout", product.agent.ready_timeout);
  read_timeout("stop_timeout", product.agent.stop_timeout);
  read_timeout("install_timeout", product.agent.install_timeout);
  product.is_held = reader.Boolean("hold", false);

  for (const auto& [component, component_table] : reader.Tables("component")) {
    TableReader component_reader(*component_table,
                                 absl::StrCat(table_name, ".component.", base::Escaped(component)));
    MIG_ASSIGN_OR_RETURN(Target target,
                         ReadComponent(product.name, component, component_reader, owners, claims));
    product.components.push_back(std::move(target));
  }
  for (const auto& [family, family_table] : reader.Tables("family")) {
    TableReader family_reader(*family_table,
                              absl::StrCat(table_name, ".family.\"", base::Escaped(family), "\""));
    MIG_ASSIGN_OR_RETURN(Family read,
                         ReadFamily(product.name, family, family_reader, owners, claims));
    product.families.push_back(std::move(read));
  }
  MIG_RETURN_IF_ERROR(reader.Finish());
  MIG_RETURN_IF_ERROR(CheckNames(product, reader));
  return product;
}

}  // namespace mig::loader
