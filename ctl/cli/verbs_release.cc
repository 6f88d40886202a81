// migctl release publish|sign|show|list

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/documents.h"
#include "ctl/cli/signing.h"
#include "ctl/documents/make_release.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/progress.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "trust/document_type.h"

namespace mig::ctl {
namespace {

struct PublishArguments {
  std::string product;
  std::string version;
  std::vector<std::string> variants;
  std::vector<std::string> files;
  // Which of both came when: true stands for a --variant.
  std::vector<bool> order;
  std::vector<std::string> retire;
  std::vector<std::string> requires_text;  // PRODUCT=SEQUENCE
  std::vector<std::string> confidential;
};

absl::StatusOr<ComponentFile> ParseFile(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (parts.size() == 2 && !parts[0].empty() && !parts[1].empty()) {
    return ComponentFile{parts[0], parts[1]};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "': write COMPONENT=FILE, as in agent=./mig-agent"));
}

// Files belong to the --variant before them; those before any are of one for every host.
absl::StatusOr<std::vector<VariantFiles>> VariantsOf(const PublishArguments& arguments) {
  std::vector<VariantFiles> variants;
  size_t next_variant = 0;
  size_t next_file = 0;
  for (const bool is_variant : arguments.order) {
    if (is_variant && next_variant < arguments.variants.size()) {
      variants.push_back({arguments.variants[next_variant++], {}});
    } else if (!is_variant && next_file < arguments.files.size()) {
      if (variants.empty()) variants.emplace_back();
      MIG_ASSIGN_OR_RETURN(ComponentFile file, ParseFile(arguments.files[next_file++]));
      variants.back().files.push_back(std::move(file));
    }
  }
  return variants;
}

absl::StatusOr<ReleaseSpec> SpecOf(Session& session, const PublishArguments& arguments,
                                   const trust::Root& root) {
  ReleaseSpec spec;
  spec.product = arguments.product;
  spec.version = arguments.version;
  spec.issued = session.now();
  spec.retired = arguments.retire;
  spec.confidential = arguments.confidential;
  MIG_ASSIGN_OR_RETURN(spec.variants, VariantsOf(arguments));
  for (const std::string& text : arguments.requires_text) {
    const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
    trust::Requirement requirement;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &requirement.least.sequence)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--requires ", text, ": write PRODUCT=SEQUENCE, as release list shows it"));
    }
    requirement.product = parts[0];
    const trust::RootProduct* const product = root.product(requirement.product);
    requirement.least.epoch = product == nullptr ? 0 : product->epoch;
    spec.requirements.push_back(std::move(requirement));
  }
  return spec;
}

// Uploads what the coordinator has not.
absl::Status UploadMissing(Session& session, AdminClient& admin,
                           const std::vector<LocalContent>& contents) {
  std::map<std::string, const LocalContent*> by_digest;
  v1::FindBlobsRequest request;
  for (const LocalContent& content : contents) {
    if (content.size_bytes == 0) continue;  // an empty file needs no request, ever
    by_digest[std::string(content.digest.bytes())] = &content;
    request.add_digests(std::string(content.digest.bytes()));
  }
  if (by_digest.empty()) return absl::OkStatus();
  MIG_ASSIGN_OR_RETURN(const v1::FindBlobsAnswer answer, admin.FindBlobs(request));
  for (const std::string& digest : answer.missing_digests()) {
    const auto found = by_digest.find(digest);
    if (found == by_digest.end()) continue;
    const LocalContent& content = *found->second;
    MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file,
                         session.files().Open(content.path, "a component"));
    v1::BlobStart start;
    start.set_digest(digest);
    start.set_size_bytes(content.size_bytes);
    Progress progress(session.console(), content.path, content.size_bytes);
    MIG_ASSIGN_OR_RETURN(
        const v1::UploadBlobAnswer uploaded,
        admin.UploadBlob(start, *file, [&](uint64_t sent) { progress.Report(sent); }));
    if (uploaded.digest() != digest) {
      return absl::DataLossError(absl::StrCat(
          content.path, ": the coordinator stored other bytes than were sent; publish again"));
    }
  }
  return absl::OkStatus();
}

