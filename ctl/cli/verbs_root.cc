// migctl root new|sign|show

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/signing.h"
#include "ctl/documents/make_root.h"
#include "ctl/documents/screen.h"
#include "ctl/documents/spans.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/words.h"
#include "trust/document_type.h"
#include "trust/x509/certificate.h"

namespace mig::ctl {
namespace {

namespace x509 = trust::x509;

struct RootArguments {
  std::string from;
  std::string out;
  std::string root_role;
  std::string release_role;
  std::string rollout_role;
  std::string online_role;
  std::string trust_domain;
  std::vector<std::string> products;
  std::vector<std::string> streams;
  std::vector<std::string> floors;    // PRODUCT=SEQUENCE
  std::vector<std::string> withdraw;  // PRODUCT=DIGEST
  std::string least_soak;
  std::string largest_share;
  std::string longest_life;
  std::string longest_baseline;
  std::string oldest_plan;
  std::vector<std::string> server_ca;
  std::vector<std::string> loader_ca;
  std::vector<std::string> operator_ca;
  std::string expires = "12mo";
};

absl::Status ReadRoles(const RootArguments& arguments, const LocalFiles& files, RootSpec& spec) {
  struct Flag {
    const std::string& text;
    RoleKeys& role;
    absl::string_view name;
  };
  for (const Flag& flag : {Flag{arguments.root_role, spec.root, "--root"},
                           Flag{arguments.release_role, spec.release, "--release"},
                           Flag{arguments.rollout_role, spec.rollout, "--rollout"},
                           Flag{arguments.online_role, spec.online, "--online"}}) {
    if (flag.text.empty() && !flag.role.keys.empty()) continue;
    if (flag.text.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag.name, " is missing: FILE,FILE,...:THRESHOLD of public keys"));
    }
    MIG_ASSIGN_OR_RETURN(flag.role, ReadRoleKeys(flag.text, files));
  }
  return absl::OkStatus();
}

absl::Status ReadRules(const RootArguments& arguments, trust::PlanRules& rules) {
  struct Flag {
    const std::string& text;
    absl::Duration& value;
  };
  for (const Flag& flag : {Flag{arguments.least_soak, rules.least_soak},
                           Flag{arguments.longest_life, rules.longest_life},
                           Flag{arguments.longest_baseline, rules.longest_baseline},
                           Flag{arguments.oldest_plan, rules.max_plan_age}}) {
    if (flag.text.empty()) continue;
    MIG_ASSIGN_OR_RETURN(flag.value, ParseSpan(flag.text));
  }
  if (!arguments.largest_share.empty()) {
    MIG_ASSIGN_OR_RETURN(rules.largest_share_ppm, ParseShare(arguments.largest_share));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<x509::Certificate>> ReadCas(const std::vector<std::string>& paths,
                                                       absl::string_view what,
                                                       const LocalFiles& files) {
  std::vector<x509::Certificate> certificates;
  for (const std::string& path : paths) {
    MIG_ASSIGN_OR_RETURN(const std::string pem, files.Read(path, base::kMaxPemFileBytes, what));
    const auto chain = x509::Certificate::ParsePemChain(pem);
    if (!chain.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", chain.status().message()));
    }
    for (const x509::Certificate& certificate : *chain) {
      if (!certificate.is_ca()) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": ", what, " is no CA's certificate; name the right file"));
      }
      certificates.push_back(certificate);
    }
  }
  return certificates;
}

