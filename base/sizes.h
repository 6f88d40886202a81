// Every bound and default of docs/protocol.md, once, so that loader, coordinator, operators' tools
// and simulator enforce the same. A bound is the largest value that is accepted. Units come last in
// the name where the type has none; shares are parts per million.

#ifndef MIG_BASE_SIZES_H_
#define MIG_BASE_SIZES_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace mig::base {

inline constexpr uint64_t kKiB = uint64_t{1} << 10;
inline constexpr uint64_t kMiB = uint64_t{1} << 20;
inline constexpr uint64_t kGiB = uint64_t{1} << 30;
inline constexpr uint32_t kWholePpm = 1'000'000;

// --- Envelopes and keys (CONTRACT.md 1) ---
inline constexpr size_t kMaxSignatures = 16;
inline constexpr size_t kMaxSignatureBytes = 8 * kKiB;
inline constexpr size_t kEd25519PublicKeyBytes = 32;
inline constexpr size_t kEd25519SignatureBytes = 64;
inline constexpr size_t kMaxPublicKeyBytes = 8 * kKiB;  // of an algorithm that is yet to come
inline constexpr uint32_t kMaxThreshold = 1'000;
inline constexpr size_t kMaxPayloadTypeBytes = 64;
inline constexpr size_t kMaxPemLabelBytes = 64;  // what stands behind -----BEGIN

// --- Payloads (CONTRACT.md 1) ---
inline constexpr size_t kMaxRootBytes = 64 * kKiB;
inline constexpr size_t kMaxManifestBytes = 256 * kKiB;
inline constexpr size_t kMaxPlanBytes = 256 * kKiB;
inline constexpr size_t kMaxAssignmentBytes = 8 * kKiB;
inline constexpr size_t kMaxHeadBytes = 1 * kKiB;
// The largest payload, 16 signatures and their framing: one DOCUMENT of the pipe (CONTRACT.md 7).
inline constexpr size_t kMaxEnvelopeBytes = 392 * kKiB;

// --- Names and text (CONTRACT.md 1) ---
inline constexpr size_t kMaxProductNameBytes = 32;  // streams too
inline constexpr size_t kMaxTrustDomainBytes = 253;
inline constexpr size_t kMaxOperatorNameBytes = 64;
inline constexpr size_t kMaxComponentSegmentBytes = 64;
inline constexpr size_t kMaxVersionTextBytes = 128;
inline constexpr size_t kMaxWaveNameBytes = 64;
inline constexpr size_t kMaxTagNameBytes = 64;  // labels too

// --- Times and spans in documents (CONTRACT.md 1) ---
// To the end of the year 9999, so that no sum of a time and the longest span overflows.
inline constexpr int64_t kMaxTimeMs = 253'402'300'799'999;
// Where the field has no bound of its own.
inline constexpr absl::Duration kMaxSoak = absl::Hours(24 * 30);
inline constexpr absl::Duration kMaxLife = absl::Hours(24 * 366);

// --- Root ---
inline constexpr size_t kMaxProducts = 8;
inline constexpr size_t kMaxStreams = 16;
inline constexpr size_t kMaxKeysPerRole = 32;
inline constexpr size_t kMaxWithdrawnPerProduct = 64;
inline constexpr size_t kMaxServerCas = 4;  // certificates; at least 1
inline constexpr size_t kMaxServerCaBytes = 2 * kKiB;
inline constexpr size_t kMaxClientCas = 4;  // SPKI digests of each of the two; at least 1
inline constexpr size_t kMaxRootsPerRun = 32;

// --- Manifest ---
inline constexpr size_t kMaxVariants = 32;
inline constexpr size_t kMaxComponentsPerVariant = 256;
inline constexpr size_t kMaxFormsPerComponent = 16;
inline constexpr size_t kMaxRetired = 256;
inline constexpr size_t kMaxRequires = 8;
inline constexpr uint64_t kMaxComponentBytes = 1 * kGiB;
inline constexpr uint64_t kMinFormWindowBytes = 1 * kKiB;

