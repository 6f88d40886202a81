#include "trust/strict_message.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "proto/mig/v1/manifest.pb.h"
#include "trust/refusal.h"
#include "trust/wire_reader.h"

namespace mig::trust {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The only singular fields that may be absent or zero (docs/protocol.md, "Signed documents").
constexpr absl::string_view kLegalZeros[] = {
    "mig.v1.Role.emergency_threshold",  // required for ROLLOUT alone: root.cc
    "mig.v1.RootProduct.epoch",
    "mig.v1.RootProduct.floor",
    "mig.v1.RootStream.epoch",
    "mig.v1.Manifest.epoch",
    "mig.v1.Variant.filter",
    "mig.v1.Component.size_bytes",
    "mig.v1.Component.confidential",
    "mig.v1.Form.base_sha256",
    "mig.v1.Requirement.epoch",
    "mig.v1.Plan.epoch",
    "mig.v1.Plan.priority",
    "mig.v1.Plan.filter",
    "mig.v1.Plan.window",
    "mig.v1.Plan.base",
    "mig.v1.Plan.canaries",
    "mig.v1.Plan.holdback_ppm",
    "mig.v1.Plan.gates",
    "mig.v1.Plan.emergency",
    "mig.v1.Plan.baseline_until_ms",
    "mig.v1.PlanItem.epoch",
    "mig.v1.PlanItem.fallback_manifest_digest",
    "mig.v1.Window.start_minute",
    "mig.v1.Canaries.soak_ms",
    "mig.v1.Wave.lo_ppm",
    "mig.v1.Wave.filter",
    "mig.v1.Wave.ramp_ms",
    "mig.v1.Wave.soak_ms",
    "mig.v1.Wave.hold",
    "mig.v1.Wave.name",
    "mig.v1.Gates.wave_failures",
    "mig.v1.Gates.rollout_failures",
    "mig.v1.Gates.slice_failures",
    "mig.v1.Gates.silence",
    "mig.v1.Gates.counts",
    "mig.v1.Gates.max_harmed",
    "mig.v1.Gates.max_first_wave",
    "mig.v1.Gates.confirmed_ppm",
    "mig.v1.SilenceTest.least_controls",
    "mig.v1.CountRule.below_hosts",
    "mig.v1.CountRule.hold_at_bad",
    "mig.v1.CountStep.hosts",
    "mig.v1.CountStep.share_ppm",
    "mig.v1.Assignment.next_hint_ms",
    "mig.v1.Assignment.ticket",
    "mig.v1.AssignmentItem.variant",
    "mig.v1.AssignmentItem.plan_digest",
    "mig.v1.Head.generation",
    "mig.v1.Head.sequence",
    "mig.v1.TrustState.host_id",
    "mig.v1.TrustState.enrolled_ms",
    "mig.v1.TrustState.head_digest",
    "mig.v1.TrustState.waves_closed_until_ms",
    "mig.v1.TrustState.machine",
    "mig.v1.TrustState.streams_forgotten_ms",
    "mig.v1.TrustedProduct.seen",
    "mig.v1.TrustedProduct.installed",
    "mig.v1.TrustedProduct.previous",
    "mig.v1.TrustedProduct.variant_changed_ms",
    "mig.v1.SeenDocument.epoch",
    "mig.v1.InstalledRelease.variant",
    "mig.v1.BadRelease.plan_issued_ms",
    "mig.v1.BadRelease.exit_status",
};

constexpr uint32_t kFormatField = 1;
constexpr uint32_t kCriticalField = 2;

bool MayBeZero(const FieldDescriptor& field) {
  return std::find(std::begin(kLegalZeros), std::end(kLegalZeros), field.full_name()) !=
         std::end(kLegalZeros);
}

// Where in a document: text only once something is wrong there. On the stack of who looks.
struct Place {
  const Place* parent = nullptr;  // null: of the document itself
  const FieldDescriptor* field = nullptr;
  int index = 0;

  std::string ToString() const {
    if (field == nullptr) return "";
    const std::string above = parent->ToString();
    return absl::StrCat(above, above.empty() ? "" : ".", field->name(),
                        field->is_repeated() ? absl::StrCat("[", index, "]") : "");
  }
};

absl::Status Malformed(const Place& place, absl::string_view what) {
  return Refuse(v1::Refusal::MALFORMED, absl::StrCat(place.ToString(), " ", what));
}

// Of another format nothing else can be said, so this is asked first.
absl::Status CheckFormat(absl::string_view bytes, const Descriptor& type) {
  const bool has_critical = type.FindFieldByName("critical") != nullptr;
  WireReader reader(bytes);
  while (!reader.done()) {
    MIG_ASSIGN_OR_RETURN(const WireField field, reader.Next());
    if (field.number == kFormatField && field.type == WireType::kVarint && field.varint > 1) {
      return Refuse(v1::Refusal::UNSUPPORTED,
                    absl::StrCat("format ", field.varint,
                                 ", this program reads 1: install a newer version of it"));
    }
    if (has_critical && field.number == kCriticalField &&
        (field.type != WireType::kBytes || !field.bytes.empty())) {
      return Refuse(v1::Refusal::UNSUPPORTED,
                    "it needs a critical feature that this program does not have: install a newer "
                    "version of it");
    }
  }
  return absl::OkStatus();
}

WireType WireTypeOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return WireType::kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return WireType::kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP:
      return WireType::kBytes;
    default:
      return WireType::kVarint;
  }
}

