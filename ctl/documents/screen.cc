#include "ctl/documents/screen.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/sha256.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "trust/document_type.h"
#include "trust/public_key.h"

namespace mig::ctl {
namespace {

constexpr absl::string_view kIssued = "issued";

std::string RoleWords(const trust::Role& role) {
  std::string words = absl::StrCat(role.threshold, " of ", role.keys.size());
  if (role.kind == trust::RoleKind::kRollout) {
    absl::StrAppend(&words, ", emergency ", role.emergency_threshold);
  }
  std::vector<std::string> keys;
  for (const trust::RoleKey& key : role.keys) {
    keys.push_back(absl::StrCat(key.name, " (", trust::ShortId(key.key.id()),
                                key.key.can_verify() ? "" : ", unknown algorithm: never counts",
                                ")"));
  }
  std::sort(keys.begin(), keys.end());
  return absl::StrCat(words, ": ", absl::StrJoin(keys, ", "));
}

std::string EpochWords(uint64_t epoch) {
  return epoch == 0 ? "" : absl::StrCat("epoch ", epoch, ", ");
}

std::vector<std::string> HexOf(const std::vector<base::Digest>& digests) {
  std::vector<std::string> hex;
  for (const base::Digest& digest : digests) hex.push_back(digest.ToHex());
  return hex;
}

std::string ReleaseWords(const base::Digest& digest, const ReleaseNames& releases) {
  const auto known = releases.find(digest);
  return known == releases.end() ? absl::StrCat(digest.ToHex(), " (not looked at)")
                                 : absl::StrCat(known->second, ", sha256 ", digest.ToHex());
}

std::string FilterWords(const std::string& filter) {
  return filter.empty() ? "every host" : Shown(filter);
}

std::string WindowWords(const trust::Window& window) {
  constexpr const char* kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::vector<std::string> days;
  for (int day = 0; day < 7; ++day) {
    if ((window.days >> day & 1) != 0) days.push_back(kDays[day]);
  }
  const auto two = [](uint32_t number) { return absl::StrCat(absl::Dec(number, absl::kZeroPad2)); };
  return absl::StrCat(absl::StrJoin(days, " "), " from ", two(window.start_minute / 60), ":",
                      two(window.start_minute % 60), " for ",
                      ExactSpanWords(absl::Minutes(window.length_minutes)), ", host's local time");
}

std::string WaveWords(const trust::Wave& wave) {
  std::string words = absl::StrCat(ShareWords(wave.lo_ppm), " to ", ShareWords(wave.hi_ppm),
                                   ", not before ", TimeWords(wave.not_before), ", ramp ",
                                   ExactSpanWords(wave.ramp), ", soak ", ExactSpanWords(wave.soak));
  if (!wave.filter.empty()) absl::StrAppend(&words, ", where ", FilterWords(wave.filter));
  if (wave.hold) absl::StrAppend(&words, ", HOLD until signed again");
  return words;
}

std::string CanaryWords(const trust::Canaries& canaries) {
  std::vector<std::string> hosts;
  for (const trust::HostId& host : canaries.hosts) hosts.push_back(host.ToHex().substr(0, 16));
  return absl::StrCat(hosts.size(), " named, not before ", TimeWords(canaries.not_before),
                      ", soak ", ExactSpanWords(canaries.soak), ": ", absl::StrJoin(hosts, " "));
}

void AddWaves(const trust::Plan& plan, Screen& screen) {
  if (plan.canaries().has_value()) {
    screen.lines.push_back({"canaries", CanaryWords(*plan.canaries())});
  }
  for (size_t i = 0; i < plan.waves().size(); ++i) {
    const trust::Wave& wave = plan.waves()[i];
    screen.lines.push_back(
        {absl::StrCat("wave ", i + 1, wave.name.empty() ? "" : " ", wave.name), WaveWords(wave)});
  }
}

const ScreenLine* Find(const Screen& screen, const std::string& label) {
  const auto line = std::find_if(screen.lines.begin(), screen.lines.end(),
                                 [&](const ScreenLine& each) { return each.label == label; });
  return line == screen.lines.end() ? nullptr : &*line;
}

}  // namespace

std::string Screen::Render() const {
  size_t width = 0;
  for (const ScreenLine& line : lines) width = std::max(width, line.label.size());
  std::string out = absl::StrCat(title, "\n");
  for (const ScreenLine& line : lines) {
    absl::StrAppend(&out, "  ", line.label, std::string(width - line.label.size() + 2, ' '),
                    line.value, "\n");
  }
  return out;
}

Screen ScreenOf(const trust::Root& root) {
  Screen screen;
  screen.title = absl::StrCat("ROOT version ", root.version(), " of ", root.head().trust_domain);
  auto& lines = screen.lines;
  lines.push_back({std::string(kIssued), TimeWords(root.head().issued)});
  lines.push_back({"expires", TimeWords(root.expires())});
  for (const trust::RoleKind kind : trust::kAllRoleKinds) {
    lines.push_back({absl::StrCat("role ", trust::NameOf(kind)), RoleWords(root.role(kind))});
  }
  for (const trust::RootProduct& product : root.products()) {
    std::string words =
        absl::StrCat(EpochWords(product.epoch),
                     product.floor == 0 ? "no floor" : absl::StrCat("floor ", product.floor));
    if (!product.withdrawn.empty()) {
      absl::StrAppend(&words, ", withdrawn ", absl::StrJoin(HexOf(product.withdrawn), " "));
    }
    lines.push_back({absl::StrCat("product ", product.product), words});
  }
  for (const trust::RootStream& stream : root.streams()) {
    lines.push_back({absl::StrCat("stream ", stream.stream), absl::StrCat("epoch ", stream.epoch)});
  }
  const trust::PlanRules& rules = root.plan_rules();
  lines.push_back({"least soak", ExactSpanWords(rules.least_soak)});
  lines.push_back({"largest share", ShareWords(rules.largest_share_ppm)});
  lines.push_back({"longest life", ExactSpanWords(rules.longest_life)});
  lines.push_back({"longest baseline", ExactSpanWords(rules.longest_baseline)});
  lines.push_back({"oldest plan", ExactSpanWords(rules.max_plan_age)});
  std::vector<std::string> servers;
  for (const std::string& der : root.server_ca_certificates()) {
    servers.push_back(base::Sha256().Add(der).Finish().ToHex());
  }
  lines.push_back(
      {"servers' CA", absl::StrCat("certificate sha256 ", absl::StrJoin(servers, " "))});
  lines.push_back(
      {"loaders' CA",
       absl::StrCat("key sha256 ", absl::StrJoin(HexOf(root.loader_ca_spki_digests()), " "))});
  lines.push_back(
      {"operators' CA",
       absl::StrCat("key sha256 ", absl::StrJoin(HexOf(root.operator_ca_spki_digests()), " "))});
  return screen;
}

Screen ScreenOf(const trust::Manifest& manifest) {
  Screen screen;
  screen.title = absl::StrCat("RELEASE ", manifest.product(), " ", Shown(manifest.version()),
                              " of ", manifest.head().trust_domain);
  auto& lines = screen.lines;
  lines.push_back({"sequence", trust::ToText(manifest.numbers())});
  lines.push_back({std::string(kIssued), TimeWords(manifest.head().issued)});
  for (size_t i = 0; i < manifest.variants().size(); ++i) {
    const trust::Variant& variant = manifest.variants()[i];
    lines.push_back({absl::StrCat("variant ", i), FilterWords(variant.filter)});
    for (const trust::Component& component : variant.components) {
      lines.push_back(
          {absl::StrCat("  ", i, " ", component.name),
           absl::StrCat(SizeWords(component.size_bytes), "  sha256 ", component.digest.ToHex(),
                        component.confidential ? "  confidential" : "")});
    }
  }
  if (!manifest.retired().empty()) {
    lines.push_back({"retired", absl::StrJoin(manifest.retired(), " ")});
  }
  for (const trust::Requirement& requirement : manifest.requirements()) {
    lines.push_back({absl::StrCat("requires ", requirement.product),
                     absl::StrCat("sequence ", trust::ToText(requirement.least), " or later")});
  }
  return screen;
}

Screen ScreenOf(const trust::Plan& plan, const ReleaseNames& releases) {
  Screen screen;
  screen.title = absl::StrCat("PLAN ", plan.name(), " of ", plan.head().trust_domain);
  auto& lines = screen.lines;
  lines.push_back(
      {"stream", absl::StrCat(plan.stream(), ", sequence ", trust::ToText(plan.numbers()))});
  const bool is_first = plan.first_issued() == plan.head().issued;
  lines.push_back({std::string(kIssued),
                   absl::StrCat(TimeWords(plan.head().issued),
                                is_first ? ""
                                         : absl::StrCat(", SIGNED AGAIN; first ",
                                                        TimeWords(plan.first_issued())))});
  for (const trust::PlanItem& item : plan.items()) {
    lines.push_back({item.product, ReleaseWords(item.manifest, releases)});
    lines.push_back({absl::StrCat(item.product, " fallback"),
                     item.fallback.has_value() ? ReleaseWords(*item.fallback, releases) : "none"});
  }
  lines.push_back({"for", FilterWords(plan.filter())});
  AddWaves(plan, screen);
  lines.push_back({"window", plan.window().has_value() ? WindowWords(*plan.window()) : "always"});
  lines.push_back({"held back", ShareWords(plan.holdback_ppm())});
  lines.push_back({"gates", plan.gates().has_value() ? "signed" : "none: only people halt it"});
  if (plan.emergency()) lines.push_back({"EMERGENCY", "escapes the root's soak, share and lives"});
  if (plan.priority() != 0) lines.push_back({"priority", absl::StrCat(plan.priority())});
  if (!plan.retry().empty()) {
    std::vector<std::string> retried;
    for (const base::Digest& digest : plan.retry()) {
      retried.push_back(ReleaseWords(digest, releases));
    }
    lines.push_back({"retry", absl::StrJoin(retried, ", ")});
  }
  lines.push_back({"base", plan.base().has_value() ? plan.base()->ToHex() : "none"});
  lines.push_back({"expires", TimeWords(plan.expires())});
  lines.push_back({"baseline until", plan.baseline_until().has_value()
                                         ? TimeWords(*plan.baseline_until())
                                         : "never becomes the baseline"});
  lines.push_back({"rollout", plan.rollout().ToHex()});
  lines.push_back({"cohort seed", plan.cohort_seed().ToHex()});
  return screen;
}

std::vector<std::string> Differences(const Screen& before, const Screen& now) {
  std::vector<std::string> differences;
  for (const ScreenLine& line : now.lines) {
    if (line.label == kIssued) continue;
    const ScreenLine* const old = Find(before, line.label);
    if (old == nullptr) {
      differences.push_back(absl::StrCat("+ ", line.label, ": ", line.value));
    } else if (old->value != line.value) {
      differences.push_back(absl::StrCat("~ ", line.label, ": ", old->value, " -> ", line.value));
    }
  }
  for (const ScreenLine& line : before.lines) {
    if (Find(now, line.label) == nullptr) {
      differences.push_back(absl::StrCat("- ", line.label, ": ", line.value));
    }
  }
  return differences;
}

}  // namespace mig::ctl
