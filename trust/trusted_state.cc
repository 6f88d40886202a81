#include "trust/trusted_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "proto/mig/v1/local_state.pb.h"
#include "trust/fields.h"
#include "trust/half_file.h"
#include "trust/names.h"
#include "trust/refusal.h"
#include "trust/strict_message.h"

namespace mig::trust {

namespace {

int64_t MsOf(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::ToUnixMillis(*time) : 0;
}

absl::StatusOr<std::optional<absl::Time>> OptionalTime(absl::string_view name, int64_t ms) {
  if (ms == 0) return std::optional<absl::Time>();
  MIG_ASSIGN_OR_RETURN(const absl::Time time, TimeField({"", 0, name}, ms));
  return std::optional<absl::Time>(time);
}

absl::StatusOr<std::optional<base::Digest>> OptionalDigest(absl::string_view name,
                                                           absl::string_view bytes) {
  if (bytes.empty()) return std::optional<base::Digest>();
  MIG_ASSIGN_OR_RETURN(const base::Digest digest, DigestField({"", 0, name}, bytes));
  return std::optional<base::Digest>(digest);
}

absl::Status CheckBounds(const TrustedState& state) {
  MIG_RETURN_IF_ERROR(
      CheckCount({"", 0, "products"}, state.products.size(), 0, base::kMaxProducts));
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "streams"}, state.streams.size(), 0, base::kMaxStreams));
  for (const auto& [name, product] : state.products) {
    MIG_RETURN_IF_ERROR(CheckCount({"", 0, "bad"}, product.bad.size(), 0, base::kMaxBadReleases));
  }
  return absl::OkStatus();
}

v1::TrustedProduct ProductMessage(const std::string& name, const TrustedProduct& product) {
  v1::TrustedProduct message;
  message.set_product(name);
  if (product.seen) *message.mutable_seen() = ToMessage(*product.seen);
  if (product.installed) *message.mutable_installed() = ToMessage(*product.installed);
  if (product.previous) *message.mutable_previous() = ToMessage(*product.previous);
  for (const BadMark& mark : product.bad) *message.add_bad() = ToMessage(mark);
  message.set_variant_changed_ms(MsOf(product.variant_changed));
  return message;
}

absl::StatusOr<TrustedProduct> ReadProduct(const v1::TrustedProduct& message) {
  TrustedProduct product;
  if (message.has_seen()) {
    MIG_ASSIGN_OR_RETURN(product.seen, FromMessage(message.seen()));
  }
  if (message.has_installed()) {
    MIG_ASSIGN_OR_RETURN(product.installed, FromMessage(message.installed()));
  }
  if (message.has_previous()) {
    MIG_ASSIGN_OR_RETURN(product.previous, FromMessage(message.previous()));
  }
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "bad"}, message.bad_size(), 0, base::kMaxBadReleases));
  for (const v1::BadRelease& entry : message.bad()) {
    MIG_ASSIGN_OR_RETURN(BadMark mark, FromMessage(entry));
    product.bad.push_back(mark);
  }
  MIG_RETURN_IF_ERROR(
      CheckSorted({"", 0, "bad"}, product.bad, [](const BadMark& mark) { return mark.manifest; }));
  MIG_ASSIGN_OR_RETURN(product.variant_changed,
                       OptionalTime("variant_changed_ms", message.variant_changed_ms()));
  return product;
}

absl::Status ReadProducts(const v1::TrustState& message, TrustedState& state) {
  MIG_RETURN_IF_ERROR(
      CheckCount({"", 0, "products"}, message.products_size(), 0, base::kMaxProducts));
  for (const v1::TrustedProduct& entry : message.products()) {
    if (!IsProductName(entry.product())) return MalformedField({"", 0, "product"}, "is no name");
    MIG_ASSIGN_OR_RETURN(TrustedProduct product, ReadProduct(entry));
    state.products.emplace(entry.product(), std::move(product));
  }
  return CheckSorted({"", 0, "products"}, message.products(),
                     [](const v1::TrustedProduct& p) { return absl::string_view(p.product()); });
}

