#include "coordinator/handlers/check_in_summary.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstdint>

#include "base/sizes.h"

namespace mig::coordinator {
namespace {

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

// Adds the local manifest to a request that `summary` is already, without copying it.
void AppendLocalManifest(const v1::LocalManifest& manifest, std::string& summary) {
  constexpr uint32_t kLengthDelimited = 2;  // protobuf's encoding, "wire types"
  google::protobuf::io::StringOutputStream bytes(&summary);
  google::protobuf::io::CodedOutputStream out(&bytes);
  out.WriteTag(v1::CheckInRequest::kLocalManifestFieldNumber << 3 | kLengthDelimited);
  out.WriteVarint32(static_cast<uint32_t>(manifest.ByteSizeLong()));
  manifest.SerializeWithCachedSizes(&out);
}

// Tag and length of a field before its contents, at most.
constexpr size_t kMaxFieldHeadBytes = 6;

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

  std::string summary = kept.SerializeAsString();
  const size_t with_manifest =
      summary.size() + kMaxFieldHeadBytes + request.local_manifest().ByteSizeLong();
  if (request.has_local_manifest() && with_manifest <= base::kMaxCheckInSummaryBytes) {
    AppendLocalManifest(request.local_manifest(), summary);
  }
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
