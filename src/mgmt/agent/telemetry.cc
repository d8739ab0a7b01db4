#include "mgmt/agent/telemetry.h"

#include "base/strings.h"

namespace meshka::mgmt {

namespace {
constexpr std::string_view kMetrics = "/envoy.service.metrics.v3.MetricsService/StreamMetrics";
constexpr std::string_view kAccessLogs =
    "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
}  // namespace

io::Task<Result<void>> Telemetry::serve(net::GrpcServerCall& call) {
  if (call.method() != kMetrics && call.method() != kAccessLogs) {
    co_return fail(
        net::grpcError(net::GrpcStatus::kUnimplemented, cat("unknown method ", call.method())));
  }
  if (!std::exchange(told_, true)) {
    world_.log.info("proxies send telemetry: counted and dropped",
                    {{"see", "/metrics of this agent"}});
  }
  Kind& kind = call.method() == kMetrics ? metrics_ : logs_;
  struct Open {
    explicit Open(uint64_t& n) : count(n) { ++count; }
    ~Open() { --count; }
    uint64_t& count;
  } open(kind.streams);
  for (;;) {
    MESHKA_CO_TRY(const auto message, co_await call.read());
    if (!message) co_return Result<void>();
    ++kind.messages;
    kind.bytes += message->size();
  }
}

std::string Telemetry::metrics() const {
  std::string out;
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       uint64_t Kind::* field) {
    out += cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n", name,
               "{kind=\"metrics\"} ", metrics_.*field, "\n", name, "{kind=\"access_logs\"} ",
               logs_.*field, "\n");
  };
  one("agent_telemetry_streams", "gauge", "Streams of proxies that are open.", &Kind::streams);
  one("agent_telemetry_messages_dropped_total", "counter", "Messages of proxies, not kept.",
      &Kind::messages);
  one("agent_telemetry_bytes_dropped_total", "counter", "Their bytes.", &Kind::bytes);
  return out;
}

}  // namespace meshka::mgmt