// What Protobuf would silently cut off.
uint64_t LargestVarint(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_BOOL:
      return 1;
    case FieldDescriptor::TYPE_ENUM:
      return std::numeric_limits<int32_t>::max();
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_SINT32:
      return std::numeric_limits<uint32_t>::max();
    default:
      return std::numeric_limits<uint64_t>::max();
  }
}

// Whether the bytes of a Form name an encoding that this program does not know.
absl::StatusOr<bool> IsUnknownForm(absl::string_view bytes) {
  WireReader reader(bytes);
  bool unknown = false;
  while (!reader.done()) {
    MIG_ASSIGN_OR_RETURN(const WireField field, reader.Next());
    if (field.number == v1::Form::kEncodingFieldNumber && field.type == WireType::kVarint) {
      unknown = field.varint > static_cast<uint64_t>(v1::Form::Encoding_MAX);
    }
  }
  return unknown;
}

absl::Status CheckWire(absl::string_view bytes, const Descriptor& type, const Place& place);

absl::Status CheckValue(const WireField& value, const FieldDescriptor& field, const Place& place) {
  const bool packed = field.is_packable() && value.type == WireType::kBytes;
  if (value.type != WireTypeOf(field) && !packed) return Malformed(place, "has a wrong wire type");
  if (packed) return absl::OkStatus();
  if (value.type == WireType::kVarint && value.varint > LargestVarint(field)) {
    return Malformed(place, absl::StrCat("is ", value.varint, ", more than its type holds"));
  }
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    if (const absl::Status text = base::CheckText(value.bytes); !text.ok()) {
      return Malformed(place, absl::StrCat("is not plain text: ", text.message()));
    }
  }
  if (field.type() != FieldDescriptor::TYPE_MESSAGE) return absl::OkStatus();
  if (field.message_type() == v1::Form::descriptor()) {
    MIG_ASSIGN_OR_RETURN(const bool unknown, IsUnknownForm(value.bytes));
    if (unknown) return absl::OkStatus();
  }
  return CheckWire(value.bytes, *field.message_type(), place);
}

bool UnknownFieldsAreRefused(const Descriptor& type) {
  return &type == v1::Component::descriptor() || &type == v1::Form::descriptor();
}

absl::Status CheckWire(absl::string_view bytes, const Descriptor& type, const Place& place) {
  absl::InlinedVector<int, 32> seen(static_cast<size_t>(type.field_count()), 0);  // by field
  WireReader reader(bytes);
  while (!reader.done()) {
    absl::StatusOr<WireField> value = reader.Next();
    if (!value.ok()) {
      return place.field == nullptr ? value.status()
                                    : WithContext(place.ToString(), value.status());
    }
    const FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(value->number));
    if (field == nullptr) {
      if (!UnknownFieldsAreRefused(type)) continue;
      return Refuse(
          v1::Refusal::UNSUPPORTED,
          absl::StrCat(place.ToString(), " has a field ", value->number,
                       " that this program does not know: install a newer version of it"));
    }
    const int before = seen[static_cast<size_t>(field->index())]++;
    const Place here = {.parent = &place, .field = field, .index = before};
    if (!field->is_repeated() && before > 0) return Malformed(here, "stands there twice");
    MIG_RETURN_IF_ERROR(CheckValue(*value, *field, here));
  }
  return absl::OkStatus();
}

bool IsZero(const Message& message, const FieldDescriptor& field) {
  // Without presence, HasField of proto3 says whether the value is not zero; of an optional scalar,
  // whether it is there at all, which is what counts.
  return !message.GetReflection()->HasField(message, &field);
}

absl::Status CheckPresence(const Message& message, const Place& place) {
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool is_message = field.type() == FieldDescriptor::TYPE_MESSAGE;
    Place here = {.parent = &place, .field = &field};
    if (field.is_repeated()) {
      if (!is_message) continue;
      const int count = message.GetReflection()->FieldSize(message, &field);
      for (; here.index < count; ++here.index) {
        MIG_RETURN_IF_ERROR(CheckPresence(
            message.GetReflection()->GetRepeatedMessage(message, &field, here.index), here));
      }
      continue;
    }
    if (IsZero(message, field)) {
      if (MayBeZero(field)) continue;
      return Malformed(here, "is absent or zero, and may not be");
    }
    if (is_message) {
      MIG_RETURN_IF_ERROR(
          CheckPresence(message.GetReflection()->GetMessage(message, &field), here));
    }
  }
  return absl::OkStatus();
}

void TakeOutUnknownForms(Message& message) {
  if (message.GetDescriptor() != v1::Manifest::descriptor()) return;
  for (v1::Variant& variant : *static_cast<v1::Manifest&>(message).mutable_variants()) {
    for (v1::Component& component : *variant.mutable_components()) {
      auto& forms = *component.mutable_forms();
      forms.erase(std::remove_if(
                      forms.begin(), forms.end(),
                      [](const v1::Form& f) { return !v1::Form::Encoding_IsValid(f.encoding()); }),
                  forms.end());
    }
  }
}

}  // namespace

absl::Status ParseStrictly(absl::string_view bytes, Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  MIG_RETURN_IF_ERROR(CheckFormat(bytes, type));
  MIG_RETURN_IF_ERROR(CheckWire(bytes, type, Place()));
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Refuse(v1::Refusal::MALFORMED, "it is not valid Protobuf");
  }
  TakeOutUnknownForms(message);
  return CheckPresence(message, Place());
}

}  // namespace mig::trust