// --- Plan (CONTRACT.md 1, 2) ---
inline constexpr size_t kRolloutIdBytes = 16;
inline constexpr size_t kCohortSeedBytes = 32;
inline constexpr size_t kMaxPlanItems = 8;
inline constexpr size_t kMaxCanaries = 256;
inline constexpr size_t kMaxWaves = 32;
inline constexpr size_t kMaxRetryDigests = 32;
inline constexpr uint64_t kMaxRampMs = (uint64_t{1} << 32) - 1;
inline constexpr int32_t kMaxUtcOffsetMin = 18 * 60;  // either way
inline constexpr uint32_t kMinutesPerDay = 24 * 60;
inline constexpr size_t kMaxGateSlices = 8;
inline constexpr size_t kMaxGateSliceBytes = 70;  // "tags." and a tag's name
inline constexpr size_t kMaxGateCountSteps = 8;

// --- Assignment, head, check-in (CONTRACT.md 1, 8) ---
inline constexpr size_t kNonceBytes = 32;
inline constexpr size_t kStoreIdBytes = 16;
inline constexpr size_t kAttemptIdBytes = 16;  // also a transaction's id
inline constexpr size_t kAnswerIdBytes = 16;   // previous_answer
inline constexpr absl::Duration kMaxAssignmentLife = absl::Seconds(60);
inline constexpr size_t kMaxAnswerBytes = 1 * kMiB;  // documents beyond it wait: `more`
inline constexpr int kMaxCheckInsPerRun = 32;
inline constexpr size_t kMaxCheckInBytes = 1 * kMiB;
inline constexpr size_t kMaxEnvironmentBytes = 16 * kKiB;
inline constexpr size_t kMaxTags = 64;
inline constexpr size_t kMaxTagBytes = 256;  // name and value, each
inline constexpr size_t kMaxAddresses = 64;
inline constexpr size_t kMaxFactBytes = 256;          // one text of the environment
inline constexpr size_t kMaxLocalComponents = 2'048;  // of the local manifest
inline constexpr size_t kMaxHeldDocuments = 256;      // digests in one check-in
inline constexpr size_t kMaxAnswerDocuments = 64;     // beyond it they wait too
// The rest is for assignment, head and framing.
inline constexpr size_t kMaxAnswerDocumentBytes = kMaxAnswerBytes - 32 * kKiB;
inline constexpr size_t kMaxHeadEnvelopeBytes = 16 * kKiB;
inline constexpr size_t kMaxBadReleases = 4;  // kept per product

// --- Filters (CONTRACT.md 5) ---
inline constexpr size_t kMaxFilterBytes = 4 * kKiB;
inline constexpr int kMaxFilterTerms = 64;
inline constexpr int kMaxFilterDepth = 8;

// --- Fetch (CONTRACT.md 8) ---
inline constexpr size_t kMaxFetchChunkBytes = 256 * kKiB;
inline constexpr size_t kMaxGrpcMessageBytes = 1 * kMiB;
inline constexpr size_t kMaxAdminAnswerBytes = 16 * kMiB;  // what an operator's tool takes
inline constexpr size_t kMaxTicketManifests = 8;
inline constexpr size_t kMaxTicketBytes = 512;
// Longer than an assignment, so that a slow download need not ask again each minute: whether to
// commit, the assignment says, and a revoked host is refused whatever it holds.
inline constexpr absl::Duration kTicketLife = absl::Minutes(15);

// --- Reports (CONTRACT.md 10) ---
inline constexpr size_t kMaxReportBytes = 64 * kKiB;
inline constexpr size_t kMaxOutcomesPerReport = 64;
inline constexpr size_t kMaxAgentOutputBytes = 16 * kKiB;
inline constexpr size_t kMaxSpooledReports = 1'000;
inline constexpr uint64_t kMaxSpoolBytes = 4 * kMiB;
inline constexpr size_t kMaxReportTextBytes = 256;

