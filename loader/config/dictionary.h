// The host's own dictionary: which path, mode and owner each component has here, and how its agent
// is activated (CONTRACT: "On the host"). No document from outside names a path, a mode or a
// command. The commented example config/examples/dictionary.toml is kept true by a test.

#ifndef MIG_LOADER_CONFIG_DICTIONARY_H_
#define MIG_LOADER_CONFIG_DICTIONARY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file_system.h"
#include "base/sizes.h"
#include "loader/config/config.h"
#include "loader/config/target.h"
#include "loader/services/agent_spec.h"

namespace mig::loader {

// Many components of one directory: "conf/*". A member "conf/10-site.cfg" is the file
// 10-site.cfg there.
struct Family {
  std::string prefix;   // "conf"
  std::string pattern;  // of file names; '*' stands for any bytes
  size_t max_count = 0;
  Target member;  // name and file_name are empty

  // Whether a file of this name can be a member: the grammar of a component's segment, and the
  // pattern.
  bool Has(absl::string_view file_name) const;
  // MIG_CHECKs Has(file_name).
  Target Member(absl::string_view file_name) const;
};

struct Product {
  std::string name;
  // How its agent is started, stopped and asked. max_output_bytes is left at 0: whether output is
  // kept is Config's to say.
  AgentSpec agent;
  absl::Duration probation = base::kDefaultProbation;
  // Whether the agent is held (Services::Hold) before its files are replaced.
  bool is_held = false;
  std::vector<Target> components;  // sorted by name
  std::vector<Family> families;    // sorted by prefix
};

// A value; what it holds was checked.
class Dictionary {
 public:
  // Reads `path`, with user and group names from the disk's /etc/passwd and /etc/group.
  //
  // Every error is one line: file:line, key, what is wrong, what to do. Codes as Config::Load;
  // InvalidArgument too for two names on one path, a path in another's directory, or at or in one
  // of `reserved` or this file: the message has both lines.
  static absl::StatusOr<Dictionary> Load(base::FileSystem& disk, absl::string_view path,
                                         uint32_t owner_uid,
                                         const std::vector<ReservedPath>& reserved);

  const std::vector<Product>& products() const { return products_; }  // sorted by name
  // nullptr: not in this dictionary.
  const Product* Find(absl::string_view product) const;

  // NotFound, naming this file, if it has no such component or family here. Families are not
  // asked whether they are full: see CheckCounts.
  absl::StatusOr<Target> Resolve(absl::string_view product, absl::string_view name) const;

  // ResourceExhausted if a release with these component names has more files of a family than its
  // max_count.
  absl::Status CheckCounts(absl::string_view product, const std::vector<std::string>& names) const;

  // Every directory in which a component may lie, sorted, each once.
  std::vector<std::string> Directories() const;

  absl::string_view path() const { return path_; }

 private:
  Dictionary(std::string path, std::vector<Product> products)
      : path_(std::move(path)), products_(std::move(products)) {}

  std::string path_;
  std::vector<Product> products_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_DICTIONARY_H_
