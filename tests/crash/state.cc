#include "tests/crash/state.h"

#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace mig::tests {

namespace {

constexpr absl::string_view kStatusPath = "/var/lib/mig-loader/status";

uint64_t Mix(uint64_t key, uint64_t more) { return absl::HashOf(key, more); }

uint64_t MixText(uint64_t key, absl::string_view text) { return absl::HashOf(key, text); }

uint64_t KeyOfNode(const base::DiskImage& image, const base::DiskNode& node,
                   const std::string& path, uint64_t key) {
  key = absl::HashOf(key, static_cast<int>(node.kind), node.mount, node.metadata.mode,
                     node.metadata.uid, node.metadata.gid);
  for (const auto& [name, value] : node.metadata.attributes) {
    key = MixText(MixText(key, name), value);
  }
  if (node.kind == base::FileKind::kFile) {
    key = Mix(key, node.contents.size_bytes());
    node.contents.ForEachPiece([&key](absl::string_view piece) { key = MixText(key, piece); });
  }
  for (const auto& [name, number] : node.entries) {
    const std::string child = absl::StrCat(path, "/", name);
    if (child == kStatusPath) continue;
    key = KeyOfNode(image, image.nodes.at(number), child, MixText(key, name));
  }
  return Mix(key, node.entries.size());
}

}  // namespace

absl::string_view NameOf(Doing doing) {
  switch (doing) {
    case Doing::kRecover:
      return "recover";
    case Doing::kRunOffline:
      return "offline";
    case Doing::kRunOnline:
      break;
  }
  return "online";
}

std::string TextOf(const Trail& trail) {
  return absl::StrJoin(trail, "/", [](std::string* out, const Step& step) {
    absl::StrAppend(out, NameOf(step.doing), "@", step.operation, ".", step.image);
  });
}

absl::StatusOr<Trail> TrailFrom(absl::string_view text) {
  Trail trail;
  for (const absl::string_view part : absl::StrSplit(text, '/', absl::SkipEmpty())) {
    const std::vector<absl::string_view> words = absl::StrSplit(part, absl::ByAnyChar("@."));
    Step step;
    bool is_known = false;
    for (const Doing doing : {Doing::kRecover, Doing::kRunOffline, Doing::kRunOnline}) {
      if (words[0] != NameOf(doing)) continue;
      step.doing = doing;
      is_known = true;
    }
    if (!is_known || words.size() != 3 || !absl::SimpleAtoi(words[1], &step.operation) ||
        !absl::SimpleAtoi(words[2], &step.image)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", part, "' is no step; one looks like online@123.4 or recover@17.0"));
    }
    trail.push_back(step);
  }
  return trail;
}

uint64_t KeyOf(const base::DiskImage& image, const std::vector<v1::Outcome>& told) {
  uint64_t key = KeyOfNode(image, image.nodes.at(base::DiskImage::kRootInode), "", told.size());
  for (const v1::Outcome& outcome : told) {
    key = MixText(Mix(key, outcome.result()), outcome.attempt());
  }
  return key;
}

}  // namespace mig::tests
