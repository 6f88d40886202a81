// The screen of `mig-loader status`.

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/json.h"
#include "base/text.h"
#include "loader/cli/screens.h"
#include "loader/run/exit_code.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using base::JsonList;
using base::JsonObject;
using base::JsonTexts;

// "22 d", "3 h", "5 min".
std::string Span(absl::Duration span) {
  if (span >= absl::Hours(48)) return absl::StrCat(span / absl::Hours(24), " d");
  if (span >= absl::Minutes(120)) return absl::StrCat(span / absl::Hours(1), " h");
  return absl::StrCat(std::max<int64_t>(0, span / absl::Minutes(1)), " min");
}

std::string Clock(absl::Time time, absl::Time now) {
  const bool is_today = absl::AbsDuration(time - now) < absl::Hours(18);
  return absl::FormatTime(is_today ? "%H:%M UTC" : "%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

absl::string_view HealthText(v1::ProductState::Health health) {
  switch (health) {
    case v1::ProductState::HEALTHY:
      return "healthy";
    case v1::ProductState::UNHEALTHY:
      return "NOT HEALTHY";
    default:
      return "not asked";
  }
}

// What is out of the ordinary, a line each; nothing for most hosts.
std::string LifeLines(const ProductView& product, absl::Time now) {
  std::string lines;
  if (!product.unwell.empty()) absl::StrAppend(&lines, "  not healthy: ", product.unwell, "\n");
  if (product.restarts > 0) {
    absl::StrAppend(&lines, "  found dead and started again ", product.restarts, " time",
                    product.restarts == 1 ? "" : "s");
    if (product.restarted.has_value()) {
      absl::StrAppend(&lines, ", last ", Clock(*product.restarted, now));
    }
    lines += "\n";
  }
  if (!product.kept_local.empty()) {
    absl::StrAppend(&lines, "  changed here and kept so: ", product.kept_local,
                    " (local_change in the dictionary)\n");
  }
  return lines;
}

std::string ProductLine(const ProductView& product, absl::Time now) {
  std::string line =
      absl::StrCat(product.product, " ",
                   product.version.empty() ? "not installed" : base::Escaped(product.version, 128));
  if (!product.version.empty()) absl::StrAppend(&line, " ", HealthText(product.health));
  if (product.health_since.has_value()) {
    absl::StrAppend(&line, " ", Span(now - *product.health_since));
  }
  if (product.seen.has_value()) {
    absl::StrAppend(&line, "   release ", trust::ToText(*product.seen));
  }
  if (product.refusal.code() > v1::Refusal::ADOPTED) {
    absl::StrAppend(&line, "   ", trust::DisplayOf(product.refusal), " (mig-loader explain)");
  }
  return absl::StrCat(line, "\n", LifeLines(product, now));
}

// As the exit codes of --help, in a word or two.
absl::string_view ExitText(int exit_code) {
  switch (static_cast<ExitCode>(exit_code)) {
    case ExitCode::kOk:
    case ExitCode::kChanged:
      return "ok";
    case ExitCode::kUsage:
      return "wrong configuration";
    case ExitCode::kNotEnrolled:
      return "not enrolled";
    case ExitCode::kRefused:
      return "refused";
    case ExitCode::kWentBack:
      return "went back";
    case ExitCode::kCannotGoBack:
      return "cannot go back";
    case ExitCode::kStale:
      return "stale";
    case ExitCode::kRootExpired:
      return "root expired";
    case ExitCode::kLater:
      return "later";
    case ExitCode::kInternal:
      break;
  }
  return "failed";
}

std::string RunLine(const StatusView& view, absl::Time now) {
  std::string line = "last run ";
  if (!view.last_run.has_value()) {
    line += "never";
  } else {
    absl::StrAppend(&line, Clock(*view.last_run, now), " ", ExitText(view.last_exit_code));
    if (view.last_refusal.code() > v1::Refusal::ADOPTED) {
      absl::StrAppend(&line, " (", trust::DisplayOf(view.last_refusal), ")");
    }
  }
  absl::StrAppend(&line, "   next ", Clock(view.next_run, now));
  if (view.certificate_expires.has_value()) {
    absl::StrAppend(&line, "   certificate ", Span(*view.certificate_expires - now));
  }
  return line + "\n";
}

constexpr size_t kMostSetAsideShown = 3;

std::string SetAsideLines(const StatusView& view, absl::Time now) {
  std::string lines;
  const size_t count = view.set_aside_reports.size();
  for (size_t i = count - std::min(count, kMostSetAsideShown); i < count; ++i) {
    const SetAsideReport& report = view.set_aside_reports[i];
    absl::StrAppend(&lines, "  the coordinator never takes the report of ", report.what, " of ",
                    Clock(report.when, now), ": ", trust::DisplayOf(report.why),
                    report.why.text().empty() ? "" : ": ", report.why.text(), "\n");
  }
  return lines;
}

std::string StateLine(const StatusView& view, absl::Time now) {
  std::string line = absl::StrCat("root ", view.root_version);
  if (view.root_expires <= now) line += " EXPIRED";
  for (const auto& [stream, numbers] : view.plans) {
    absl::StrAppend(&line, ", plan ", stream, " ", trust::ToText(numbers));
  }
  absl::StrAppend(&line, "   reports waiting ", view.waiting_reports);
  if (!view.set_aside_reports.empty()) {
    absl::StrAppend(&line, ", set aside ", view.set_aside_reports.size());
  }
  absl::StrAppend(&line, "   journal ",
                  view.journal.has_value() ? PhaseName(*view.journal) : "clean");
  if (view.waves_closed_until.has_value()) {
    absl::StrAppend(&line, "   waves closed until ", Clock(*view.waves_closed_until, now),
                    " (the clock jumped)");
  }
  return absl::StrCat(line, "\n", SetAsideLines(view, now));
}

void AddTime(JsonObject& object, absl::string_view name, const std::optional<absl::Time>& time) {
  if (time.has_value()) {
    object.Time(name, *time);
  } else {
    object.Null(name);
  }
}

std::string ProductJson(const ProductView& product) {
  JsonObject object;
  object.Text("product", product.product)
      .Text("version", product.version)
      .Text("health", v1::ProductState::Health_Name(product.health));
  if (product.seen.has_value()) {
    object.Number("release", static_cast<int64_t>(product.seen->sequence));
  } else {
    object.Null("release");
  }
  AddTime(object, "healthSince", product.health_since);
  object.Text("unwell", product.unwell).Number("restarts", product.restarts);
  AddTime(object, "restarted", product.restarted);
  object.Text("keptLocal", product.kept_local);
  const bool is_refused = product.refusal.code() > v1::Refusal::ADOPTED;
  return object.Text("code", is_refused ? trust::DisplayOf(product.refusal) : "NONE").str();
}

std::string SetAsideJson(const SetAsideReport& report) {
  return JsonObject()
      .Text("what", report.what)
      .Time("when", report.when)
      .Text("code", trust::DisplayOf(report.why))
      .Text("text", report.why.text())
      .str();
}

std::string StatusJson(const StatusView& view) {
  std::vector<std::string> set_aside;
  for (const SetAsideReport& report : view.set_aside_reports) {
    set_aside.push_back(SetAsideJson(report));
  }
  std::vector<std::string> products;
  for (const ProductView& product : view.products) products.push_back(ProductJson(product));
  JsonObject plans;
  for (const auto& [stream, numbers] : view.plans) {
    plans.Number(stream, static_cast<int64_t>(numbers.sequence));
  }
  JsonObject object;
  object.Text("hostId", view.host_id.ToHex())
      .Number("rootVersion", static_cast<int64_t>(view.root_version))
      .Time("rootExpires", view.root_expires)
      .Flag("trialRoot", view.trial_root)
      .Json("products", JsonList(products))
      .Json("plans", plans.str())
      .Number("lastExitCode", view.last_exit_code)
      .Text("lastCode", view.last_refusal.code() == v1::Refusal::REFUSAL_UNSPECIFIED
                            ? "NONE"
                            : trust::DisplayOf(view.last_refusal))
      .Time("next", view.next_run)
      .Number("reportsWaiting", static_cast<int64_t>(view.waiting_reports))
      .Number("reportsSetAside", static_cast<int64_t>(view.set_aside_reports.size()))
      .Json("setAside", JsonList(set_aside))
      .Text("journal", view.journal.has_value() ? PhaseName(*view.journal) : "clean");
  AddTime(object, "lastRun", view.last_run);
  AddTime(object, "certificateExpires", view.certificate_expires);
  AddTime(object, "wavesClosedUntil", view.waves_closed_until);
  return absl::StrCat(object.Json("notes", JsonTexts(view.notes)).str(), "\n");
}

}  // namespace

Screen ShowStatus(const StatusView& view, absl::Time now, Format format) {
  Screen screen;
  if (format == Format::kJson) {
    screen.out = StatusJson(view);
    return screen;
  }
  if (view.trial_root) screen.out = "TRIAL ROOT 1 of 1\n";
  for (const ProductView& product : view.products) {
    absl::StrAppend(&screen.out, ProductLine(product, now));
  }
  absl::StrAppend(&screen.out, RunLine(view, now), StateLine(view, now));
  for (const std::string& note : view.notes) absl::StrAppend(&screen.err, note, "\n");
  return screen;
}

}  // namespace mig::loader
