// An operator at a desk: migctl, with answers as messages.

#ifndef MIG_TESTS_HARNESS_OPERATOR_H_
#define MIG_TESTS_HARNESS_OPERATOR_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "tests/harness/world.h"

namespace mig::tests {

// One component's file of a release.
struct ReleaseFile {
  std::string component;
  std::string path;
};
// The files of some hosts; an empty filter is for all.
struct ReleaseVariant {
  std::string filter;
  std::vector<ReleaseFile> files;
};

class Operator {
 public:
  // `world` is borrowed. `passphrase_file` opens the keys; empty: they lie in the clear.
  explicit Operator(const World& world, std::string passphrase_file = "")
      : world_(world), passphrase_file_(std::move(passphrase_file)) {}

  // Whatever it ends with. Everything that migctl would ask for is meant.
  absl::StatusOr<CommandResult> Try(std::vector<std::string> words) const;
  // Must end with 0.
  absl::StatusOr<CommandResult> Do(const std::vector<std::string>& words) const;

  // The same with -o json, read as one Message. DataLoss if it is no such JSON.
  template <typename Message>
  absl::StatusOr<Message> Ask(std::vector<std::string> words) const {
    words.insert(words.end(), {"-o", "json"});
    MIG_ASSIGN_OR_RETURN(const CommandResult result, Do(words));
    return Read<Message>(result, result.out);
  }

  // The same for a verb that shows a JSON list: `field` is the list's in Message.
  template <typename Message>
  absl::StatusOr<Message> AskList(std::vector<std::string> words, const std::string& field) const {
    words.insert(words.end(), {"-o", "json"});
    MIG_ASSIGN_OR_RETURN(const CommandResult result, Do(words));
    return Read<Message>(result, absl::StrCat("{\"", field, "\":", result.out, "}"));
  }

  // Makes PRODUCT@VERSION and signs it with each key. `retire`: components that leave the set.
  absl::Status Release(const std::string& product, const std::string& version,
                       const std::vector<ReleaseVariant>& variants,
                       const std::vector<std::string>& keys,
                       const std::vector<std::string>& retire = {}) const;

  // A plan that gives this release to every host at once; signed with each key. Its name is
  // PRODUCT-VERSION. `more`: lines for its file ("retry = [...]").
  absl::Status Plan(const std::string& product, const std::string& version,
                    const std::vector<std::string>& keys, const std::string& more = "") const;
  absl::Status Start(const std::string& plan) const {
    return Do({"rollout", "start", plan}).status();
  }

 private:
  template <typename Message>
  static absl::StatusOr<Message> Read(const CommandResult& result, const std::string& json) {
    Message message;
    const auto parsed = google::protobuf::util::JsonStringToMessage(json, &message);
    if (parsed.ok()) return message;
    return absl::DataLossError(
        absl::StrCat("`", result.shown, "`: ", std::string(parsed.message()), ": ", result.out));
  }

  const World& world_;
  const std::string passphrase_file_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_OPERATOR_H_