absl::Status ReadStreams(const v1::TrustState& message, TrustedState& state) {
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "streams"}, message.streams_size(), 0, base::kMaxStreams));
  for (const v1::TrustedStream& entry : message.streams()) {
    if (!IsProductName(entry.stream())) return MalformedField({"", 0, "stream"}, "is no name");
    TrustedStream stream;
    MIG_ASSIGN_OR_RETURN(stream.seen, FromMessage(entry.seen()));
    MIG_ASSIGN_OR_RETURN(stream.rollout, IdField<RolloutId>({"", 0, "rollout"}, entry.rollout()));
    MIG_ASSIGN_OR_RETURN(stream.rollout_binding,
                         DigestField({"", 0, "rollout_binding"}, entry.rollout_binding()));
    state.streams.emplace(entry.stream(), stream);
  }
  return CheckSorted({"", 0, "streams"}, message.streams(),
                     [](const v1::TrustedStream& s) { return absl::string_view(s.stream()); });
}

// Whether `a` should make place for another mark rather than `b`: no plan counts as the earliest.
bool IsEarlier(const BadMark& a, const BadMark& b) {
  return a.plan_issued.value_or(absl::InfinitePast()) <
         b.plan_issued.value_or(absl::InfinitePast());
}

}  // namespace

const TrustedProduct* TrustedState::product(absl::string_view name) const {
  const auto found = products.find(std::string(name));
  return found == products.end() ? nullptr : &found->second;
}

const TrustedStream* TrustedState::stream(absl::string_view name) const {
  const auto found = streams.find(std::string(name));
  return found == streams.end() ? nullptr : &found->second;
}

absl::StatusOr<std::string> SerializeTrustedState(const TrustedState& state) {
  MIG_RETURN_IF_ERROR(CheckBounds(state));
  v1::TrustState message;
  message.set_format(1);
  if (state.host_id) message.set_host_id(std::string(state.host_id->bytes()));
  message.set_enrolled_ms(MsOf(state.enrolled));
  message.set_root_version(state.root_version);
  message.set_root_digest(std::string(state.root_digest.bytes()));
  for (const auto& [name, product] : state.products) {
    *message.add_products() = ProductMessage(name, product);
  }
  for (const auto& [name, stream] : state.streams) {
    v1::TrustedStream& added = *message.add_streams();
    added.set_stream(name);
    *added.mutable_seen() = ToMessage(stream.seen);
    added.set_rollout(std::string(stream.rollout.bytes()));
    added.set_rollout_binding(std::string(stream.rollout_binding.bytes()));
  }
  if (state.head) message.set_head_digest(std::string(state.head->bytes()));
  message.set_waves_closed_until_ms(MsOf(state.waves_closed_until));
  if (state.machine) message.set_machine(std::string(state.machine->bytes()));
  message.set_streams_forgotten_ms(MsOf(state.streams_forgotten));
  return message.SerializeAsString();
}

absl::StatusOr<TrustedState> ParseTrustedState(absl::string_view payload) {
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "payload"}, payload.size(), 0, kMaxHalfPayloadBytes));
  v1::TrustState message;
  MIG_RETURN_IF_ERROR(ParseStrictly(payload, message));
  TrustedState state;
  if (!message.host_id().empty()) {
    MIG_ASSIGN_OR_RETURN(state.host_id, IdField<HostId>({"", 0, "host_id"}, message.host_id()));
  }
  MIG_ASSIGN_OR_RETURN(state.enrolled, OptionalTime("enrolled_ms", message.enrolled_ms()));
  MIG_ASSIGN_OR_RETURN(state.machine, OptionalDigest("machine", message.machine()));
  state.root_version = message.root_version();
  MIG_ASSIGN_OR_RETURN(state.root_digest,
                       DigestField({"", 0, "root_digest"}, message.root_digest()));
  MIG_RETURN_IF_ERROR(ReadProducts(message, state));
  MIG_RETURN_IF_ERROR(ReadStreams(message, state));
  MIG_ASSIGN_OR_RETURN(state.head, OptionalDigest("head_digest", message.head_digest()));
  MIG_ASSIGN_OR_RETURN(state.waves_closed_until,
                       OptionalTime("waves_closed_until_ms", message.waves_closed_until_ms()));
  MIG_ASSIGN_OR_RETURN(state.streams_forgotten,
                       OptionalTime("streams_forgotten_ms", message.streams_forgotten_ms()));
  return state;
}