// What became of a component since the last release, over all variants.
std::string Since(const trust::Component& component, size_t variant,
                  const std::optional<trust::Verified<trust::Manifest>>& last) {
  if (!last.has_value()) return "new";
  const std::vector<trust::Variant>& variants = (*last)->variants();
  const trust::Component* const before =
      variant < variants.size() ? variants[variant].component(component.name) : nullptr;
  if (before == nullptr) return "new";
  return before->digest == component.digest ? "same" : "changed";
}

std::string ComponentTable(Session& session, const trust::Manifest& manifest,
                           const std::optional<trust::Verified<trust::Manifest>>& last) {
  const std::string since =
      last.has_value() ? absl::StrCat("SINCE ", (*last)->version()) : "SINCE -";
  Table table({"VARIANT", "COMPONENT", "SIZE", "SHA256", since});
  for (size_t i = 0; i < manifest.variants().size(); ++i) {
    for (const trust::Component& component : manifest.variants()[i].components) {
      table.AddRow({absl::StrCat(i), component.name, SizeWords(component.size_bytes),
                    component.digest.ToHex(), Since(component, i, last)});
    }
  }
  return table.Render(session.console().facts());
}

// Whether both give every host the same files.
bool SameContents(const trust::Manifest& a, const trust::Manifest& b) {
  const auto same_file = [](const trust::Component& x, const trust::Component& y) {
    return x.name == y.name && x.digest == y.digest;
  };
  return std::ranges::equal(
      a.variants(), b.variants(), [&](const trust::Variant& x, const trust::Variant& y) {
        return x.filter == y.filter && std::ranges::equal(x.components, y.components, same_file);
      });
}

// The release of this name and these very files, if it was published before.
std::optional<trust::Envelope> PublishedBefore(Session& session, const std::string& name,
                                               const trust::Manifest& made) {
  const auto known = FindDocument(session, trust::DocumentType::kManifest, name);
  if (!known.ok()) return std::nullopt;
  const auto manifest = trust::Manifest::Parse(known->envelope.payload());
  if (!manifest.ok() || !SameContents(*manifest, made)) return std::nullopt;
  return known->envelope;
}

absl::StatusOr<int> Publish(Session& session, const PublishArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  MIG_ASSIGN_OR_RETURN(ReleaseSpec spec, SpecOf(session, arguments, **root));
  MIG_ASSIGN_OR_RETURN(const auto last, LastManifest(session, arguments.product));
  MIG_ASSIGN_OR_RETURN(spec.sequence, NextReleaseSequence(session, arguments.product));
  MIG_ASSIGN_OR_RETURN(const MadeRelease made, MakeRelease(spec, **root, session.files()));
  if (last.has_value()) MIG_RETURN_IF_ERROR(CheckNothingIsLost(**last, made.manifest));
  MIG_RETURN_IF_ERROR(UploadMissing(session, *admin, made.contents));
  const std::string name = absl::StrCat(spec.product, "@", spec.version);
  if (const auto before = PublishedBefore(session, name, made.manifest); before.has_value()) {
    session.Show(ComponentTable(session, made.manifest, last),
                 JsonObject({{"name", name}, {"digest", before->digest().ToHex()}}));
    session.console().Err(absl::StrCat(Shown(name), " was published before with these very files: ",
                                       "what the coordinator lacked of them was stored again.\n"));
    session.Next(absl::StrCat("migctl release show ", Shown(name)));
    return kExitOk;
  }
  v1::PutDocumentRequest request;
  request.set_envelope(made.envelope.Serialize());
  MIG_ASSIGN_OR_RETURN(const v1::DocumentInfo info, admin->PutDocument(request));

  session.Show(ComponentTable(session, made.manifest, last), ToJson(info));
  ReviewContext context;
  context.root = root;
  MIG_ASSIGN_OR_RETURN(const SignatureCount count, CountSignatures(made.envelope, context));
  session.console().Err(absl::StrCat("Release ", Shown(name), " sequence ", spec.sequence,
                                     ", sha256 ", made.envelope.digest().ToHex(), ", ",
                                     count.Words(), " signatures.\n"));
  session.Next(absl::StrCat("migctl release sign ", Shown(name), " --key KEY"));
  return kExitOk;
}

struct ListArguments {
  std::string product;
};

