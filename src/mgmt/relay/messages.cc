#include "mgmt/relay/messages.h"

#include "base/strings.h"
#include "doc/json.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Draft;
using doc::Value;

namespace {

Draft number(uint64_t n) {
  return Draft(static_cast<int64_t>(n));
}
std::string wrap(std::string_view type, Draft body) {
  Draft out = Draft::object();
  out[type] = std::move(body);
  return doc::toJson(out.finish());
}

std::string encodeOne(const Hello& m) {
  Draft have = Draft::object();
  for (const auto& [reference, hash] : m.have) have[reference] = hash;
  return wrap("hello", Draft::object({{"cluster", m.cluster},
                                      {"givenName", m.given_name},
                                      {"agentVersion", m.agent_version},
                                      {"have", std::move(have)}}));
}
std::string encodeOne(const Welcome& m) {
  return wrap("welcome", Draft::object({{"serverVersion", m.server_version},
                                        {"session", m.session},
                                        {"version", number(m.version)}}));
}
std::string encodeOne(const Wait& m) {
  return wrap("wait", Draft::object({{"reason", m.reason}}));
}
std::string encodeOne(const Ping&) {
  return wrap("ping", Draft::object());
}
std::string encodeOne(const Delta& m) {
  Draft upserts = Draft::object();
  for (const auto& [resource, objects] : m.upserts) {
    Draft list = Draft::array();
    for (const Doc& object : objects) list.push(Draft(object));
    upserts[resource] = std::move(list);
  }
  Draft deletes = Draft::object();
  for (const auto& [resource, keys] : m.deletes) deletes[resource] = Draft::strings(keys);
  return wrap("delta", Draft::object({{"session", m.session},
                                      {"version", number(m.version)},
                                      {"full", m.full},
                                      {"last", m.last},
                                      {"upserts", std::move(upserts)},
                                      {"deletes", std::move(deletes)}}));
}
std::string encodeOne(const Ack& m) {
  return wrap("ack", Draft::object({{"version", number(m.version)}}));
}
std::string encodeOne(const Nack& m) {
  return wrap("nack", Draft::object({{"version", number(m.version)}, {"reason", m.reason}}));
}
std::string encodeOne(const RelayOutputs& m) {
  Draft upserts = Draft::array();
  for (const RelayOutput& o : m.upserts) {
    upserts.push(
        Draft::object({{"reference", o.reference}, {"hash", o.hash}, {"object", Draft(o.object)}}));
  }
  Draft statuses = Draft::array();
  for (const StatusOutput& s : m.statuses) {
    statuses.push(Draft::object({{"resource", s.resource},
                                 {"namespace", s.ns},
                                 {"name", s.name},
                                 {"status", Draft(s.status)}}));
  }
  return wrap("outputs", Draft::object({{"upserts", std::move(upserts)},
                                        {"deletes", Draft::strings(m.deletes)},
                                        {"statuses", std::move(statuses)}}));
}
std::string encodeOne(const Barrier& m) {
  return wrap("barrier", Draft::object({{"id", number(m.id)}, {"complete", m.complete}}));
}
std::string encodeOne(const RelayApplied& m) {
  Draft results = Draft::array();
  for (const RelayResult& r : m.results) {
    results.push(Draft::object({{"reference", r.reference}, {"hash", r.hash}, {"error", r.error}}));
  }
  return wrap("applied", Draft::object({{"results", std::move(results)}}));
}

// The message's type and body.
struct Envelope {
  Doc keep;
  std::string type;
  Value body;
};
Result<Envelope> open(std::string_view bytes) {
  MESHKA_TRY(Doc doc,
             doc::parseJson(bytes, {.max_depth = kMaxRelayDepth, .max_bytes = kMaxRelayMessage}));
  const Value root = doc;
  if (!root.isObject() || root.size() != 1 || !root[size_t{0}].isObject()) {
    return fail(Code::kInvalid, "relay message: not an object with one member");
  }
  Envelope out{doc, std::string(root.keyAt(0)), root[size_t{0}]};
  return out;
}

Result<std::string> text(Value body, std::string_view type, std::string_view field) {
  const Value v = body[field];
  if (!v.isString()) return fail(Code::kInvalid, cat("relay ", type, ": ", field, " is no string"));
  return std::string(v.text());
}
Result<uint64_t> version(Value body, std::string_view type, std::string_view field = "version") {
  const Value v = body[field];
  if (v.kind() != doc::Kind::kInt || v.integer() < 0) {
    return fail(Code::kInvalid, cat("relay ", type, ": ", field, " is no whole number"));
  }
  return static_cast<uint64_t>(v.integer());
}

Result<Hello> readHello(Value b) {
  Hello m;
  MESHKA_TRY(m.cluster, text(b, "hello", "cluster"));
  if (m.cluster.empty() || m.cluster.size() > kMaxClusterName) {
    return fail(Code::kInvalid, "relay hello: cluster is empty or too long");
  }
  m.given_name = b["givenName"].text();
  m.agent_version = b["agentVersion"].text();
  for (const auto [reference, hash] : b["have"].members()) {
    m.have.emplace(reference, hash.text());
  }
  return m;
}

Result<Delta> readDelta(Value b) {
  Delta m;
  MESHKA_TRY(m.session, text(b, "delta", "session"));
  MESHKA_TRY(m.version, version(b, "delta"));
  m.full = b["full"].boolean();
  m.last = b["last"].boolean(true);
  for (const auto [resource, objects] : b["upserts"].members()) {
    std::vector<Doc>& list = m.upserts[std::string(resource)];
    for (const Value object : objects.elements()) {
      if (object["metadata"]["name"].text().empty()) {
        return fail(Code::kInvalid, cat("relay delta: an object of ", resource, " has no name"));
      }
      list.push_back(object.doc());
    }
  }
  for (const auto [resource, keys] : b["deletes"].members()) {
    std::vector<std::string>& list = m.deletes[std::string(resource)];
    for (const Value key : keys.elements()) {
      if (key.text().empty()) return fail(Code::kInvalid, "relay delta: an empty key");
      list.emplace_back(key.text());
    }
  }
  return m;
}

Result<RelayOutputs> readOutputs(Value b) {
  RelayOutputs m;
  for (const Value o : b["upserts"].elements()) {
    RelayOutput out;
    MESHKA_TRY(out.reference, text(o, "outputs", "reference"));
    MESHKA_TRY(out.hash, text(o, "outputs", "hash"));
    if (o["object"]["kind"].text().empty() || o["object"]["metadata"]["name"].text().empty()) {
      return fail(Code::kInvalid, cat("relay outputs: ", out.reference, " has no kind or name"));
    }
    out.object = o["object"].doc();
    m.upserts.push_back(std::move(out));
  }
  for (const Value d : b["deletes"].elements()) m.deletes.emplace_back(d.text());
  for (const Value s : b["statuses"].elements()) {
    StatusOutput out;
    MESHKA_TRY(out.resource, text(s, "outputs", "resource"));
    MESHKA_TRY(out.ns, text(s, "outputs", "namespace"));
    MESHKA_TRY(out.name, text(s, "outputs", "name"));
    if (!s["status"].isObject()) {
      return fail(Code::kInvalid, cat("relay outputs: status of ", out.name, " is no object"));
    }
    out.status = s["status"].doc();
    m.statuses.push_back(std::move(out));
  }
  return m;
}

RelayApplied readApplied(Value b) {
  RelayApplied m;
  for (const Value r : b["results"].elements()) {
    m.results.push_back({std::string(r["reference"].text()), std::string(r["hash"].text()),
                         std::string(r["error"].text())});
  }
  return m;
}

template <class T>
std::string encodeVariant(const T& message) {
  return std::visit([](const auto& m) { return encodeOne(m); }, message);
}

}  // namespace

