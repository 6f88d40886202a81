#include "loader/config/config.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/toml.h"
#include "loader/config/protected_file.h"
#include "loader/config/table_reader.h"
#include "loader/host/report_fields.h"
#include "trust/names.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kPartsDirectory = "conf.d";
constexpr absl::string_view kNamedBy = "--config";
constexpr absl::string_view kEnrollmentPort = "8444";

std::string PartsDirectoryOf(absl::string_view path) {
  return base::JoinPath(path.substr(0, path.rfind('/')), kPartsDirectory);
}

// Keys of `later` replace those of `earlier`; tables are put together.
void Merge(base::TomlValue later, base::TomlValue& earlier) {
  for (auto& [key, value] : later.fields) {
    const auto found = earlier.fields.find(key);
    if (found == earlier.fields.end()) {
      earlier.fields.emplace(key, std::move(value));
    } else if (value.kind == base::TomlValue::Kind::kTable &&
               found->second.kind == base::TomlValue::Kind::kTable) {
      Merge(std::move(value), found->second);
    } else {
      found->second = std::move(value);
    }
  }
}

absl::StatusOr<std::vector<std::string>> PartsOf(base::FileSystem& disk,
                                                 const std::string& directory) {
  std::vector<std::string> parts;
  const absl::StatusOr<std::unique_ptr<base::Directory>> opened = disk.OpenRoot(directory);
  if (absl::IsNotFound(opened.status())) return parts;
  MIG_RETURN_IF_ERROR(opened.status());
  MIG_ASSIGN_OR_RETURN(const std::vector<base::DirectoryEntry> entries,
                       (*opened)->List(base::kMaxDirectoryEntries));
  for (const base::DirectoryEntry& entry : entries) {
    const bool is_part = absl::EndsWith(entry.name, ".toml") && !absl::StartsWith(entry.name, ".");
    if (is_part) parts.push_back(base::JoinPath(directory, entry.name));
  }
  if (parts.size() > base::kMaxConfigurationParts) {
    return absl::ResourceExhaustedError(
        absl::StrCat(directory, " has ", parts.size(), " files *.toml, at most ",
                     base::kMaxConfigurationParts, " are read; put some together"));
  }
  return parts;
}

// "host:port"; an IPv6 address stands in brackets.
bool IsEndpoint(absl::string_view text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 1 || port > 65'535) {
    return false;
  }
  const absl::string_view host = text.substr(0, colon);
  const bool is_bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  return std::all_of(host.begin(), host.end(), [is_bracketed](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' ||
           (is_bracketed && (c == ':' || c == '[' || c == ']'));
  });
}

std::string HostOf(absl::string_view endpoint) {
  return std::string(endpoint.substr(0, endpoint.rfind(':')));
}

void ReadCoordinators(TableReader& reader, Config& config) {
  config.coordinators = reader.Texts("coordinators", base::kMaxCoordinators);
  if (reader.ok() && config.coordinators.empty()) {
    reader.Fail("coordinators",
                "this is missing; name at least one, like [\"mig.corp.example:8443\"]");
  }
  config.enrollment = reader.Text("enrollment", "");
  std::vector<std::string> endpoints = config.coordinators;
  if (!config.enrollment.empty()) endpoints.push_back(config.enrollment);
  for (const std::string& endpoint : endpoints) {
    if (IsEndpoint(endpoint)) continue;
    reader.Fail(endpoint == config.enrollment ? "enrollment" : "coordinators",
                absl::StrCat("\"", base::Escaped(endpoint),
                             "\" is no address; write host:port, like mig.corp.example:8443"));
  }
  if (reader.ok() && config.enrollment.empty()) {
    config.enrollment = absl::StrCat(HostOf(config.coordinators.front()), ":", kEnrollmentPort);
  }
  config.ca_file = reader.Path("ca_file", "");
  config.trust_domain = reader.NeededText("trust_domain");
  if (reader.ok() && !trust::IsTrustDomain(config.trust_domain)) {
    reader.Fail("trust_domain", absl::StrCat("\"", base::Escaped(config.trust_domain),
                                             "\" is no trust domain: a-z, 0-9, '.', '-'"));
  }
}

