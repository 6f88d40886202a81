// What a document says, line by line, and what it changes: decoded here, from the bytes that are
// signed. Golden tests keep the screens.

#ifndef MIG_CTL_DOCUMENTS_SCREEN_H_
#define MIG_CTL_DOCUMENTS_SCREEN_H_

#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/root.h"

namespace mig::ctl {

// One line: what, and its value. Labels are unique within a screen.
struct ScreenLine {
  std::string label;
  std::string value;
  friend bool operator==(const ScreenLine&, const ScreenLine&) = default;
};

struct Screen {
  std::string title;  // "ROOT version 1 of corp.example"
  std::vector<ScreenLine> lines;

  // Title, then the lines with their values under each other.
  std::string Render() const;
};

Screen ScreenOf(const trust::Root& root);
Screen ScreenOf(const trust::Manifest& manifest);
// `releases` names the manifests that were verified here: digest -> "agent 4.2.0 (sequence 118)";
// one that is not in it shows as a bare digest, not looked at.
using ReleaseNames = std::map<base::Digest, std::string>;
Screen ScreenOf(const trust::Plan& plan, const ReleaseNames& releases);

// "~ LABEL: old -> new", "+ LABEL: new", "- LABEL: old", in the order of the screens; times of
// making are left out. Empty: they say the same.
std::vector<std::string> Differences(const Screen& before, const Screen& now);

}  // namespace mig::ctl

#endif  // MIG_CTL_DOCUMENTS_SCREEN_H_
