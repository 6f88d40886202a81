#include "loader/cli/screens.h"

#include <google/protobuf/util/json_util.h>

#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using base::JsonList;
using base::JsonObject;
using base::JsonTexts;

using Change = ProductResult::Change;

constexpr absl::string_view kTrial = "TRIAL ROOT 1 of 1\n";
constexpr absl::string_view kNoProduct =
    "nothing is managed here: the dictionary has no [product.NAME]; see dictionary_file in the "
    "configuration\n";

absl::string_view TrialLine(const bool& is_trial) { return is_trial ? kTrial : ""; }

std::string Clock(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

std::string Why(const v1::Refusal& refusal) {
  return absl::StrCat(trust::DisplayOf(refusal), refusal.text().empty() ? "" : ": ",
                      refusal.text());
}

bool IsRefusal(const v1::Refusal& refusal) { return refusal.code() > v1::Refusal::ADOPTED; }

std::string RefusalJson(const v1::Refusal& refusal) {
  if (!IsRefusal(refusal)) return "null";
  JsonObject object;
  object.Text("code", trust::DisplayOf(refusal)).Text("text", refusal.text());
  return object.str();
}

std::string VersionOr(const std::string& version, absl::string_view otherwise) {
  return version.empty() ? std::string(otherwise) : base::Escaped(version, 128);
}

std::string ProductLine(const ProductResult& product) {
  const std::string now = VersionOr(product.version, "not installed");
  switch (product.change) {
    case Change::kNone:
      return IsRefusal(product.refusal)
                 ? absl::StrCat(product.product, " ", now, ": ", Why(product.refusal))
                 : absl::StrCat(product.product, " ", now, ": nothing to do");
    case Change::kInstalled:
      return absl::StrCat(product.product, " ", now, ": installed, was ",
                          VersionOr(product.version_before, "not there"));
    case Change::kRepaired:
      return absl::StrCat(product.product, " ", now, ": repaired");
    case Change::kAdopted:
      return absl::StrCat(product.product, " ", now, ": adopted as it is, not restarted");
    case Change::kWentBack:
      return absl::StrCat(product.product, " ", now,
                          ": went back, the new release is not well: ", Why(product.refusal));
    case Change::kCannotGoBack:
      return absl::StrCat(product.product, " ", now, ": cannot go back: ", Why(product.refusal));
    case Change::kWould:
      return absl::StrCat(product.product, " ", VersionOr(product.version_before, "not installed"),
                          ": would become ", now);
  }
  return "";
}

// What the transport said is for programs and whoever looks for a fault, not for the line.
std::string UnreachedJson(const std::optional<Unreached>& unreached) {
  if (!unreached.has_value()) return "null";
  return JsonObject()
      .Text("endpoint", unreached->endpoint)
      .Text("reason", unreached->reason)
      .Text("detail", unreached->detail)
      .str();
}

std::string RunJson(const RunResult& result) {
  std::vector<std::string> products;
  for (const ProductResult& product : result.products) {
    products.push_back(JsonObject()
                           .Text("product", product.product)
                           .Text("change", ChangeText(product.change))
                           .Text("versionBefore", product.version_before)
                           .Text("version", product.version)
                           .Json("refusal", RefusalJson(product.refusal))
                           .str());
  }
  JsonObject object;
  object.Number("exitCode", static_cast<int>(result.exit_code))
      .Json("refusal", RefusalJson(result.refusal))
      .Flag("changed", result.changed())
      .Flag("due", result.was_due)
      .Json("products", JsonList(products))
      .Json("notes", JsonTexts(result.notes))
      .Json("unreached", UnreachedJson(result.unreached));
  if (result.next.has_value()) {
    object.Time("next", *result.next);
  } else {
    object.Null("next");
  }
  return absl::StrCat(object.Flag("trialRoot", result.trial_root).str(), "\n");
}

// What the next run tries again by itself says when that is.
std::string NextTry(const RunResult& result) {
  if (result.exit_code != ExitCode::kLater || !result.next.has_value()) return "";
  const bool asks = absl::EndsWith(result.refusal.text(), "?");
  return absl::StrCat(asks ? " Tries again at " : "; tries again at ", Clock(*result.next),
                      ", or now: mig-loader run --now");
}

std::string NothingLine(const RunResult& result, RunKind kind) {
  if (!result.products.empty() || IsRefusal(result.refusal)) return "";
  if (kind == RunKind::kRecover) return "nothing to recover\n";
  if (!result.was_due && result.next.has_value()) {
    return absl::StrCat("not due; next ", Clock(*result.next),
                        ". Now all the same: mig-loader run --now\n");
  }
  return absl::StrCat(kNoProduct);
}

}  // namespace

