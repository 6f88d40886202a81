#include "loader/host/linux_host_facts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/sizes.h"
#include "base/text.h"
#include "loader/host/interface_addresses.h"
#include "loader/host/os_release.h"

namespace mig::loader {

namespace {

// nullopt: not there, not a regular file, or over the bound.
std::optional<std::string> ReadFact(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  struct stat file;
  std::string bytes(base::kMaxFactFileBytes + 1, '\0');
  size_t size = 0;
  ssize_t count = 1;
  if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) count = -1;
  while (count > 0 && size < bytes.size()) {
    count = read(fd, bytes.data() + size, bytes.size() - size);
    if (count > 0) size += static_cast<size_t>(count);
  }
  close(fd);
  if (count < 0 || size > base::kMaxFactFileBytes) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

// What may stand in the environment; else empty, which is missing.
std::string Fact(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.size() > base::kMaxFactBytes || !base::CheckText(text).ok()) return "";
  return std::string(text);
}

std::string HostName() {
  char name[base::kMaxFactBytes + 1] = "";
  if (gethostname(name, sizeof(name) - 1) != 0) return "";
  return absl::AsciiStrToLower(Fact(name));
}

bool IsDirectory(const std::string& path) {
  struct stat file;
  return stat(path.c_str(), &file) == 0 && S_ISDIR(file.st_mode);
}

}  // namespace

LinuxHostFacts::LinuxHostFacts(base::Clock& clock, ConfiguredFacts configured, std::string root)
    : clock_(clock), configured_(std::move(configured)), root_(std::move(root)) {}

v1::Environment LinuxHostFacts::Environment() {
  v1::Environment environment;
  environment.set_hostname(HostName());
  utsname kernel;
  if (uname(&kernel) == 0) {
    environment.set_os(absl::AsciiStrToLower(Fact(kernel.sysname)));
    environment.set_kernel(Fact(kernel.release));
    environment.set_arch(Fact(kernel.machine));
  }
  std::optional<std::string> os_release = ReadFact(root_ + "/etc/os-release");
  if (!os_release.has_value()) os_release = ReadFact(root_ + "/usr/lib/os-release");
  OsRelease distribution = ParseOsRelease(os_release.value_or(""));
  environment.set_distribution(std::move(distribution.id));
  environment.set_distribution_version(std::move(distribution.version_id));
  environment.set_init(InitSystem());
  environment.set_model(
      Fact(ReadFact(root_ + "/sys/devices/virtual/dmi/id/product_name").value_or("")));
  for (std::string& address : InterfaceAddresses()) environment.add_addresses(std::move(address));
  environment.set_time_zone(ZoneName());
  environment.set_utc_offset_min(UtcOffsetMinutes(clock_.WallNow()));

  environment.set_operator_(configured_.operator_name);
  environment.set_proxied(configured_.proxied);
  environment.set_loader_version(configured_.loader_version);
  for (const auto& [name, value] : configured_.tags) {  // a std::map: sorted by name
    v1::Tag& tag = *environment.add_tags();
    tag.set_name(name);
    tag.set_value(value);
  }
  return environment;
}

std::string LinuxHostFacts::InitSystem() const {
  if (IsDirectory(root_ + "/run/systemd/system")) return "systemd";  // sd_booted(3)
  if (ReadFact(root_ + "/etc/inittab").has_value()) return "sysv";
  return "other";
}

std::string LinuxHostFacts::ZoneFile() const {
  char resolved[PATH_MAX];
  const std::string link = root_ + "/etc/localtime";
  return realpath(link.c_str(), resolved) == nullptr ? "" : resolved;
}

std::string LinuxHostFacts::ZoneName() const {
  const std::string zones = "/zoneinfo/";
  const std::string file = ZoneFile();
  const size_t at = file.find(zones);
  if (at != std::string::npos) return Fact(file.substr(at + zones.size()));
  // A copy in place of a link: Debian writes the name beside it.
  return Fact(ReadFact(root_ + "/etc/timezone").value_or(""));
}

int32_t LinuxHostFacts::UtcOffsetMinutes(absl::Time now) {
  // Loaded by the file that the link leads to now: a zone is cached by its name, and the link may
  // be changed while the loader runs.
  const std::string file = ZoneFile();
  absl::TimeZone zone;
  if (file.empty() || !absl::LoadTimeZone(absl::StrCat("file:", file), &zone)) return 0;
  const int32_t minutes = zone.At(now).offset / 60;
  return std::clamp(minutes, -base::kMaxUtcOffsetMin, base::kMaxUtcOffsetMin);
}

absl::StatusOr<std::string> LinuxHostFacts::MachineId() {
  for (const char* path : {"/etc/machine-id", "/var/lib/dbus/machine-id",
                           "/sys/devices/virtual/dmi/id/product_uuid"}) {
    const std::optional<std::string> text = ReadFact(root_ + path);
    if (!text.has_value()) continue;
    const absl::string_view id = absl::StripAsciiWhitespace(*text);
    const bool printable = std::all_of(id.begin(), id.end(), absl::ascii_isgraph);
    if (!id.empty() && id.size() <= base::kMaxMachineIdBytes && printable &&
        id != "uninitialized") {
      return std::string(id);
    }
  }
  return absl::NotFoundError(
      "this machine has no machine id: run `systemd-machine-id-setup`, or `dbus-uuidgen "
      "--ensure=/etc/machine-id`");
}

}  // namespace mig::loader
