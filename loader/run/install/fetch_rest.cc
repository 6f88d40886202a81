#include "loader/run/install/fetch_rest.h"

#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace mig::loader {

namespace {

class PartSink : public FetchSink {
 public:
  PartSink(PartialFile& part, Effort& effort) : part_(part), effort_(effort) {}

  // A source that cannot resume begins earlier: what it says counts.
  absl::Status Begin(uint64_t offset) override { return part_.Rewind(offset); }

  absl::Status Write(absl::string_view bytes) override {
    effort_.AddFetched(bytes.size());
    return part_.Append(bytes);
  }

 private:
  PartialFile& part_;
  Effort& effort_;
};

bool MayBeTriedAgain(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

absl::Status FetchRest(CoordinatorClient& client, const std::string& ticket, PartialFile& part,
                       Effort& effort) {
  const uint64_t want_bytes = part.content().size_bytes;
  for (int tries = 0; part.size_bytes() < want_bytes; ++tries) {
    const uint64_t before = part.size_bytes();
    PartSink sink(part, effort);
    const absl::Status fetched = client.Fetch({.ticket = ticket,
                                               .digest = part.content().digest,
                                               .size_bytes = want_bytes,
                                               .offset = before},
                                              sink);
    if (fetched.ok()) {
      MIG_CHECK(part.size_bytes() == want_bytes) << "a client said ok before the end";
      return fetched;
    }
    const bool progressed = part.size_bytes() > before;
    if (!progressed || !MayBeTriedAgain(fetched) || tries >= kMaxResumes) return fetched;
  }
  return absl::OkStatus();
}

}  // namespace mig::loader
