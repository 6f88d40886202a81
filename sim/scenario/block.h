// A message that was read from text, and where in the file each of its fields stands.

#ifndef MIG_SIM_SCENARIO_BLOCK_H_
#define MIG_SIM_SCENARIO_BLOCK_H_

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sim/scenario/mode.h"

namespace mig::sim {

using ParseTree = google::protobuf::TextFormat::ParseInfoTree;

// One `{ ... }` of the file, or all of it. A cursor: what it was made of outlives it.
class Block {
 public:
  Block(absl::string_view file, const google::protobuf::Message& message, const ParseTree& tree);

  // The block that is the value of `field`; the `index`th of a repeated one.
  Block Inside(absl::string_view field) const { return Child(field, -1); }
  Block Inside(absl::string_view field, int index) const { return Child(field, index); }

  // Where it begins, from 1.
  int line() const { return line_; }
  // Where a field stands; its block's line if it is not there.
  int LineOf(absl::string_view field, int index = -1) const;

  // InvalidArgument "FILE:LINE: path.of.field WHAT", with the field's own line.
  absl::Status Wrong(absl::string_view field, absl::string_view what) const;
  absl::Status WrongAt(absl::string_view field, int index, absl::string_view what) const;

  // Whatever one field can be wrong in by itself, here and in all blocks inside: missing, out of
  // its bounds, no plain text, not to be had with --live.
  absl::Status CheckFields(Mode mode) const;

 private:
  using Field = google::protobuf::FieldDescriptor;

  Block Child(absl::string_view field, int index) const;
  const Field& Named(absl::string_view field) const;
  absl::Status CheckField(const Field& field, Mode mode) const;
  absl::Status CheckText(const Field& field) const;
  absl::Status CheckNumber(const Field& field, Mode mode) const;

  std::string file_;
  std::string path_;  // "rollouts.waves."
  const google::protobuf::Message& message_;
  const ParseTree* tree_;  // null where Protobuf wrote none
  int line_ = 1;
};

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_BLOCK_H_