absl::StatusOr<int> ListReleases(Session& session, const ListArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListReleasesRequest request;
  request.set_product(arguments.product);
  std::vector<v1::Release> releases;
  do {
    MIG_ASSIGN_OR_RETURN(const v1::ListReleasesAnswer answer, admin->ListReleases(request));
    releases.insert(releases.end(), answer.releases().begin(), answer.releases().end());
    request.mutable_page()->set_token(answer.next_token());
  } while (!request.page().token().empty());
  Table table({"RELEASE", "SEQUENCE", "SIGNED", "INSTALLED", "BAD", "CONTENTS", "SHA256"});
  for (const v1::Release& release : releases) {
    const auto digest = base::Digest::FromBytes(release.manifest().digest());
    table.AddRow(
        {absl::StrCat(release.product(), "@", release.version()), absl::StrCat(release.sequence()),
         absl::StrCat(release.manifest().signature_count(), " of ", release.manifest().threshold()),
         CountWords(release.installed_hosts()), CountWords(release.bad_hosts()),
         release.missing_digests().empty()
             ? "all there"
             : absl::StrCat(release.missing_digests_size(), " missing"),
         digest.ok() ? ShortDigest(*digest) : "?"});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(releases)));
  session.Next(releases.empty() ? "migctl release publish --product agent --version 1.0 agent=FILE"
                                : "migctl release show PRODUCT@VERSION");
  return kExitOk;
}

void AddPublish(CommandLine& line, CLI::App* noun) {
  CLI::App* const verb = line.Verb(noun, "publish", "make a release of files, for signing",
                                   "migctl release publish --product agent --version 4.2.0 "
                                   "agent=./mig-agent");
  const auto arguments = std::make_shared<PublishArguments>();
  verb->add_option("--product", arguments->product, "which product")->required();
  verb->add_option("--version", arguments->version, "its version, for people")->required();
  CLI::Option* const variant =
      verb->add_option("--variant", arguments->variants,
                       "filter of the hosts that the files after it are for; may be repeated")
          ->take_all()
          ->allow_extra_args(false);
  CLI::Option* const file =
      verb->add_option("COMPONENT=FILE", arguments->files, "its files")->required();
  const auto repeated = [&](const std::string& name, std::vector<std::string>& values,
                            const std::string& help) {
    verb->add_option(name, values, help)->take_all()->allow_extra_args(false);
  };
  repeated("--retire", arguments->retire, "a component that leaves the set; may be repeated");
  repeated("--requires", arguments->requires_text, "PRODUCT=SEQUENCE that must be there first");
  repeated("--confidential", arguments->confidential, "a component that no mirror may have");
  line.Does(verb, arguments,
            [verb, variant, file](Session& session, const PublishArguments& given) {
              PublishArguments ordered = given;
              for (const CLI::Option* const each : verb->parse_order()) {
                if (each == variant) ordered.order.push_back(true);
                if (each == file) ordered.order.push_back(false);
              }
              return Publish(session, ordered);
            });
}

}  // namespace

void AddReleaseVerbs(CommandLine& line) {
  CLI::App* const noun =
      line.Noun("release", "releases of products", "migctl release show agent@4.2.0");
  AddPublish(line, noun);
  CLI::App* const sign = line.Verb(noun, "sign", "sign one: decoded, shown and compared here",
                                   "migctl release sign agent@4.2.0 --key ana-release");
  const auto signed_one = std::make_shared<SignArguments>();
  sign->add_option("RELEASE", signed_one->document, "PRODUCT@VERSION, a digest, or a file (./NAME)")
      ->required();
  sign->add_option("--key", signed_one->key, "your key: a file, or a name in --key-dir")
      ->required();
  line.Does(sign, signed_one, [](Session& session, const SignArguments& arguments) {
    return Sign(session, trust::DocumentType::kManifest, arguments);
  });
  CLI::App* const show = line.Verb(noun, "show", "what one says, and who has signed");
  const auto shown = std::make_shared<SignArguments>();
  show->add_option("RELEASE", shown->document, "PRODUCT@VERSION, a digest, or a file (./NAME)")
      ->required();
  line.Reads(show);
  line.Does(show, shown, [](Session& session, const SignArguments& arguments) {
    return ShowDocument(session, trust::DocumentType::kManifest, arguments.document);
  });
  CLI::App* const list =
      line.Verb(noun, "list", "list them, newest first", "migctl release list --product agent");
  const auto listed = std::make_shared<ListArguments>();
  list->add_option("--product", listed->product, "of one product only");
  line.Reads(list);
  line.Does(list, listed, ListReleases);
}

}  // namespace mig::ctl
