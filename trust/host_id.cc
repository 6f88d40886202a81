#include "trust/host_id.h"

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::trust {

namespace {

// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 0 unused bits, 0x04 ... } }: in
// DER all but the 64 bytes of the point are fixed (RFC 5480, section 2).
constexpr char kHostKeySpkiPrefix[] =
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    "\x03\x42\x00\x04";
constexpr absl::string_view kPrefix(kHostKeySpkiPrefix, sizeof(kHostKeySpkiPrefix) - 1);
static_assert(sizeof(kHostKeySpkiPrefix) - 1 + 64 == base::kHostKeySpkiBytes);

}  // namespace

absl::Status CheckHostKeySpki(absl::string_view spki_der) {
  if (spki_der.size() == base::kHostKeySpkiBytes && spki_der.substr(0, kPrefix.size()) == kPrefix) {
    return absl::OkStatus();
  }
  return Refuse(
      v1::Refusal::CSR,
      absl::StrCat("the public key (", spki_der.size(),
                   " bytes of SubjectPublicKeyInfo) is not ECDSA on the named curve P-256 "
                   "with an uncompressed point (91 bytes): make a P-256 key"));
}

absl::StatusOr<HostId> HostIdOf(absl::string_view spki_der) {
  MIG_RETURN_IF_ERROR(CheckHostKeySpki(spki_der));
  return HostId::FromBytes(base::Sha256Of(spki_der).bytes());
}

base::Digest MachineDigest(absl::string_view machine_id) {
  return base::Sha256().Add(absl::string_view("MIG machine v1\0", 15)).Add(machine_id).Finish();
}

}  // namespace mig::trust
