#include "ctl/documents/plan_file.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/toml.h"

namespace mig::ctl {
namespace {

absl::StatusOr<uint32_t> ParseDay(absl::string_view text) {
  constexpr absl::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  for (uint32_t day = 0; day < 7; ++day) {
    if (text == kDays[day]) return day;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no day; write mon tue wed thu fri sat sun"));
}

absl::StatusOr<uint32_t> ParseMinuteOfDay(const std::string& text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  uint32_t hour = 0;
  uint32_t minute = 0;
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &hour) &&
      absl::SimpleAtoi(parts[1], &minute) && hour < 24 && minute < 60) {
    return hour * 60 + minute;
  }
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no time of day; write 22:00"));
}

absl::StatusOr<trust::Window> ReadWindow(const base::TomlValue& table, const std::string& file) {
  base::TomlReader reader(table, file);
  trust::Window window;
  reader.Require("start");
  reader.Require("length");
  window.start_minute = reader.Parsed("start", ParseMinuteOfDay).value_or(0);
  const absl::Duration length =
      reader.Parsed("length", [](const std::string& text) { return ParseSpan(text); })
          .value_or(absl::Hours(1));
  if (length < absl::Minutes(1) || length > absl::Hours(24) ||
      length % absl::Minutes(1) != absl::ZeroDuration()) {
    reader.Fail("length", "must be 1 min to 24 h, in whole minutes");
  }
  window.length_minutes = static_cast<uint32_t>(absl::ToInt64Minutes(length));
  const std::vector<std::string> days = reader.Texts("days");
  for (const std::string& day : days) {
    const absl::StatusOr<uint32_t> number = ParseDay(day);
    if (!number.ok()) reader.Fail("days", number.status().message());
    if (number.ok()) window.days |= 1u << *number;
  }
  if (days.empty()) window.days = 127;
  MIG_RETURN_IF_ERROR(reader.Finish());
  return window;
}

absl::StatusOr<PlanFile::Item> ReadItem(const base::TomlValue& table, const std::string& file) {
  base::TomlReader reader(table, file);
  reader.Require("product");
  reader.Require("release");
  PlanFile::Item item;
  item.product = reader.Text("product").value_or("");
  item.release = reader.Text("release").value_or("");
  item.fallback = reader.Text("fallback").value_or("");
  MIG_RETURN_IF_ERROR(reader.Finish());
  return item;
}

absl::StatusOr<PlanFile::Canaries> ReadCanaries(const base::TomlValue& table,
                                                const std::string& file) {
  base::TomlReader reader(table, file);
  reader.Require("hosts");
  PlanFile::Canaries canaries;
  canaries.hosts = reader.Texts("hosts");
  if (canaries.hosts.empty())
    reader.Fail("hosts", "is empty; name a host, or leave [canaries] out");
  canaries.opens = reader.Parsed("opens", [](const std::string& text) { return ParseMoment(text); })
                       .value_or(Moment{.is_relative = true});
  canaries.soak = reader.Parsed("soak", [](const std::string& text) { return ParseSpan(text); })
                      .value_or(absl::ZeroDuration());
  MIG_RETURN_IF_ERROR(reader.Finish());
  return canaries;
}

absl::StatusOr<PlanFile::Wave> ReadWave(const base::TomlValue& table, const std::string& file) {
  base::TomlReader reader(table, file);
  const auto span = [](const std::string& text) { return ParseSpan(text); };
  const auto share = [](const std::string& text) { return ParseShare(text); };
  reader.Require("to");
  PlanFile::Wave wave;
  wave.name = reader.Text("name").value_or("");
  wave.from_ppm = reader.Parsed("from", share);
  wave.to_ppm = reader.Parsed("to", share).value_or(0);
  wave.filter = reader.Text("filter").value_or("");
  wave.opens = reader.Parsed("opens", [](const std::string& text) { return ParseMoment(text); });
  wave.ramp = reader.Parsed("ramp", span).value_or(absl::ZeroDuration());
  wave.soak = reader.Parsed("soak", span).value_or(absl::ZeroDuration());
  wave.hold = reader.Flag("hold").value_or(false);
  MIG_RETURN_IF_ERROR(reader.Finish());
  return wave;
}

void ReadHead(base::TomlReader& reader, PlanFile& plan) {
  reader.Require("name");
  plan.name = reader.Text("name").value_or("");
  plan.stream = reader.Text("stream").value_or("main");
  plan.filter = reader.Text("filter").value_or("");
  const int64_t priority = reader.Integer("priority").value_or(0);
  if (priority < 0 || priority > std::numeric_limits<uint32_t>::max()) {
    reader.Fail("priority", "must be 0 to 4294967295");
  }
  plan.priority = static_cast<uint32_t>(priority);
  plan.emergency = reader.Flag("emergency").value_or(false);
  plan.holdback_ppm =
      reader.Parsed("held_back", [](const std::string& text) { return ParseShare(text); })
          .value_or(0);
  plan.retry = reader.Texts("retry");
  const auto moment = [](const std::string& text) { return ParseMoment(text); };
  plan.expires = reader.Parsed("expires", moment);
  if (reader.Text("baseline_until") == "never") {
    plan.never_baseline = true;
  } else {
    plan.baseline_until = reader.Parsed("baseline_until", moment);
  }
  plan.base = reader.Text("base").value_or("");
}

}  // namespace

absl::StatusOr<PlanFile> ReadPlanFile(absl::string_view text, absl::string_view file) {
  MIG_ASSIGN_OR_RETURN(const base::TomlValue table, base::ParseToml(text, file));
  const std::string name(file);
  base::TomlReader reader(table, name);
  PlanFile plan;
  ReadHead(reader, plan);
  if (const base::TomlValue* const window = reader.Table("window")) {
    MIG_ASSIGN_OR_RETURN(plan.window, ReadWindow(*window, name));
  }
  if (const base::TomlValue* const canaries = reader.Table("canaries")) {
    MIG_ASSIGN_OR_RETURN(plan.canaries, ReadCanaries(*canaries, name));
  }
  for (const base::TomlValue* const item : reader.Tables("item")) {
    MIG_ASSIGN_OR_RETURN(PlanFile::Item read, ReadItem(*item, name));
    plan.items.push_back(std::move(read));
  }
  for (const base::TomlValue* const wave : reader.Tables("wave")) {
    MIG_ASSIGN_OR_RETURN(PlanFile::Wave read, ReadWave(*wave, name));
    plan.waves.push_back(std::move(read));
  }
  if (plan.items.empty()) reader.Fail("item", "no [[item]]: say which release of which product");
  if (plan.waves.empty() && !plan.canaries.has_value()) {
    reader.Fail("wave", "neither [[wave]] nor [canaries]: say who gets it");
  }
  MIG_RETURN_IF_ERROR(reader.Finish());
  return plan;
}

}  // namespace mig::ctl
