#include "base/disk_image.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sha256.h"

namespace mig::base {

namespace {

char Letter(FileKind kind) {
  switch (kind) {
    case FileKind::kFile:
      return 'f';
    case FileKind::kDirectory:
      return 'd';
    case FileKind::kSymlink:
      return 'l';
    case FileKind::kOther:
      break;
  }
  return 'o';
}

std::string DescribeNode(const std::string& path, const DiskNode& node) {
  std::string line = absl::StrFormat("%s %c %04o %d:%d", path, Letter(node.kind),
                                     node.metadata.mode, node.metadata.uid, node.metadata.gid);
  if (node.kind == FileKind::kFile) {
    Sha256 hash;
    node.contents.ForEachPiece([&hash](absl::string_view piece) { hash.Add(piece); });
    absl::StrAppend(&line, " ", node.contents.size_bytes(), " ",
                    hash.Finish().ToHex().substr(0, 8));
  }
  for (const auto& [name, value] : node.metadata.attributes) {
    absl::StrAppend(&line, " ", name, "=", value);
  }
  return line;
}

void DescribeUnder(const DiskImage& image, const std::string& path, const DiskNode& directory,
                   std::vector<std::string>& lines) {
  for (const auto& [name, inode] : directory.entries) {
    const DiskNode& node = image.nodes.at(inode);
    const std::string here = JoinPath(path, name);
    lines.push_back(DescribeNode(here, node));
    DescribeUnder(image, here, node, lines);
  }
}

}  // namespace

std::vector<std::string> DiskImage::Describe() const {
  std::vector<std::string> lines;
  DescribeUnder(*this, "/", nodes.at(kRootInode), lines);
  std::sort(lines.begin(), lines.end());
  return lines;
}

const DiskNode* DiskImage::Find(absl::string_view path) const {
  const absl::StatusOr<std::vector<std::string>> names = SplitPath(path);
  MIG_CHECK_OK(names);
  const DiskNode* node = &nodes.at(kRootInode);
  for (const std::string& name : *names) {
    const auto entry = node->entries.find(name);
    if (entry == node->entries.end()) return nullptr;
    node = &nodes.at(entry->second);
  }
  return node;
}

}  // namespace mig::base
