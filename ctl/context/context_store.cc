#include "ctl/context/context_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/toml.h"
#include "trust/names.h"

namespace mig::ctl {
namespace {

constexpr absl::string_view kFile = "contexts.toml";

}  // namespace

absl::StatusOr<std::string> ConfigDirectory(const Environment& environment) {
  const auto value = [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (const std::string config = value("XDG_CONFIG_HOME"); absl::StartsWith(config, "/")) {
    return base::JoinPath(config, "migctl");
  }
  if (const std::string home = value("HOME"); absl::StartsWith(home, "/")) {
    return base::JoinPath(base::JoinPath(home, ".config"), "migctl");
  }
  return absl::InvalidArgumentError(
      "neither HOME nor XDG_CONFIG_HOME is set to an absolute path: no place for contexts; set "
      "one of them");
}

absl::Status CheckEndpoint(absl::string_view endpoint) {
  const size_t colon = endpoint.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(endpoint.substr(colon + 1), &port) || port < 1 || port > 65'535 ||
      endpoint.size() > 300 || !base::CheckText(endpoint).ok() ||
      endpoint.find_first_of(" /\"") != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", base::Escaped(endpoint), "' is no endpoint; write HOST:PORT, as in mig.example:8445"));
  }
  return absl::OkStatus();
}

std::string WithPort(absl::string_view endpoint, int port) {
  return absl::StrCat(endpoint.substr(0, endpoint.rfind(':')), ":", port);
}

ContextStore::ContextStore(const LocalFiles& files, std::string directory)
    : files_(files), directory_(std::move(directory)) {}

absl::StatusOr<ContextStore::Contents> ContextStore::Read() const {
  Contents contents;
  const std::string path = base::JoinPath(directory_, kFile);
  if (!files_.Exists(path)) return contents;
  MIG_ASSIGN_OR_RETURN(const std::string text,
                       files_.Read(path, base::kMaxConfigurationFileBytes, "the context file"));
  MIG_ASSIGN_OR_RETURN(const base::TomlValue table, base::ParseToml(text, path));
  base::TomlReader reader(table, path);
  contents.current = reader.Text("current").value_or("");
  if (const base::TomlValue* const contexts = reader.Table("context")) {
    base::TomlReader names(*contexts, path);
    for (const auto& [name, value] : names.NamedTables()) {
      if (!trust::IsOperatorName(name)) names.Fail(name, "is no name; use a-z 0-9 . _ -");
      base::TomlReader each(*value, path);
      each.Require("endpoint");
      const auto endpoint = [](const std::string& text) -> absl::StatusOr<std::string> {
        MIG_RETURN_IF_ERROR(CheckEndpoint(text));
        return text;
      };
      Context context;
      context.name = name;
      context.endpoint = each.Parsed("endpoint", endpoint).value_or("");
      context.enrollment = each.Parsed("enrollment", endpoint).value_or("");
      MIG_RETURN_IF_ERROR(each.Finish());
      contents.contexts.emplace(name, std::move(context));
    }
    MIG_RETURN_IF_ERROR(names.Finish());
  }
  MIG_RETURN_IF_ERROR(reader.Finish());
  return contents;
}

absl::Status ContextStore::Write(const Contents& contents) const {
  std::string text = "# Written by migctl context; no secrets here.\n";
  absl::StrAppend(&text, "current = ", base::TomlQuoted(contents.current), "\n");
  for (const auto& [name, context] : contents.contexts) {
    absl::StrAppend(&text, "\n[context.", base::TomlQuoted(name), "]\n",
                    "endpoint = ", base::TomlQuoted(context.endpoint), "\n");
    if (!context.enrollment.empty()) {
      absl::StrAppend(&text, "enrollment = ", base::TomlQuoted(context.enrollment), "\n");
    }
  }
  MIG_RETURN_IF_ERROR(files_.MakeDirectory(directory_, 0700));
  return files_.Replace(base::JoinPath(directory_, kFile), text, 0644);
}

absl::StatusOr<std::vector<Context>> ContextStore::List() const {
  MIG_ASSIGN_OR_RETURN(const Contents contents, Read());
  std::vector<Context> contexts;
  for (const auto& [name, context] : contents.contexts) contexts.push_back(context);
  return contexts;
}

absl::StatusOr<std::string> ContextStore::Current() const {
  MIG_ASSIGN_OR_RETURN(const Contents contents, Read());
  return contents.current;
}

absl::StatusOr<Context> ContextStore::Get(absl::string_view name) const {
  MIG_ASSIGN_OR_RETURN(const std::vector<Context> contexts, List());
  std::vector<std::string> names;
  for (const Context& context : contexts) {
    if (context.name == name) return context;
    names.push_back(context.name);
  }
  return absl::NotFoundError(absl::StrCat(
      "no context '", base::Escaped(name), "'; there ",
      names.empty() ? "is none yet" : absl::StrCat("are: ", absl::StrJoin(names, " ")),
      "; make it with migctl context set NAME --endpoint HOST:8445 --ca FILE --root FILE"));
}

absl::Status ContextStore::Set(const Context& context) const {
  if (!trust::IsOperatorName(context.name)) {
    return absl::InvalidArgumentError(absl::StrCat("'", base::Escaped(context.name),
                                                   "' is no name of a context; use 1 to 64 of "
                                                   "a-z 0-9 . _ -"));
  }
  MIG_RETURN_IF_ERROR(CheckEndpoint(context.endpoint));
  if (!context.enrollment.empty()) MIG_RETURN_IF_ERROR(CheckEndpoint(context.enrollment));
  MIG_ASSIGN_OR_RETURN(Contents contents, Read());
  contents.contexts[context.name] = context;
  if (contents.current.empty()) contents.current = context.name;
  return Write(contents);
}

absl::Status ContextStore::Use(absl::string_view name) const {
  MIG_RETURN_IF_ERROR(Get(name).status());
  MIG_ASSIGN_OR_RETURN(Contents contents, Read());
  contents.current = std::string(name);
  return Write(contents);
}

std::string ContextStore::PathOf(absl::string_view name, absl::string_view file) const {
  return base::JoinPath(base::JoinPath(directory_, name), file);
}

std::string ContextStore::CaFile(absl::string_view name) const {
  return PathOf(name, "servers-ca.pem");
}
std::string ContextStore::RootFile(absl::string_view name) const { return PathOf(name, "root"); }
std::string ContextStore::KeyFile(absl::string_view name) const {
  return PathOf(name, "operator.key");
}
std::string ContextStore::CertificateFile(absl::string_view name) const {
  return PathOf(name, "operator.pem");
}
std::string ContextStore::TrustedDirectory(absl::string_view name) const {
  return PathOf(name, "trusted");
}

absl::Status ContextStore::MakeDirectory(absl::string_view name) const {
  return files_.MakeDirectory(base::JoinPath(directory_, name), 0700);
}

}  // namespace mig::ctl