std::string encode(const AgentMessage& message) {
  return encodeVariant(message);
}
std::string encode(const ServerMessage& message) {
  return encodeVariant(message);
}

Result<AgentMessage> decodeAgentMessage(std::string_view bytes) {
  MESHKA_TRY(const Envelope e, open(bytes));
  if (e.type == "hello") return readHello(e.body);
  if (e.type == "delta") return readDelta(e.body);
  if (e.type == "applied") return readApplied(e.body);
  if (e.type == "ping") return Ping{};
  return fail(Code::kInvalid, cat("relay: unknown message \"", e.type, "\" of an agent"));
}

Result<ServerMessage> decodeServerMessage(std::string_view bytes) {
  MESHKA_TRY(const Envelope e, open(bytes));
  const Value b = e.body;
  if (e.type == "ping") return Ping{};
  if (e.type == "wait") return Wait{std::string(b["reason"].text())};
  if (e.type == "outputs") return readOutputs(b);
  if (e.type == "welcome") {
    Welcome m{std::string(b["serverVersion"].text()), std::string(b["session"].text()), 0};
    MESHKA_TRY(m.version, version(b, "welcome"));
    return m;
  }
  if (e.type == "ack") {
    MESHKA_TRY(const uint64_t v, version(b, "ack"));
    return Ack{v};
  }
  if (e.type == "nack") {
    MESHKA_TRY(const uint64_t v, version(b, "nack"));
    return Nack{v, std::string(b["reason"].text())};
  }
  if (e.type == "barrier") {
    MESHKA_TRY(const uint64_t id, version(b, "barrier", "id"));
    return Barrier{id, b["complete"].boolean()};
  }
  return fail(Code::kInvalid, cat("relay: unknown message \"", e.type, "\" of the server"));
}

std::string encode(const BootstrapRequest& r) {
  return wrap("bootstrap",
              Draft::object({{"cluster", r.cluster}, {"token", r.token}, {"csr", r.csr_pem}}));
}
std::string encode(const BootstrapReply& r) {
  return wrap("certificate", Draft::object({{"certificate", r.certificate_pem}, {"ca", r.ca_pem}}));
}
Result<BootstrapRequest> decodeBootstrapRequest(std::string_view bytes) {
  MESHKA_TRY(const Envelope e, open(bytes));
  BootstrapRequest out;
  MESHKA_TRY(out.cluster, text(e.body, e.type, "cluster"));
  MESHKA_TRY(out.token, text(e.body, e.type, "token"));
  MESHKA_TRY(out.csr_pem, text(e.body, e.type, "csr"));
  if (out.cluster.empty() || out.cluster.size() > kMaxClusterName) {
    return fail(Code::kInvalid, "bootstrap: cluster is empty or too long");
  }
  return out;
}
Result<BootstrapReply> decodeBootstrapReply(std::string_view bytes) {
  MESHKA_TRY(const Envelope e, open(bytes));
  BootstrapReply out;
  MESHKA_TRY(out.certificate_pem, text(e.body, e.type, "certificate"));
  MESHKA_TRY(out.ca_pem, text(e.body, e.type, "ca"));
  return out;
}

}  // namespace meshka::mgmt