// --- Identity (CONTRACT.md 3) ---
inline constexpr size_t kHostKeySpkiBytes = 91;
inline constexpr size_t kMaxCsrBytes = 4 * kKiB;
inline constexpr size_t kMaxCertificateBytes = 4 * kKiB;
inline constexpr size_t kMaxChainCertificates = 4;
inline constexpr size_t kMaxCertificateNames = 64;  // alternative names in one that is read
inline constexpr size_t kMaxServerNames = 16;       // in one that is issued
inline constexpr size_t kMaxCommonNameBytes = 64;   // RFC 5280, ub-common-name
inline constexpr size_t kMaxDnsNameBytes = 253;
inline constexpr size_t kMaxDnsLabelBytes = 63;
inline constexpr uint32_t kMaxTokenUses = 100'000;
inline constexpr size_t kMaxTokenBytes = 512;

// --- Files on the host (CONTRACT.md 6) ---
inline constexpr uint64_t kTrustHalfBytes = 8'192;  // `status` is laid out the same
inline constexpr uint64_t kTrustSecondHalfOffset = 65'536;
inline constexpr uint64_t kMaxJournalBytes = 512 * kKiB;
inline constexpr size_t kMaxJournalFiles = 512;
inline constexpr size_t kMaxReportFields = 128;  // names in `report_fields`
inline constexpr uint64_t kMaxConfigurationFileBytes = 256 * kKiB;
inline constexpr uint64_t kMaxKeyFileBytes = 16 * kKiB;
inline constexpr int kMinKeyFileLog2N = 10;                // scrypt's N of a locked key
inline constexpr int kMaxKeyFileLog2N = 18;                // 256 MiB to open it
inline constexpr uint64_t kMaxPemFileBytes = 32 * kKiB;    // a certificate, a chain, a key of X.509
inline constexpr uint64_t kMaxTokenFileBytes = 4 * kKiB;   // a token, and what it says beside it
inline constexpr uint64_t kMaxInvitationBytes = 1 * kKiB;  // of the first operator, beside the CAs
inline constexpr uint64_t kMaxPendingFileBytes = 1 * kKiB;   // an enrollment that waits
inline constexpr int kMaxRootFiles = 1'000;                  // root-1 and on, of a coordinator
inline constexpr size_t kMaxConfigurationParts = 64;         // files *.toml beside the loader's
inline constexpr size_t kMaxConfigurationTextBytes = 4'096;  // one text in it
inline constexpr size_t kMaxCoordinators = 8;                // that a loader is told of
inline constexpr int kMaxActivations = 64;   // that a loader may be told to allow in one day
inline constexpr size_t kMaxArguments = 64;  // of one command in the dictionary
inline constexpr int64_t kDefaultComponentBytes = 64 * kMiB;  // without max_bytes there
inline constexpr size_t kMaxFactFileBytes = 64 * kKiB;        // of the system, like os-release
inline constexpr size_t kMaxMachineIdBytes = 128;
inline constexpr size_t kMaxFamilyFiles = 256;
inline constexpr size_t kMaxDirectoryEntries = 4'096;  // of one directory of ours

// --- The pipe between the loader's two halves (CONTRACT.md 7) ---
inline constexpr size_t kMaxPipeDataBytes = 64 * kKiB;
inline constexpr size_t kMaxPipeStatusTextBytes = 256;