absl::Status ReadAuthorities(const RootArguments& arguments, const LocalFiles& files,
                             RootSpec& spec) {
  if (!arguments.server_ca.empty()) {
    MIG_ASSIGN_OR_RETURN(const auto servers,
                         ReadCas(arguments.server_ca, "the servers' CA", files));
    spec.server_cas.clear();
    for (const x509::Certificate& ca : servers) spec.server_cas.push_back(ca.der());
  }
  const auto digests = [&](const std::vector<std::string>& paths, absl::string_view what,
                           std::vector<base::Digest>& out) -> absl::Status {
    if (paths.empty()) return absl::OkStatus();
    MIG_ASSIGN_OR_RETURN(const auto cas, ReadCas(paths, what, files));
    out.clear();
    for (const x509::Certificate& ca : cas) out.push_back(ca.spki_digest());
    return absl::OkStatus();
  };
  MIG_RETURN_IF_ERROR(digests(arguments.loader_ca, "the loaders' CA", spec.loader_ca_spki_digests));
  return digests(arguments.operator_ca, "the operators' CA", spec.operator_ca_spki_digests);
}

// PRODUCT=VALUE of a product that the root has.
absl::StatusOr<std::pair<trust::RootProduct*, std::string>> ProductFlag(const std::string& text,
                                                                        RootSpec& spec) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  for (trust::RootProduct& product : spec.products) {
    if (parts.size() == 2 && product.product == parts[0]) return std::pair(&product, parts[1]);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "': write PRODUCT=VALUE with a product of this root"));
}

absl::Status ReadLines(const RootArguments& arguments, RootSpec& spec) {
  const auto known = [&](const auto& lines, const auto& name) {
    for (const auto& line : lines) {
      if (name(line)) return true;
    }
    return false;
  };
  for (const std::string& product : arguments.products) {
    if (!known(spec.products, [&](const auto& line) { return line.product == product; })) {
      spec.products.push_back({product});
    }
  }
  for (const std::string& stream : arguments.streams) {
    if (!known(spec.streams, [&](const auto& line) { return line.stream == stream; })) {
      spec.streams.push_back({stream});
    }
  }
  for (const std::string& text : arguments.floors) {
    MIG_ASSIGN_OR_RETURN(const auto flag, ProductFlag(text, spec));
    uint64_t floor = 0;
    if (!absl::SimpleAtoi(flag.second, &floor) || floor < flag.first->floor) {
      return absl::InvalidArgumentError(
          absl::StrCat("--floor ", text, ": a floor is a sequence, and never goes down (now ",
                       flag.first->floor, ")"));
    }
    flag.first->floor = floor;
  }
  for (const std::string& text : arguments.withdraw) {
    MIG_ASSIGN_OR_RETURN(const auto flag, ProductFlag(text, spec));
    const auto digest = base::Digest::FromHex(flag.second);
    if (!digest.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--withdraw ", text, ": write PRODUCT= and the manifest's sha256 in hex"));
    }
    flag.first->withdrawn.push_back(*digest);
  }
  return absl::OkStatus();
}

absl::StatusOr<int> NewRoot(Session& session, const RootArguments& arguments) {
  RootSpec spec = NewRootSpec();
  if (!arguments.from.empty()) {
    MIG_ASSIGN_OR_RETURN(const auto before, ReadRootFile(arguments.from, session.files()));
    spec = SuccessorSpec(*before);
  }
  if (!arguments.trust_domain.empty()) spec.trust_domain = arguments.trust_domain;
  if (spec.trust_domain.empty()) {
    return absl::InvalidArgumentError("--trust-domain is missing: as in corp.example");
  }
  MIG_RETURN_IF_ERROR(ReadRoles(arguments, session.files(), spec));
  MIG_RETURN_IF_ERROR(ReadLines(arguments, spec));
  MIG_RETURN_IF_ERROR(ReadRules(arguments, spec.rules));
  MIG_RETURN_IF_ERROR(ReadAuthorities(arguments, session.files(), spec));
  spec.issued = session.now();
  MIG_ASSIGN_OR_RETURN(const Moment expires, ParseMoment(arguments.expires));
  spec.expires = expires.From(session.now());
  MIG_ASSIGN_OR_RETURN(const trust::Envelope envelope, MakeRoot(spec));
  MIG_ASSIGN_OR_RETURN(const trust::Root root, trust::Root::Parse(envelope.payload()));
  MIG_RETURN_IF_ERROR(session.files().WriteNew(arguments.out, envelope.Serialize(), 0644));
  session.console().Err(ScreenOf(root).Render());
  session.Show(absl::StrCat(arguments.out, "  root ", root.version(), "  sha256 ",
                            SpokenDigest(envelope.digest()), "  0 signatures\n"),
               JsonObject({{"file", arguments.out}, {"digest", envelope.digest().ToHex()}}));
  session.Next(absl::StrCat("each holder: migctl root sign ", arguments.out, " --key KEY"));
  return kExitOk;
}

