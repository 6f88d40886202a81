#include "ctl/output/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"

namespace mig::ctl {

std::string Bar(uint64_t done, uint64_t all, int width) {
  const uint64_t full = static_cast<uint64_t>(width);
  const uint64_t filled = all == 0 ? 0 : std::min(done, all) * full / all;
  return absl::StrCat("[", std::string(filled, '#'), std::string(full - filled, '.'), "]");
}

Progress::Progress(Console& console, std::string what, uint64_t all_bytes)
    : console_(console), what_(std::move(what)), all_bytes_(std::max<uint64_t>(all_bytes, 1)) {}

Progress::~Progress() {
  if (shown_percent_ <= 100) console_.Err("\r\033[K");
}

void Progress::Report(uint64_t done_bytes) {
  if (!console_.facts().err_is_terminal) return;
  const uint64_t percent = std::min(done_bytes, all_bytes_) * 100 / all_bytes_;
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  console_.Err(absl::StrCat("\r", Bar(done_bytes, all_bytes_, 20), " ", percent, " % of ",
                            SizeWords(all_bytes_), "  ", Shown(what_), "\033[K"));
}

}  // namespace mig::ctl