void MarkBad(TrustedProduct& product, const BadMark& mark) {
  std::vector<BadMark>& bad = product.bad;
  bad.erase(std::remove_if(bad.begin(), bad.end(),
                           [&](const BadMark& b) { return b.manifest == mark.manifest; }),
            bad.end());
  if (bad.size() >= base::kMaxBadReleases)
    bad.erase(std::min_element(bad.begin(), bad.end(), IsEarlier));
  bad.push_back(mark);
  std::sort(bad.begin(), bad.end(),
            [](const BadMark& a, const BadMark& b) { return a.manifest < b.manifest; });
}

std::string DisplayOf(const BadMark& mark) {
  v1::Refusal refusal;
  refusal.set_code(mark.code);
  refusal.set_exit_status(mark.exit_status);
  return DisplayOf(refusal);
}

const BadMark* FindBad(const TrustedProduct& product, const base::Digest& manifest) {
  for (const BadMark& mark : product.bad) {
    if (mark.manifest == manifest) return &mark;
  }
  return nullptr;
}

v1::SeenDocument ToMessage(const Seen& seen) {
  v1::SeenDocument message;
  message.set_epoch(seen.numbers.epoch);
  message.set_sequence(seen.numbers.sequence);
  message.set_digest(std::string(seen.digest.bytes()));
  return message;
}

v1::InstalledRelease ToMessage(const Installed& installed) {
  v1::InstalledRelease message;
  message.set_manifest_digest(std::string(installed.manifest.bytes()));
  message.set_variant(installed.variant);
  return message;
}

v1::BadRelease ToMessage(const BadMark& mark) {
  v1::BadRelease message;
  message.set_manifest_digest(std::string(mark.manifest.bytes()));
  message.set_code(mark.code);
  message.set_plan_issued_ms(MsOf(mark.plan_issued));
  message.set_exit_status(mark.exit_status);
  return message;
}

absl::StatusOr<Seen> FromMessage(const v1::SeenDocument& message) {
  if (message.sequence() == 0) return MalformedField({"", 0, "seen.sequence"}, "is zero");
  Seen seen;
  seen.numbers = {message.epoch(), message.sequence()};
  MIG_ASSIGN_OR_RETURN(seen.digest, DigestField({"", 0, "seen.digest"}, message.digest()));
  return seen;
}

absl::StatusOr<Installed> FromMessage(const v1::InstalledRelease& message) {
  Installed installed;
  MIG_ASSIGN_OR_RETURN(installed.manifest,
                       DigestField({"", 0, "manifest_digest"}, message.manifest_digest()));
  installed.variant = message.variant();
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "variant"}, installed.variant, 0, base::kMaxVariants - 1));
  return installed;
}

absl::StatusOr<BadMark> FromMessage(const v1::BadRelease& message) {
  BadMark mark;
  MIG_ASSIGN_OR_RETURN(mark.manifest,
                       DigestField({"", 0, "bad.manifest_digest"}, message.manifest_digest()));
  if (message.code() == v1::Refusal::REFUSAL_UNSPECIFIED) {
    return MalformedField({"", 0, "bad.code"}, "is zero");
  }
  mark.code = message.code();
  mark.exit_status = message.exit_status();
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "bad.exit_status"}, mark.exit_status, 0,
                                 mark.code == v1::Refusal::EXIT ? 255 : 0));
  MIG_ASSIGN_OR_RETURN(mark.plan_issued,
                       OptionalTime("bad.plan_issued_ms", message.plan_issued_ms()));
  return mark;
}

}  // namespace mig::trust
