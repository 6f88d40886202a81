// Files to measure on, in a directory of their own that goes away with the object.

#ifndef MIG_BENCH_SUITES_SCRATCH_H_
#define MIG_BENCH_SUITES_SCRATCH_H_

#include <cstddef>
#include <string>
#include <vector>

namespace mig::bench {

class Scratch {
 public:
  // Below $TMPDIR, else /tmp. Crashes if it cannot be made: there is nothing to measure then.
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }

  // A file of `size_bytes` bytes that differ from file to file; returns its path.
  std::string WriteFile(const std::string& name, size_t size_bytes);
  // `count` files named f00000, f00001, ... of `size_bytes` each; their names.
  std::vector<std::string> WriteFiles(size_t count, size_t size_bytes);

 private:
  std::string path_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_SCRATCH_H_
