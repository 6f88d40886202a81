#include "loader/services/agent_record.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kFormat = "mig-agent-process-2";

}  // namespace

std::string EncodeAgentRecord(const AgentRecord& record) {
  return absl::StrCat(kFormat, " ", record.process.pid, " ", record.process.start_ticks, " ",
                      record.boot_id, " ", record.group.empty() ? "-" : record.group, "\n");
}

std::optional<AgentRecord> ParseAgentRecord(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "\n")) return std::nullopt;
  const std::vector<absl::string_view> words = absl::StrSplit(text, absl::MaxSplits(' ', 4));
  AgentRecord record;
  if (words.size() != 5 || words[0] != kFormat ||
      !absl::SimpleAtoi(words[1], &record.process.pid) || record.process.pid <= 1 ||
      !absl::SimpleAtoi(words[2], &record.process.start_ticks) || words[3].empty() ||
      (words[4] != "-" && !absl::StartsWith(words[4], "/"))) {
    return std::nullopt;
  }
  record.boot_id = std::string(words[3]);
  if (words[4] != "-") record.group = std::string(words[4]);
  return record;
}

}  // namespace mig::loader
