#include "ctl/documents/make_release.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/hash_file.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "proto/mig/v1/manifest.pb.h"
#include "rollout/field.h"
#include "rollout/filter.h"
#include "trust/names.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

// Hashes files, each path once.
class Hasher {
 public:
  explicit Hasher(const LocalFiles& files) : files_(files) {}

  absl::StatusOr<LocalContent> Hash(const ComponentFile& component) {
    if (const auto known = by_path_.find(component.path); known != by_path_.end()) {
      return known->second;
    }
    const std::string what = absl::StrCat("component '", component.component, "'");
    MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, files_.Open(component.path, what));
    const absl::StatusOr<base::FileDigest> hash = base::HashFile(*file, base::kMaxComponentBytes);
    if (!hash.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(component.path, ": ", what, ": ", hash.status().message(),
                       "; a component is a readable file of at most 1 GiB"));
    }
    LocalContent content = {hash->digest, hash->size_bytes, component.path};
    by_path_.emplace(component.path, content);
    return content;
  }

  std::vector<LocalContent> Contents() const {
    std::map<base::Digest, LocalContent> by_digest;
    for (const auto& [path, content] : by_path_) by_digest.emplace(content.digest, content);
    std::vector<LocalContent> contents;
    for (const auto& [digest, content] : by_digest) contents.push_back(content);
    return contents;
  }

 private:
  const LocalFiles& files_;
  std::map<std::string, LocalContent> by_path_;
};

absl::Status CheckNames(const ReleaseSpec& spec) {
  if (spec.variants.empty()) {
    return absl::InvalidArgumentError("a release without files; add COMPONENT=FILE");
  }
  std::set<std::string> all;
  for (size_t i = 0; i < spec.variants.size(); ++i) {
    std::set<std::string> names;
    if (spec.variants[i].files.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("variant ", i, " has no files; add COMPONENT=FILE after its --variant"));
    }
    for (const ComponentFile& file : spec.variants[i].files) {
      if (!trust::IsComponentName(file.component)) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", file.component,
                         "' is no name of a component; use a-z 0-9 . _ - (not first a "
                         "dot), or two such names with / between"));
      }
      if (!names.insert(file.component).second) {
        return absl::InvalidArgumentError(absl::StrCat("variant ", i, ": component '",
                                                       file.component,
                                                       "' is there twice; leave "
                                                       "one out"));
      }
      all.insert(file.component);
    }
  }
  for (const std::string& name : spec.confidential) {
    if (!all.contains(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--confidential ", name, ": no variant has that component"));
    }
  }
  return absl::OkStatus();
}

absl::Status FillVariant(const ReleaseSpec& spec, size_t index, Hasher& hasher, v1::Variant& out) {
  const VariantFiles& variant = spec.variants[index];
  const absl::StatusOr<rollout::Filter> filter =
      rollout::Filter::Parse(variant.filter, rollout::FieldSet::kVariant);
  if (!filter.ok()) {
    return trust::WithContext(absl::StrCat("variant ", index), filter.status());
  }
  out.set_filter(filter->text());
  std::vector<ComponentFile> files = variant.files;
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.component < b.component; });
  for (const ComponentFile& file : files) {
    MIG_ASSIGN_OR_RETURN(const LocalContent content, hasher.Hash(file));
    v1::Component& component = *out.add_components();
    component.set_name(file.component);
    component.set_size_bytes(content.size_bytes);
    component.set_sha256(std::string(content.digest.bytes()));
    component.set_confidential(
        std::count(spec.confidential.begin(), spec.confidential.end(), file.component) > 0);
  }
  return absl::OkStatus();
}

std::set<std::string> ComponentsOf(const trust::Manifest& manifest) {
  std::set<std::string> names;
  for (const trust::Variant& variant : manifest.variants()) {
    for (const trust::Component& component : variant.components) names.insert(component.name);
  }
  return names;
}

}  // namespace

absl::StatusOr<MadeRelease> MakeRelease(const ReleaseSpec& spec, const trust::Root& root,
                                        const LocalFiles& files) {
  const trust::RootProduct* const product = root.product(spec.product);
  if (product == nullptr) {
    return trust::Refuse(v1::Refusal::NOT_IN_ROOT,
                         absl::StrCat("root ", root.version(), " has no product '", spec.product,
                                      "'; add it with migctl root new --from"));
  }
  MIG_RETURN_IF_ERROR(CheckNames(spec));

  v1::Manifest manifest;
  manifest.set_format(1);
  manifest.set_trust_domain(root.head().trust_domain);
  manifest.set_issued_ms(absl::ToUnixMillis(spec.issued));
  manifest.set_product(spec.product);
  manifest.set_version(spec.version);
  manifest.set_epoch(product->epoch);
  manifest.set_sequence(spec.sequence);
  Hasher hasher(files);
  for (size_t i = 0; i < spec.variants.size(); ++i) {
    MIG_RETURN_IF_ERROR(FillVariant(spec, i, hasher, *manifest.add_variants()));
  }
  for (const std::string& name : std::set<std::string>(spec.retired.begin(), spec.retired.end())) {
    manifest.add_retired(name);
  }
  std::map<std::string, trust::Numbers> requirements;
  for (const trust::Requirement& requirement : spec.requirements) {
    requirements[requirement.product] = requirement.least;
  }
  for (const auto& [required, least] : requirements) {
    v1::Requirement& added = *manifest.add_requirements();
    added.set_product(required);
    added.set_epoch(least.epoch);
    added.set_sequence(least.sequence);
  }

  std::string payload = manifest.SerializeAsString();
  MIG_ASSIGN_OR_RETURN(trust::Manifest parsed, trust::Manifest::Parse(payload));
  MIG_ASSIGN_OR_RETURN(
      trust::Envelope envelope,
      trust::Envelope::Unsigned(trust::DocumentType::kManifest, std::move(payload)));
  return MadeRelease{std::move(envelope), std::move(parsed), hasher.Contents()};
}

absl::Status CheckNothingIsLost(const trust::Manifest& last, const trust::Manifest& next) {
  const std::set<std::string> names = ComponentsOf(next);
  std::vector<std::string> flags;
  for (const std::string& name : ComponentsOf(last)) {
    const bool is_retired = std::count(next.retired().begin(), next.retired().end(), name) > 0;
    if (!names.contains(name) && !is_retired) flags.push_back(absl::StrCat("--retire ", name));
  }
  if (flags.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      last.product(), " ", last.version(), " has components that ", next.version(),
      " has not, and hosts would refuse it; add the files, or ", absl::StrJoin(flags, " ")));
}

}  // namespace mig::ctl