std::string ErrorLine(const absl::Status& status) {
  const std::optional<v1::Refusal::Code> code = trust::RefusalOf(status);
  return absl::StrCat("mig-loader: ", code.has_value() ? v1::Refusal::Code_Name(*code) : "",
                      code.has_value() ? ": " : "", status.message(), "\n");
}

Screen ShowRun(const RunResult& result, RunKind kind, Format format) {
  Screen screen;
  if (IsRefusal(result.refusal)) {
    screen.err = absl::StrCat("mig-loader: ", Why(result.refusal), NextTry(result));
    for (const std::string& note : result.notes) absl::StrAppend(&screen.err, "; also: ", note);
    screen.err += "\n";  // one line, for whoever reads a journal
  }
  if (format == Format::kJson) {
    screen.out = RunJson(result);
    return screen;
  }
  screen.out = std::string(TrialLine(result.trial_root));
  for (const ProductResult& product : result.products) {
    absl::StrAppend(&screen.out, ProductLine(product), "\n");
  }
  absl::StrAppend(&screen.out, NothingLine(result, kind));
  if (IsRefusal(result.refusal)) return screen;
  for (const std::string& note : result.notes) absl::StrAppend(&screen.err, note, "\n");
  return screen;
}

Screen ShowExplanation(const SelfExplanation& explanation, Format format) {
  Screen screen;
  if (format == Format::kText) {
    screen.out = std::string(TrialLine(explanation.status.trial_root));
    for (const ProductExplanation& product : explanation.products) {
      absl::StrAppend(&screen.out, rollout::ToText(product.why));
    }
    if (explanation.products.empty()) absl::StrAppend(&screen.out, kNoProduct);
    return screen;
  }
  std::vector<std::string> products;
  for (const ProductExplanation& product : explanation.products) {
    std::vector<std::string> lines;
    for (const rollout::Line& line : product.why.lines) {
      lines.push_back(JsonObject()
                          .Text("sign", rollout::SignText(line.sign))
                          .Text("subject", line.subject)
                          .Text("code", v1::Refusal::Code_Name(line.code))
                          .Text("text", line.text)
                          .str());
    }
    products.push_back(JsonObject()
                           .Text("product", product.product)
                           .Text("headline", product.why.headline)
                           .Json("lines", JsonList(lines))
                           .str());
  }
  screen.out = absl::StrCat(JsonObject()
                                .Flag("trialRoot", explanation.status.trial_root)
                                .Json("products", JsonList(products))
                                .str(),
                            "\n");
  return screen;
}

Screen ShowEnvironment(const v1::Environment& environment, Format format) {
  Screen screen;
  if (format == Format::kJson) {
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;  // the same keys everywhere: 0, "" and []
    MIG_CHECK(google::protobuf::util::MessageToJsonString(environment, &screen.out, options).ok());
    screen.out += "\n";
    return screen;
  }
  const auto add = [&screen](absl::string_view name, absl::string_view value) {
    if (!value.empty()) {
      absl::StrAppend(&screen.out, name, " = ", base::Escaped(value, 300), "\n");
    }
  };
  add("hostname", environment.hostname());
  add("os", environment.os());
  add("distribution", environment.distribution());
  add("distribution_version", environment.distribution_version());
  add("kernel", environment.kernel());
  add("arch", environment.arch());
  add("init", environment.init());
  add("model", environment.model());
  add("address", absl::StrJoin(environment.addresses(), " "));
  add("operator", environment.operator_());
  if (environment.has_proxied()) add("proxied", environment.proxied() ? "yes" : "no");
  add("time_zone", environment.time_zone());
  add("utc_offset_min", absl::StrCat(environment.utc_offset_min()));
  for (const v1::Tag& tag : environment.tags()) add(absl::StrCat("tags.", tag.name()), tag.value());
  add("loader.version", environment.loader_version());
  return screen;
}

Screen ShowEnrollment(const Enrollment& enrollment, Format format) {
  const std::string id = enrollment.host_id.ToHex();
  const bool pending = enrollment.state == Enrollment::State::kPending;
  const bool already = enrollment.state == Enrollment::State::kAlready;
  Screen screen;
  if (format == Format::kJson) {
    screen.out =
        absl::StrCat(JsonObject()
                         .Text("hostId", id)
                         .Text("state", pending ? "pending" : (already ? "already" : "enrolled"))
                         .Flag("trialRoot", enrollment.trial_root)
                         .str(),
                     "\n");
    return screen;
  }
  screen.out = std::string(TrialLine(enrollment.trial_root));
  if (pending) {
    absl::StrAppend(&screen.out, "host ", id, ": ", enrollment.waits,
                    ". Each mig-loader run asks again\n");
  } else {
    absl::StrAppend(&screen.out, "host ", id, already ? " is enrolled already" : " is enrolled",
                    ". Next: mig-loader run --now\n");
  }
  return screen;
}

}  // namespace mig::loader
