#include "bench/suites/trust_suite.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/limits/boringssl.h"
#include "bench/suites/lazy.h"
#include "trust/envelope.h"
#include "trust/signing_key.h"
#include "trust/testing/test_authority.h"
#include "trust/verified.h"

namespace mig::bench {
namespace {

// As long as a pre-authentication encoding of an assignment.
constexpr size_t kMessageBytes = 512;
constexpr uint32_t kReleaseThreshold = 2;

// One message, signed by our key and, with the same seed, by the bare library.
struct SignedMessage {
  SignedMessage()
      : key(trust::testing::TestKey(1)),
        message(kMessageBytes, 'm'),
        signature(*key.Sign(message)) {
    std::array<uint8_t, 32> seed;
    std::copy(key.seed().begin(), key.seed().end(), seed.begin());
    bare = BareEd25519Sign(message, seed);
  }

  trust::SigningKey key;
  std::string message;
  std::string signature;
  BareSignature bare;
};

void VerifyOurs(benchmark::State& state, const SignedMessage& message) {
  for (auto _ : state) {
    MIG_CHECK(message.key.public_key().Verify(message.message, message.signature));
  }
}

void VerifyBare(benchmark::State& state, const SignedMessage& message) {
  for (auto _ : state) MIG_CHECK(BareEd25519Verify(message.message, message.bare));
}

// A manifest of two release keys and a dozen components, as hosts get it.
struct SignedManifest {
  SignedManifest() {
    std::map<std::string, std::string> components;
    for (char name = 'a'; name < 'm'; ++name) components[std::string(1, name)] = "contents";
    envelope = authority.Sign(authority.Manifest("agent", 118, components));
    const auto parsed = trust::Envelope::Parse(envelope, trust::DocumentType::kManifest);
    MIG_CHECK_OK(parsed);
    encoded = trust::PreAuthenticationEncoding("application/vnd.mig.manifest.v1+protobuf",
                                               parsed->payload());
  }

  trust::testing::TestAuthority authority;
  std::string envelope;
  std::string encoded;
};

void VerifyManifest(benchmark::State& state, const SignedManifest& manifest) {
  for (auto _ : state) {
    MIG_CHECK_OK(
        trust::Verify<trust::Manifest>(manifest.envelope, manifest.authority.VerifiedRoot()));
  }
}

// What cannot be spared: as many bare verifications as the threshold asks for.
void VerifyThresholdBare(benchmark::State& state, const SignedManifest& manifest) {
  const BareSignature signature = BareEd25519Sign(manifest.encoded, {1});
  for (auto _ : state) {
    for (uint32_t i = 0; i < kReleaseThreshold; ++i) {
      MIG_CHECK(BareEd25519Verify(manifest.encoded, signature));
    }
  }
}

}  // namespace

void AddTrustRows(Table& table) {
  const Lazy<SignedMessage> message([] { return std::make_unique<SignedMessage>(); });
  const Lazy<SignedManifest> manifest([] { return std::make_unique<SignedManifest>(); });
  table.Add({.name = "ed25519_verify",
             .goal = AtMost(1.1),
             .ours = [message](benchmark::State& state) { VerifyOurs(state, *message); },
             .limit = [message](benchmark::State& state) { VerifyBare(state, *message); }});
  table.Add(
      {.name = "dsse_verify_manifest",
       .goal = AtMost(1.5),
       .ours = [manifest](benchmark::State& state) { VerifyManifest(state, *manifest); },
       .limit = [manifest](benchmark::State& state) { VerifyThresholdBare(state, *manifest); }});
}

}  // namespace mig::bench
