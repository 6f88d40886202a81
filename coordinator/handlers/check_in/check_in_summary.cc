#include "coordinator/handlers/check_in/check_in_summary.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/sizes.h"

namespace mig::coordinator {
namespace {

using ::google::protobuf::io::CodedOutputStream;

// --- Whether a part of what is kept has fields that this program does not know. By hand, since
// DiscardUnknownFields walks a message by reflection: half of a summary's time.

template <typename Message>
bool HasUnknown(const Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

bool AnyUnknown(const v1::ProductState& product) {
  return HasUnknown(product) || HasUnknown(product.installed()) || HasUnknown(product.previous()) ||
         HasUnknown(product.seen()) ||
         std::ranges::any_of(product.bad(), HasUnknown<v1::BadRelease>);
}

bool AnyUnknown(const v1::StreamState& stream) {
  return HasUnknown(stream) || HasUnknown(stream.seen());
}

bool AnyUnknown(const v1::LocalManifest& manifest) {
  return HasUnknown(manifest) ||
         std::ranges::any_of(manifest.components(), HasUnknown<v1::LocalComponent>);
}

bool AnyUnknown(const v1::CheckInRequest& request) {
  const auto any = [](const auto& part) { return AnyUnknown(part); };
  return std::ranges::any_of(request.products(), any) ||
         std::ranges::any_of(request.streams(), any) || AnyUnknown(request.local_manifest());
}

// The local manifest as a field of the request that holds it: what stands before its contents.
// Field number and wire type, then the length (protobuf.dev, "Encoding").
class LocalManifestField {
 public:
  explicit LocalManifestField(const v1::LocalManifest& manifest)
      : manifest_(manifest),
        contents_bytes_(static_cast<uint32_t>(manifest.ByteSizeLong())),
        size_bytes_(CodedOutputStream::VarintSize32(kTag) +
                    CodedOutputStream::VarintSize32(contents_bytes_) + contents_bytes_) {}

  size_t size_bytes() const { return size_bytes_; }
  // To `out`, which has room for it.
  void Write(uint8_t* out) const {
    out = CodedOutputStream::WriteVarint32ToArray(kTag, out);
    out = CodedOutputStream::WriteVarint32ToArray(contents_bytes_, out);
    manifest_.SerializeWithCachedSizesToArray(out);
  }

 private:
  static constexpr uint32_t kLengthDelimited = 2;
  static constexpr uint32_t kTag =
      v1::CheckInRequest::kLocalManifestFieldNumber << 3 | kLengthDelimited;

  const v1::LocalManifest& manifest_;
  const uint32_t contents_bytes_;
  const size_t size_bytes_;
};

}  // namespace

std::string SummaryOf(const v1::CheckInRequest& request) {
  google::protobuf::Arena arena;
  if (AnyUnknown(request)) {
    v1::CheckInRequest& known = *google::protobuf::Arena::CreateMessage<v1::CheckInRequest>(&arena);
    known = request;
    known.DiscardUnknownFields();
    return SummaryOf(known);
  }
  v1::CheckInRequest& kept = *google::protobuf::Arena::CreateMessage<v1::CheckInRequest>(&arena);
  *kept.mutable_products() = request.products();
  *kept.mutable_streams() = request.streams();
  kept.set_waves_closed_until_ms(request.waves_closed_until_ms());
  kept.set_streams_forgotten_ms(request.streams_forgotten_ms());
  kept.set_root_version(request.root_version());
  kept.set_last_acknowledged_attempt(request.last_acknowledged_attempt());

  // The local manifest is most of it, and is written from where it lies.
  const LocalManifestField manifest(request.local_manifest());
  const size_t kept_bytes = kept.ByteSizeLong();
  const bool with_manifest = request.has_local_manifest() &&
                             kept_bytes + manifest.size_bytes() <= base::kMaxCheckInSummaryBytes;
  std::string summary(kept_bytes + (with_manifest ? manifest.size_bytes() : 0), '\0');
  auto* const out = reinterpret_cast<uint8_t*>(summary.data());
  kept.SerializeWithCachedSizesToArray(out);
  if (with_manifest) manifest.Write(out + kept_bytes);
  return summary;
}

std::optional<v1::CheckInRequest> SaidIn(const HostSeenRecord* seen) {
  v1::CheckInRequest said;
  if (seen == nullptr || !said.ParseFromString(seen->summary) ||
      !said.mutable_environment()->ParseFromString(seen->environment)) {
    return std::nullopt;
  }
  return said;
}

}  // namespace mig::coordinator
