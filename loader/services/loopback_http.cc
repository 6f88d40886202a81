#include "loader/services/loopback_http.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/services/background_task.h"
#include "loader/services/local_socket.h"

namespace mig::loader {

namespace {

constexpr size_t kMaxStatusLineBytes = 1024;

absl::Status BadUrl(absl::string_view url, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "probe address \"", base::Escaped(url), "\" ", why,
      "; it must be http://127.0.0.1:PORT/PATH (or [::1], or localhost) of this machine"));
}

// The address that `host` is, or empty if that is not this machine.
std::string LoopbackAddress(absl::string_view host) {
  if (host == "localhost") return "127.0.0.1";
  if (host == "[::1]") return "::1";
  in_addr v4;
  const std::string text(host);
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127) return text;
  return "";
}

// 0 until there is a whole status line.
absl::StatusOr<int> StatusOf(absl::string_view answer) {
  constexpr absl::string_view kStart = "HTTP/1.";
  const bool may_be_http = absl::StartsWith(answer, kStart.substr(0, answer.size()));
  const size_t end = answer.find('\n');
  if (end == answer.npos && answer.size() < kMaxStatusLineBytes && may_be_http) return 0;

  int status = 0;
  // "HTTP/1.1 200 OK"
  if (end != answer.npos && may_be_http && answer.size() >= 12 && answer[8] == ' ' &&
      absl::SimpleAtoi(answer.substr(9, 3), &status) && status >= 100 && status <= 599 &&
      absl::ascii_isspace(static_cast<unsigned char>(answer[12]))) {
    return status;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("what answers is not HTTP/1: \"", base::Escaped(answer, 40), "\""));
}

absl::StatusOr<int> Get(const LoopbackUrl& url, int cancel) {
  MIG_ASSIGN_OR_RETURN(const UniqueFd socket, ConnectTcp(url.address, url.port, cancel));
  MIG_RETURN_IF_ERROR(SendAll(socket.get(),
                              absl::StrCat("GET ", url.path, " HTTP/1.1\r\nHost: ", url.authority,
                                           "\r\nUser-Agent: mig-loader\r\nAccept: */*\r\n"
                                           "Connection: close\r\n\r\n"),
                              cancel));
  std::string answer;
  for (;;) {
    MIG_ASSIGN_OR_RETURN(const std::string some,
                         ReceiveSome(socket.get(), kMaxStatusLineBytes - answer.size(), cancel));
    if (some.empty()) return absl::UnavailableError("closed before an answer");
    absl::StrAppend(&answer, some);
    MIG_ASSIGN_OR_RETURN(const int status, StatusOf(answer));
    if (status != 0) return status;
  }
}

}  // namespace

absl::StatusOr<LoopbackUrl> ParseLoopbackUrl(absl::string_view url) {
  if (url.size() > kMaxProbeUrlBytes) return BadUrl(url, "is too long");
  if (!std::all_of(url.begin(), url.end(),
                   [](unsigned char c) { return absl::ascii_isgraph(c) && c != '#'; })) {
    return BadUrl(url, "has a blank, a control character, a fragment or a byte that is not ASCII");
  }
  absl::string_view rest = url;
  if (!absl::ConsumePrefix(&rest, "http://")) return BadUrl(url, "is not http");

  LoopbackUrl parsed;
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  parsed.authority = std::string(rest.substr(0, slash));
  const absl::string_view path = rest.substr(slash);
  parsed.path = absl::StrCat(absl::StartsWith(path, "/") ? "" : "/", path);

  absl::string_view host = parsed.authority;
  const size_t colon = host.rfind(':');
  if (colon != host.npos && !absl::EndsWith(host, "]")) {
    const absl::string_view digits = host.substr(colon + 1);
    uint32_t port = 0;
    if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
        !absl::SimpleAtoi(digits, &port) || port == 0 || port > 65'535) {
      return BadUrl(url, "has no port in 1 to 65535");
    }
    parsed.port = static_cast<uint16_t>(port);
    host = host.substr(0, colon);
  }
  parsed.address = LoopbackAddress(host);
  if (parsed.address.empty()) return BadUrl(url, "is not this machine");
  return parsed;
}

absl::StatusOr<int> GetLoopback(base::Clock& clock, const LoopbackUrl& url,
                                base::MonotonicTime deadline) {
  absl::StatusOr<int> status = absl::CancelledError("given up");
  BackgroundTask task(clock, [&](int cancel) { status = Get(url, cancel); });
  task.DoneBefore(deadline);
  task.Cancel();
  if (absl::IsCancelled(status.status())) {
    return absl::DeadlineExceededError("no answer in time");
  }
  return status;
}

}  // namespace mig::loader
