#include "coordinator/metrics/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>

namespace mig::coordinator {
namespace {

// From a check-in in memory to a fetch that takes a minute.
const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const auto* const kBuckets = new prometheus::Histogram::BucketBoundaries{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60};
  return *kBuckets;
}

}  // namespace

Metrics::Metrics()
    : calls_(prometheus::BuildCounter()
                 .Name("mig_calls_total")
                 .Help("Calls that were answered, by method and status code.")
                 .Register(registry_)),
      seconds_(prometheus::BuildHistogram()
                   .Name("mig_call_seconds")
                   .Help("How long answered calls took, by method.")
                   .Register(registry_)),
      fetched_bytes_(prometheus::BuildCounter()
                         .Name("mig_fetched_bytes_total")
                         .Help("Bytes of contents that hosts fetched.")
                         .Register(registry_)
                         .Add({})) {}

void Metrics::Add(Gauge gauge) { gauges_.push_back(std::move(gauge)); }

void Metrics::CountCall(absl::string_view method, absl::StatusCode code, absl::Duration took) {
  const size_t place = std::min(static_cast<size_t>(code), kCodes - 1);
  Method series;
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const auto found = methods_.find(method); found != methods_.end()) series = found->second;
  }
  if (series.calls[place] == nullptr) series = AddSeries(method, place);
  series.calls[place]->Increment();
  series.seconds->Observe(absl::ToDoubleSeconds(took));
}

Metrics::Method Metrics::AddSeries(absl::string_view method, size_t code) {
  const std::string name(method);
  absl::MutexLock lock(&mutex_);
  Method& series = methods_[name];
  const auto status = static_cast<absl::StatusCode>(code);
  series.calls[code] = &calls_.Add({{"method", name}, {"code", absl::StatusCodeToString(status)}});
  series.seconds = &seconds_.Add({{"method", name}}, Buckets());
  return series;
}

std::string Metrics::Page() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  for (const Gauge& gauge : gauges_) {
    prometheus::ClientMetric metric;
    metric.gauge.value = gauge.read();
    families.push_back({.name = gauge.name,
                        .help = gauge.help,
                        .type = prometheus::MetricType::Gauge,
                        .metric = {metric}});
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace mig::coordinator