void ReadFacts(TableReader& reader, Config& config) {
  config.operator_name = reader.Text("operator", "");
  if (!config.operator_name.empty() && !trust::IsOperatorName(config.operator_name)) {
    reader.Fail("operator", absl::StrCat("\"", base::Escaped(config.operator_name),
                                         "\" is no name: 1 to 64 of a-z, 0-9, '.', '_', '-'"));
  }
  if (const base::TomlValue* tags = reader.Find("tags")) {
    if (tags->kind != base::TomlValue::Kind::kTable) {
      return reader.Fail("tags", "this must be a table");
    }
    TableReader tag_reader(*tags, "tags");
    for (const auto& [name, value] : tags->fields) {
      config.tags[name] = tag_reader.Text(name, "");
      if (!trust::IsTagName(name)) tag_reader.Fail(name, "no name of a tag: [a-z][a-z0-9_-]{0,63}");
      if (config.tags[name].size() > base::kMaxTagBytes) {
        tag_reader.Fail(name, absl::StrCat("over ", base::kMaxTagBytes, " bytes"));
      }
    }
    if (config.tags.size() > base::kMaxTags) {
      tag_reader.Fail("", absl::StrCat("more than ", base::kMaxTags, " tags"));
    }
    reader.Adopt(tag_reader.Finish());
  }
  if (reader.Find("report_fields") != nullptr) {
    config.report_fields = reader.Texts("report_fields", base::kMaxReportFields);
    const absl::Status known = CheckReportFields(*config.report_fields);
    if (!known.ok()) reader.Fail("report_fields", known.message());
  }
  config.send_agent_output = reader.Boolean("send_agent_output", config.send_agent_output);
}

absl::StatusOr<Config> FromTable(const base::TomlValue& table) {
  Config config;
  TableReader reader(table, "");
  ReadCoordinators(reader, config);
  config.state_directory = reader.Path("state_directory", config.state_directory);
  config.root_file = reader.Path("root_file", config.root_file);
  config.dictionary_file = reader.Path("dictionary_file", config.dictionary_file);
  config.interval =
      reader.Duration("interval", config.interval, base::kMinInterval, base::kMaxInterval);
  ReadFacts(reader, config);
  config.activations_per_hour = static_cast<int>(reader.Integer(
      "activations_per_hour", config.activations_per_hour, 1, base::kMaxActivations));
  config.activations_per_day = static_cast<int>(
      reader.Integer("activations_per_day", config.activations_per_day, 1, base::kMaxActivations));
  MIG_RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace

std::vector<ReservedPath> Config::ReservedPaths() const {
  std::vector<ReservedPath> reserved = {
      {.path = state_directory, .what = "the state directory"},
      {.path = root_file, .what = "the packaged root"},
      {.path = dictionary_file, .what = "the dictionary"},
  };
  if (!ca_file.empty()) reserved.push_back({.path = ca_file, .what = "the servers' CA"});
  if (!files.empty()) {
    reserved.push_back({.path = files.front(), .what = "the loader's configuration"});
    reserved.push_back(
        {.path = PartsDirectoryOf(files.front()), .what = "the loader's configuration"});
  }
  return reserved;
}

absl::StatusOr<Config> Config::Load(base::FileSystem& disk, absl::string_view path,
                                    uint32_t owner_uid) {
  std::vector<std::string> files = {std::string(path)};
  MIG_ASSIGN_OR_RETURN(const std::string text, ReadProtectedFile(disk, path, owner_uid, kNamedBy));
  MIG_ASSIGN_OR_RETURN(base::TomlValue table, base::ParseToml(text, path));
  MIG_ASSIGN_OR_RETURN(const std::vector<std::string> parts, PartsOf(disk, PartsDirectoryOf(path)));
  for (const std::string& part : parts) {
    MIG_ASSIGN_OR_RETURN(const std::string more,
                         ReadProtectedFile(disk, part, owner_uid, kNamedBy));
    MIG_ASSIGN_OR_RETURN(base::TomlValue part_table, base::ParseToml(more, part));
    Merge(std::move(part_table), table);
    files.push_back(part);
  }
  MIG_ASSIGN_OR_RETURN(Config config, FromTable(table));
  config.files = std::move(files);
  return config;
}

}  // namespace mig::loader
