// migctl doctor: from this machine to the coordinator's own checks, each with the way out.

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

struct NoArguments {};

constexpr absl::Duration kRootWarning = absl::Hours(24 * 30);

class Report {
 public:
  void Add(absl::string_view name, v1::DoctorCheck::Result result, absl::string_view text,
           absl::string_view next_step) {
    v1::DoctorCheck check;
    check.set_name(std::string(name));
    check.set_result(result);
    check.set_text(std::string(text));
    check.set_next_step(std::string(next_step));
    checks_.push_back(std::move(check));
  }
  void AddAll(const v1::DoctorAnswer& answer) {
    for (const v1::DoctorCheck& check : answer.checks()) checks_.push_back(check);
  }
  void AddBad(absl::string_view name, const absl::Status& status, absl::string_view next_step) {
    Add(name, v1::DoctorCheck::BAD, status.message(), next_step);
  }

  bool HasBad() const {
    for (const v1::DoctorCheck& check : checks_) {
      if (check.result() == v1::DoctorCheck::BAD) return true;
    }
    return false;
  }
  absl::Status Show(Session& session) const {
    Table table({"CHECK", "RESULT", "SEEN", "NEXT"});
    for (const v1::DoctorCheck& check : checks_) {
      const absl::string_view mark = check.result() == v1::DoctorCheck::GOOD      ? "+ good"
                                     : check.result() == v1::DoctorCheck::WARNING ? "! soon"
                                                                                  : "x bad";
      table.AddRow({check.name(), std::string(mark), check.text(), check.next_step()});
    }
    return session.ShowPart(table, ToJsonList(checks_));
  }

 private:
  std::vector<v1::DoctorCheck> checks_;
};

void CheckCertificate(Session& session, const ContextStore& store, const Context& context,
                      Report& report) {
  const std::string file = store.CertificateFile(context.name);
  if (!session.files().Exists(file)) {
    report.Add("login", v1::DoctorCheck::BAD, "no certificate here yet",
               "migctl login --token-file FILE");
    return;
  }
  const auto pem = session.files().Read(file, base::kMaxPemFileBytes, "your certificate");
  if (!pem.ok()) return report.AddBad("login", pem.status(), "migctl login --token-file FILE");
  const auto chain = trust::x509::Certificate::ParsePemChain(*pem);
  if (!chain.ok()) {
    return report.Add("login", v1::DoctorCheck::BAD,
                      absl::StrCat(file, ": ", chain.status().message()),
                      "log in again: migctl login --token-file FILE");
  }
  const trust::x509::Certificate& leaf = chain->front();
  if (session.now() < leaf.not_before()) {
    report.Add("login", v1::DoctorCheck::BAD,
               absl::StrCat("this machine's clock is before the certificate's first day (",
                            TimeWords(leaf.not_before()), ")"),
               "set the clock");
  } else if (session.now() > leaf.not_after()) {
    report.Add("login", v1::DoctorCheck::WARNING,
               absl::StrCat("ended ", TimeWords(leaf.not_after())),
               "the next call renews it by proof of possession");
  } else {
    const auto id = leaf.spiffe_id();
    report.Add("login", v1::DoctorCheck::GOOD,
               absl::StrCat(id.ok() ? id->ToUri() : leaf.common_name(), ", until ",
                            TimeWords(leaf.not_after())),
               "");
  }
}

void CheckRoot(Session& session, Report& report) {
  const auto root = session.local_root();
  if (!root.ok()) {
    return report.AddBad("trusted root", root.status(), "migctl context set NAME --root FILE");
  }
  if (*root == nullptr) {
    report.Add("trusted root", v1::DoctorCheck::WARNING, "none: nothing can be signed or verified",
               "migctl context set NAME --root FILE");
    return;
  }
  const trust::Root& document = ***root;
  const std::string seen =
      absl::StrCat("root ", document.version(), " of ", document.head().trust_domain, ", expires ",
                   TimeWords(document.expires()));
  if (session.now() > document.expires() - kRootWarning) {
    report.Add("trusted root",
               session.now() > document.expires() ? v1::DoctorCheck::BAD : v1::DoctorCheck::WARNING,
               seen, "migctl root new --from ROOT, and its holders' signatures");
    return;
  }
  report.Add("trusted root", v1::DoctorCheck::GOOD, seen, "");
}

// What can be seen on this machine alone: what there is, and what is missing.
void DoctorWithoutContext(Session& session, const ContextStore& store, const absl::Status& why,
                          Report& report) {
  const absl::StatusOr<std::vector<Context>> known = store.List();
  if (!known.ok()) {
    report.AddBad("context", known.status(), "correct the file");
  } else if (known->empty()) {
    report.Add("context", v1::DoctorCheck::BAD, "no coordinator is known here",
               "migctl context set NAME --endpoint HOST:8445 --ca FILE --root FILE --use; to try "
               "it out, migctl trial init DIR first");
  } else {
    report.AddBad("context", why, "migctl context use NAME");
  }
  report.Add("login", v1::DoctorCheck::BAD, "none without a context",
             "after it, migctl login --token-file FILE");
  CheckRoot(session, report);
  report.Add("coordinator", v1::DoctorCheck::BAD, "not asked: no context says where it is", "");
}

absl::StatusOr<int> Doctor(Session& session, const NoArguments&) {
  Report report;
  MIG_ASSIGN_OR_RETURN(const ContextStore store, session.contexts());
  const absl::StatusOr<Context> chosen = session.context();
  if (!chosen.ok()) {
    DoctorWithoutContext(session, store, chosen.status(), report);
    MIG_RETURN_IF_ERROR(report.Show(session));
    return kExitPrecondition;
  }
  const Context& context = *chosen;
  report.Add("context", v1::DoctorCheck::GOOD, absl::StrCat(context.name, ", ", context.endpoint),
             "");
  CheckCertificate(session, store, context, report);
  CheckRoot(session, report);

  ExitCode exit = kExitFailed;
  const absl::StatusOr<AdminClient*> admin = session.admin();
  if (!admin.ok()) {
    report.AddBad("coordinator", admin.status(), "see the lines above");
  } else {
    const absl::StatusOr<v1::DoctorAnswer> answer = (*admin)->Doctor(v1::DoctorRequest());
    if (answer.ok()) {
      report.Add("coordinator", v1::DoctorCheck::GOOD,
                 absl::StrCat("version ", answer->coordinator_version(), ", root ",
                              answer->root_version()),
                 "");
      report.AddAll(*answer);
    } else {
      report.AddBad("coordinator", answer.status(), "");
      exit = ExitCodeOf(answer.status());
    }
  }
  MIG_RETURN_IF_ERROR(report.Show(session));
  return report.HasBad() ? exit : kExitOk;
}

}  // namespace

void AddDoctorVerb(CommandLine& line) {
  CLI::App* const verb = line.Verb(
      &line.app, "doctor", "check this machine, the way, and the coordinator", "migctl doctor");
  line.Reads(verb);
  line.Does(verb, std::make_shared<NoArguments>(), Doctor);
}

}  // namespace mig::ctl