void AddRepeated(CLI::App* verb, const std::string& name, std::vector<std::string>& values,
                 const std::string& help) {
  verb->add_option(name, values, help)->take_all()->allow_extra_args(false);
}

void AddNew(CommandLine& line, CLI::App* noun) {
  CLI::App* const verb = line.Verb(noun, "new", "make a root, or a successor, for signing",
                                   "migctl root new --from root-1 --floor agent=118 --out root-2");
  const auto arguments = std::make_shared<RootArguments>();
  verb->add_option("--from", arguments->from, "the root before; what is not said stays as there");
  verb->add_option("--root", arguments->root_role, "a.pub,b.pub,c.pub:2");
  verb->add_option("--release", arguments->release_role, "release keys, the same way");
  verb->add_option("--rollout", arguments->rollout_role,
                   "rollout keys; :2:3 is threshold and emergency threshold");
  verb->add_option("--online", arguments->online_role, "the coordinator's online.key.pub");
  verb->add_option("--trust-domain", arguments->trust_domain, "corp.example");
  AddRepeated(verb, "--product", arguments->products, "a product; may be repeated");
  AddRepeated(verb, "--stream", arguments->streams, "a stream of plans; may be repeated");
  AddRepeated(verb, "--floor", arguments->floors, "PRODUCT=SEQUENCE: nothing lower ever again");
  AddRepeated(verb, "--withdraw", arguments->withdraw, "PRODUCT=SHA256 of a manifest");
  verb->add_option("--least-soak", arguments->least_soak, "between waves (1h)");
  verb->add_option("--largest-share", arguments->largest_share, "of one wave (75%)");
  verb->add_option("--longest-life", arguments->longest_life, "of a plan (30d)");
  verb->add_option("--longest-baseline", arguments->longest_baseline, "of a plan (90d)");
  verb->add_option("--oldest-plan", arguments->oldest_plan, "older is STALE (90d)");
  AddRepeated(verb, "--server-ca", arguments->server_ca, "PEM; may be repeated");
  AddRepeated(verb, "--loader-ca", arguments->loader_ca, "PEM; may be repeated");
  AddRepeated(verb, "--operator-ca", arguments->operator_ca, "PEM; may be repeated");
  verb->add_option("--expires", arguments->expires, "12mo, or a time");
  verb->add_option("--out", arguments->out, "file to write")->required();
  line.Does(verb, arguments, NewRoot);
}

}  // namespace

void AddRootVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("root", "roots of trust, offline", "migctl root show root-1");
  AddNew(line, noun);
  CLI::App* const sign = line.Verb(noun, "sign", "add your signature to a root's file",
                                   "migctl root sign root-2 --key ana-root");
  const auto signed_one = std::make_shared<SignArguments>();
  sign->add_option("FILE", signed_one->document, "the root")->required();
  sign->add_option("--key", signed_one->key, "your key: a file, or a name in --key-dir")
      ->required();
  line.Does(sign, signed_one, [](Session& session, const SignArguments& arguments) {
    return Sign(session, trust::DocumentType::kRoot, arguments);
  });
  CLI::App* const show = line.Verb(noun, "show", "what a root's file says, and who has signed");
  const auto shown = std::make_shared<SignArguments>();
  show->add_option("FILE", shown->document, "the root")->required();
  line.Reads(show);
  line.Does(show, shown, [](Session& session, const SignArguments& arguments) {
    return ShowDocument(session, trust::DocumentType::kRoot, arguments.document);
  });
}

}  // namespace mig::ctl