// --- The coordinator's store (CONTRACT.md 9) ---
inline constexpr size_t kMaxStoreQueueRows = 65'536;
inline constexpr size_t kStoreCommitRows = 256;
inline constexpr absl::Duration kStoreCommitDelay = absl::Milliseconds(2);
inline constexpr size_t kMaxIndexBytesPerHost = 200;
inline constexpr size_t kMaxTitleBytes = 256;   // of a document
inline constexpr size_t kMaxSerialBytes = 20;   // RFC 5280, 4.1.2.2
inline constexpr size_t kMaxActorBytes = 512;   // a SPIFFE id
inline constexpr size_t kMaxReasonBytes = 512;  // of whatever an operator does
inline constexpr size_t kMaxEventDetailBytes = 64 * kKiB;
inline constexpr size_t kMaxLabels = 64;
inline constexpr size_t kMaxLabelBytes = 256;  // name and value, each
inline constexpr size_t kMaxHostNameBytes = 256;
inline constexpr size_t kMaxAddressTextBytes = 64;
inline constexpr size_t kMaxCheckInSummaryBytes = 64 * kKiB;
// What one host may fill: more than a full spool, so that no delivery loses anything.
inline constexpr uint64_t kMaxCountedOutcomes = 64;  // of one host in one rollout
inline constexpr uint64_t kMaxOtherOutcomes = 2 * kMaxSpooledReports;
inline constexpr uint64_t kMaxOtherOutcomeBytes = 2 * kMaxSpoolBytes;

// --- Operators' calls ---
inline constexpr size_t kMaxPageRows = 1'000;  // of one list
inline constexpr size_t kMaxPageTokenBytes = 512;
inline constexpr size_t kMaxContainingBytes = 256;  // a text that rows of the audit log must have
inline constexpr size_t kMaxAuditRowsLookedAt = 10'000;  // by one call, for a text
inline constexpr size_t kMaxOutcomesShown = 50;          // of one host
inline constexpr size_t kMaxEvidenceBytes = 512;         // one line of `explain`
inline constexpr size_t kMaxFailureKinds = 20;           // of one rollout
inline constexpr size_t kMaxSameAs = 20;                 // hosts that look like one that waits
inline constexpr size_t kMaxRevokedByOne = 10;           // beyond it a second person is needed
inline constexpr size_t kMaxDigestsAsked = 1'024;  // at once, whether their contents are stored

// --- Slots (CONTRACT.md 4, 10) ---
inline constexpr absl::Duration kDefaultInterval = absl::Hours(3);
inline constexpr absl::Duration kMinInterval = absl::Minutes(5);
inline constexpr absl::Duration kMaxInterval = absl::Hours(24);
inline constexpr absl::Duration kMinHint = absl::Minutes(5);

// --- The transaction (CONTRACT.md 1, 6, 10) ---
inline constexpr absl::Duration kDefaultProbation = absl::Seconds(120);
inline constexpr int kDefaultActivationsPerHour = 6;
inline constexpr int kDefaultActivationsPerDay = 20;
inline constexpr absl::Duration kRecoverLockWait = absl::Seconds(10);
inline constexpr absl::Duration kWavesClosedAfterStep = absl::Hours(24);
inline constexpr absl::Duration kVariantChangeInterval = absl::Hours(24);

// --- Plan rules of a new Root (CONTRACT.md 10) ---
inline constexpr absl::Duration kDefaultLeastSoak = absl::Hours(1);
inline constexpr uint32_t kDefaultLargestSharePpm = 750'000;
inline constexpr absl::Duration kDefaultLongestLife = absl::Hours(24 * 30);
inline constexpr absl::Duration kDefaultLongestBaseline = absl::Hours(24 * 90);
inline constexpr absl::Duration kDefaultMaxPlanAge = absl::Hours(24 * 90);
inline constexpr absl::Duration kBaselineWarning = absl::Hours(24 * 30);
inline constexpr absl::Duration kTrialLeastSoak = absl::Milliseconds(1);
inline constexpr uint32_t kTrialLargestSharePpm = kWholePpm;

// --- Lives (CONTRACT.md 10) ---
inline constexpr absl::Duration kDefaultTokenLife = absl::Hours(24 * 7);
inline constexpr absl::Duration kOperatorCertificateLife = absl::Hours(24 * 30);
inline constexpr absl::Duration kHostCertificateLife = absl::Hours(24 * 90);

}  // namespace mig::base

#endif  // MIG_BASE_SIZES_H_
