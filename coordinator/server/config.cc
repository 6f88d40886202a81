#include "coordinator/server/config.h"

#include <arpa/inet.h>

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/toml.h"
#include "base/whole_file.h"
#include "trust/names.h"

namespace mig::coordinator {
namespace {

bool IsNumericHost(const std::string& host) {
  unsigned char address[16];
  return inet_pton(AF_INET, host.c_str(), address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// Below these a loader's run could not end: check-ins of one run, contents of a release of 64
// components that are begun again once, a full spool of the largest outcomes, one more try.
constexpr int64_t kLeastCheckIns = base::kMaxCheckInsPerRun;
constexpr int64_t kLeastFetches = 128;
constexpr int64_t kLeastReports = 2 * base::kMaxSpoolBytes / base::kMaxReportBytes;
constexpr int64_t kLeastRenewals = 2;
constexpr int64_t kLeastEnrollments = 2;
constexpr int64_t kMostBurst = 1'000'000;
constexpr absl::Duration kMostInterval = absl::Hours(24);

absl::StatusOr<absl::Duration> ParseInterval(absl::string_view text) {
  absl::Duration interval;
  if (absl::ParseDuration(text, &interval) && interval > absl::ZeroDuration() &&
      interval <= kMostInterval) {
    return interval;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no interval: it takes above 0 to 24h, written as 5s or 250ms"));
}

// One table of the file and what is read from it.
class Section {
 public:
  // `table` null: it is not there.
  Section(const base::TomlValue* table, const std::string& path)
      : directory_(path.substr(0, path.rfind('/'))),
        reader_(table != nullptr ? *table : empty_, path) {}

  void ReadPath(const std::string& key, std::string& into) {
    reader_.Require(key);
    const std::optional<std::string> text = reader_.Text(key);
    if (!text.has_value()) return;
    if (text->empty()) reader_.Fail(key, "is empty; name a file");
    into = absl::StartsWith(*text, "/") ? *text : absl::StrCat(directory_, "/", *text);
  }

  void ReadName(const std::string& key, bool (*is_name)(absl::string_view), absl::string_view rule,
                std::string& into) {
    reader_.Require(key);
    into = reader_.Text(key).value_or("");
    if (!is_name(into)) reader_.Fail(key, absl::StrCat("is not a name: it takes ", rule));
  }

  void ReadAddress(const std::string& key, ListenAddress& into) {
    reader_.Require(key);
    into = reader_.Parsed(key, ListenAddress::Parse).value_or(ListenAddress());
  }

  // NAME_burst and NAME_interval; what is absent stays as it is in `into`.
  void ReadRate(const std::string& name, int64_t least_burst, Rate& into) {
    const std::string burst_key = name + "_burst";
    if (const std::optional<int64_t> burst = reader_.Integer(burst_key); burst.has_value()) {
      if (*burst < least_burst || *burst > kMostBurst) {
        reader_.Fail(burst_key, absl::StrCat("is ", *burst, "; it takes ", least_burst, " to ",
                                             kMostBurst, " calls"));
        return;
      }
      into.burst = static_cast<uint32_t>(*burst);
    }
    into.interval = reader_.Parsed(name + "_interval", ParseInterval).value_or(into.interval);
  }

  absl::Status Finish() { return reader_.Finish(); }

 private:
  const std::string directory_;
  const base::TomlValue empty_;
  base::TomlReader reader_;
};

}  // namespace

std::string ListenAddress::ToString() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port)
                                      : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ListenAddress::Parse(absl::string_view text) {
  const size_t colon = text.rfind(':');
  ListenAddress address;
  uint32_t port = 0;
  if (colon != absl::string_view::npos && absl::SimpleAtoi(text.substr(colon + 1), &port) &&
      port <= 65'535) {
    absl::string_view host = text.substr(0, colon);
    if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
    address = {.host = std::string(host), .port = static_cast<uint16_t>(port)};
    if (IsNumericHost(address.host)) return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no address to listen on; write one as 127.0.0.1:8443, ",
                   "0.0.0.0:8443 or [::]:8443"));
}

absl::StatusOr<Config> Config::Load(base::FileSystem& disk, absl::string_view path) {
  MIG_ASSIGN_OR_RETURN(const std::string text,
                       base::ReadWhole(disk, path, base::kMaxConfigurationFileBytes));
  MIG_ASSIGN_OR_RETURN(const base::TomlValue table, base::ParseToml(text, path));
  const std::string file(path);
  base::TomlReader reader(table, file);
  Config config;
  const auto mandatory = [&reader](const std::string& key) {
    reader.Require(key);
    return reader.Table(key);
  };

  Section server(mandatory("server"), file);
  server.ReadName("name", trust::IsOperatorName, "1 to 64 of a-z 0-9 . _ -", config.name);
  server.ReadName("trust_domain", trust::IsTrustDomain, "1 to 253 of a-z 0-9 . -",
                  config.trust_domain);
  server.ReadAddress("loaders_listen", config.loaders_listen);
  server.ReadAddress("enrollment_listen", config.enrollment_listen);
  server.ReadAddress("operators_listen", config.operators_listen);
  server.ReadAddress("metrics_listen", config.metrics_listen);
  server.ReadPath("certificate", config.server_certificate);
  server.ReadPath("key", config.server_key);

  Section ca(mandatory("ca"), file);
  ca.ReadPath("loaders_certificate", config.loaders_ca_certificate);
  ca.ReadPath("loaders_key", config.loaders_ca_key);
  ca.ReadPath("operators_certificate", config.operators_ca_certificate);
  ca.ReadPath("operators_key", config.operators_ca_key);

  Section online(mandatory("online"), file);
  online.ReadPath("key", config.online_key);
  Section documents(mandatory("documents"), file);
  documents.ReadPath("root", config.first_root);
  Section store(mandatory("store"), file);
  store.ReadPath("path", config.store);
  Section blobs(mandatory("blobs"), file);
  blobs.ReadPath("directory", config.blobs);
  Section enrollment(mandatory("enrollment"), file);
  enrollment.ReadPath("operator_token_file", config.operator_token);

  Section limits(reader.Table("limits"), file);
  limits.ReadRate("check_in", kLeastCheckIns, config.limits.check_in);
  limits.ReadRate("fetch", kLeastFetches, config.limits.fetch);
  limits.ReadRate("report", kLeastReports, config.limits.report);
  limits.ReadRate("renew", kLeastRenewals, config.limits.renew);
  limits.ReadRate("enrollment", kLeastEnrollments, config.enrollment_limits.each);
  limits.ReadRate("all_enrollment", kLeastEnrollments, config.enrollment_limits.sum);

  MIG_RETURN_IF_ERROR(reader.Finish());
  for (Section* section :
       {&server, &ca, &online, &documents, &store, &blobs, &enrollment, &limits}) {
    MIG_RETURN_IF_ERROR(section->Finish());
  }
  return config;
}

}  // namespace mig::coordinator
