#include "sim/virtual/copy.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "loader/run/recover_run.h"
#include "loader/run/run.h"
#include "sim/world/documents.h"
#include "trust/testing/test_authority.h"

namespace mig::sim {

Copy::Copy(const Machine& machine, absl::Time now)
    : world_(machine.world()),
      index_(machine.index()),
      image_(machine.disk().SeenImage()),
      coordinator_(clock_) {
  clock_.Advance(now - clock_.WallNow());
  Build();
}

Copy::Copy(Copy& other, const base::DiskImage& image)
    : world_(other.world_),
      index_(other.index_),
      image_(image),
      coordinator_(clock_, other.coordinator_.keys) {
  // A little later, as the machine that boots.
  clock_.Advance(other.clock().WallNow() + absl::Minutes(1) - clock_.WallNow());
  Build();
}

void Copy::Build() {
  machine_ = std::make_unique<Machine>(world_, index_, clock_, coordinator_, image_);
  machine_->behaves = [this] {
    const FileSet files = Files();
    if (files != files_before_) ++starts_;
    return script_of ? script_of(files) : loader::testing::AgentScript::Healthy();
  };
  coordinator_.any_ticket_is_good = true;
  files_before_ = Files();
  installed_before_ = Installed();
}

loader::RunResult Copy::Run() { return loader::Run(machine_->host(), loader::When::kNow); }

loader::RunResult Copy::Recover() { return loader::RecoverRun(machine_->host()); }

Copy::Offer Copy::MakeOffer(uint64_t sequence, const EditPlan& edit) {
  const loader::testing::Contents contents = {
      {"agent", absl::StrCat("agent number ", sequence)},
      {"configuration", absl::StrCat("configuration number ", sequence)}};
  Offer offer;
  offer.contents = contents;
  for (const auto& [name, bytes] : contents) offer.files[PathOf(name)].Write(0, bytes);
  std::set<std::string> retired;
  for (const SignedRelease& release : world_.documents().releases()) {
    for (const auto& [name, content] : release.components) {
      if (contents.count(name) == 0) retired.insert(name);
    }
  }
  offer.manifest =
      coordinator_.PublishRelease(sequence, contents, [&retired](v1::Manifest& manifest) {
        for (const std::string& name : retired) manifest.add_retired(name);
      });
  offer.plan = coordinator_.PublishPlan(sequence, offer.manifest, edit);
  return offer;
}

void Copy::Assign(const Offer& offer) {
  coordinator_.assigned[std::string(kProduct)] = {.manifest = offer.manifest, .plan = offer.plan};
}

Copy::FileSet Copy::Files() const {
  FileSet files;
  const base::DiskImage image = machine_->disk().SeenImageUnder(ManagedPaths());
  for (const auto& [path, node] : ManagedFilesOf(image)) files[path] = node->contents;
  return files;
}

std::optional<base::Digest> Copy::Installed() const {
  const LoaderState state = machine_->State();
  if (!state.trusted.has_value()) return std::nullopt;
  const trust::TrustedProduct* product = state.trusted->product(kProduct);
  if (product == nullptr || !product->installed.has_value()) return std::nullopt;
  return product->installed->manifest;
}

bool Copy::Has(const Offer& offer) const {
  return Files() == offer.files && Installed() == offer.manifest && !machine_->State().has_journal;
}

bool Copy::IsUnchanged() const {
  return Files() == files_before_ && Installed() == installed_before_ &&
         !machine_->State().has_journal;
}

}  // namespace mig::sim
