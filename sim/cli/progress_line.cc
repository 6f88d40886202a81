#include "sim/cli/progress_line.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/report/words.h"

namespace mig::sim {

namespace {

constexpr int kWidth = 10;
constexpr absl::Duration kBetweenLines = absl::Seconds(10);
constexpr absl::string_view kToTheBegin = "\r\033[K";

std::string Bar(double share) {
  const int done = std::clamp(static_cast<int>(share * kWidth), 0, kWidth);
  return absl::StrCat("[", std::string(done, '#'), std::string(kWidth - done, '.'), "]");
}

}  // namespace

std::string ProgressText(const Progress& progress) {
  const double share = progress.whole <= absl::ZeroDuration()
                           ? 0
                           : absl::FDivDuration(progress.lasted, progress.whole);
  return absl::StrCat(SpanWords(progress.lasted), "/", SpanWords(progress.whole), " ", Bar(share),
                      " loaders ", CountWords(progress.loaders), "  runs ",
                      CountWords(progress.runs), " of ", CountWords(progress.runs_intended),
                      "  err ", CountWords(progress.errors));
}

ProgressLine::~ProgressLine() {
  if (!drawn_.empty()) out_ << kToTheBegin << std::flush;
}

void ProgressLine::Show(const Progress& progress) {
  switch (look_) {
    case Look::kNone:
      return;
    case Look::kRedrawn: {
      std::string text = ProgressText(progress);
      if (text == drawn_) return;
      out_ << kToTheBegin << text << std::flush;
      drawn_ = std::move(text);
      return;
    }
    case Look::kLineByLine: {
      const base::MonotonicTime now = clock_.MonotonicNow();
      if (said_ && now - *said_ < kBetweenLines) return;
      said_ = now;
      out_ << ProgressText(progress) << "\n" << std::flush;
      return;
    }
  }
}

}  // namespace mig::sim
