// migctl context list|use|set

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "trust/x509/certificate.h"

namespace mig::ctl {
namespace {

struct ContextArguments {
  std::string name;
  std::string endpoint;
  std::string enrollment;
  std::string ca;
  std::string root;
  bool use = false;
};

// One context, as it is now.
absl::StatusOr<Json> JsonOf(Session& session, const ContextStore& store, const Context& context) {
  MIG_ASSIGN_OR_RETURN(const std::string current, store.Current());
  return JsonObject({{"name", context.name},
                     {"endpoint", context.endpoint},
                     {"current", context.name == current},
                     {"login", session.files().Exists(store.CertificateFile(context.name))},
                     {"root", session.files().Exists(store.RootFile(context.name))}});
}

absl::StatusOr<int> List(Session& session, const ContextArguments&) {
  MIG_ASSIGN_OR_RETURN(const ContextStore store, session.contexts());
  MIG_ASSIGN_OR_RETURN(const std::vector<Context> contexts, store.List());
  MIG_ASSIGN_OR_RETURN(const std::string current, store.Current());
  Table table({"CURRENT", "NAME", "ENDPOINT", "LOGIN", "ROOT"});
  std::vector<Json> json;
  for (const Context& context : contexts) {
    const bool is_current = context.name == current;
    const bool has_login = session.files().Exists(store.CertificateFile(context.name));
    const bool has_root = session.files().Exists(store.RootFile(context.name));
    table.AddRow({is_current ? "*" : "", context.name, context.endpoint, has_login ? "yes" : "no",
                  has_root ? "yes" : "no"});
    MIG_ASSIGN_OR_RETURN(Json one, JsonOf(session, store, context));
    json.push_back(std::move(one));
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, JsonList(json)));
  if (contexts.empty()) {
    session.Next("migctl context set NAME --endpoint HOST:8445 --ca FILE --root FILE");
  }
  return kExitOk;
}

absl::StatusOr<int> Use(Session& session, const ContextArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const ContextStore store, session.contexts());
  MIG_ASSIGN_OR_RETURN(const Context context, store.Get(arguments.name));
  MIG_RETURN_IF_ERROR(store.Use(arguments.name));
  MIG_ASSIGN_OR_RETURN(const Json json, JsonOf(session, store, context));
  session.Show("", json);
  session.console().Err(absl::StrCat("context ", arguments.name, " is the current one\n"));
  session.Next("migctl whoami");
  return kExitOk;
}

absl::StatusOr<int> Set(Session& session, const ContextArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const ContextStore store, session.contexts());
  Context context;
  if (const absl::StatusOr<Context> known = store.Get(arguments.name); known.ok()) {
    context = *known;
  } else if (!absl::IsNotFound(known.status())) {
    return known.status();
  }
  context.name = arguments.name;
  if (!arguments.endpoint.empty()) context.endpoint = arguments.endpoint;
  if (!arguments.enrollment.empty()) context.enrollment = arguments.enrollment;
  // All that can be wrong first: after it everything is written.
  std::string ca;
  if (!arguments.ca.empty()) {
    MIG_ASSIGN_OR_RETURN(ca, ReadServersCa(arguments.ca, session.files()));
  }
  std::optional<trust::Verified<trust::Root>> root;
  if (!arguments.root.empty()) {
    MIG_ASSIGN_OR_RETURN(root, ReadRootFile(arguments.root, session.files()));
  }
  MIG_RETURN_IF_ERROR(store.Set(context));
  MIG_RETURN_IF_ERROR(store.MakeDirectory(context.name));
  if (!ca.empty()) {
    MIG_RETURN_IF_ERROR(session.files().Replace(store.CaFile(context.name), ca, 0644));
  }
  if (root.has_value()) {
    MIG_RETURN_IF_ERROR(
        session.files().Replace(store.RootFile(context.name), root->envelope(), 0644));
    session.console().Err(absl::StrCat("trusts root ", (*root)->version(), " of ",
                                       (*root)->head().trust_domain, ", sha256 ",
                                       SpokenDigest(root->digest()), "\n"));
  }
  if (arguments.use) MIG_RETURN_IF_ERROR(store.Use(context.name));
  MIG_ASSIGN_OR_RETURN(const Json json, JsonOf(session, store, context));
  session.Show("", json);
  session.console().Err(absl::StrCat("context ", context.name, ": ", context.endpoint, "\n"));
  if (!session.files().Exists(store.CaFile(context.name))) {
    session.Next(absl::StrCat("migctl context set ", context.name, " --ca servers-ca.pem"));
  } else if (!session.files().Exists(store.CertificateFile(context.name))) {
    session.Next("migctl login --token-file FILE");
  } else {
    session.Next("migctl whoami");
  }
  return kExitOk;
}

}  // namespace

void AddContextVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("context", "coordinators that are known here",
                                   "migctl context set prod --endpoint mig.example:8445 --ca "
                                   "servers-ca.pem --root root-1 --use");
  CLI::App* const list = line.Verb(noun, "list", "list them");
  line.Reads(list);
  line.Does(list, std::make_shared<ContextArguments>(), List);

  CLI::App* const use = line.Verb(noun, "use", "choose one", "migctl context use prod");
  const auto chosen = std::make_shared<ContextArguments>();
  use->add_option("NAME", chosen->name, "its name")->required();
  line.Does(use, chosen, Use);

  CLI::App* const set = line.Verb(noun, "set", "add or change one");
  const auto added = std::make_shared<ContextArguments>();
  set->add_option("NAME", added->name, "its name: a-z 0-9 . _ -")->required();
  set->add_option("--endpoint", added->endpoint, "HOST:PORT of the operators' listener (8445)");
  set->add_option("--ca", added->ca, "PEM of the CA of the coordinator's server; copied");
  set->add_option("--root", added->root, "the root that you compared with its holders; copied");
  set->add_option("--enrollment", added->enrollment,
                  "HOST:PORT for logins (default: the endpoint's host at 8444)");
  set->add_flag("--use", added->use, "and choose it");
  line.Does(set, added, Set);
}

}  // namespace mig::ctl
