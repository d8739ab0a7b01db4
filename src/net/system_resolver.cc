// A stub resolver: questions by UDP to the machine's name servers. c-ares writes and reads the
// messages; sockets, time and files are the world's, so that it runs in simulations too.
#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>

#include "base/strings.h"
#include "io/disk.h"
#include "net/limits.h"
#include "net/resolv_conf.h"
#include "net/resolver.h"
#include "net/tls_context.h"
#include "net/wake.h"

namespace meshka::net {
namespace {

constexpr int kClassIn = 1, kTypeA = 1, kTypeAaaa = 28;
constexpr size_t kHeaderBytes = 12;
constexpr uint64_t kMaxFileBytes = 1 << 20;

std::vector<std::string> inHosts(std::string_view text, std::string_view name) {
  std::vector<std::string> out;
  for (std::string_view line : split(text, '\n')) {
    const auto w = configWords(line);
    for (size_t i = 1; i < w.size() && out.size() < kMaxAddresses; ++i) {
      if (!equalsIgnoreCase(w[i], name) || !isIpLiteral(w[0])) continue;
      out.emplace_back(w[0]);
      break;
    }
  }
  return out;
}

// As the search list asks: names with enough dots are tried as they are first.
std::vector<std::string> candidates(const std::string& name, const ResolvConf& conf) {
  if (name.ends_with('.')) return {name.substr(0, name.size() - 1)};
  std::vector<std::string> out;
  for (const std::string& domain : conf.search) out.push_back(cat(name, ".", domain));
  const auto dots = static_cast<size_t>(std::count(name.begin(), name.end(), '.'));
  out.insert(dots >= conf.ndots ? out.begin() : out.end(), name);
  return out;
}

Result<std::string> question(const std::string& name, int type, uint16_t id) {
  unsigned char* bytes = nullptr;
  int size = 0;
  if (ares_create_query(name.c_str(), kClassIn, type, id, 1, &bytes, &size, 0) != ARES_SUCCESS) {
    return fail(Code::kInvalid, cat("lookup ", name, ": no such host name"));
  }
  std::string out(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  ares_free_string(bytes);
  return out;
}

// The answer has our id and repeats our question.
bool answers(std::string_view answer, std::string_view asked) {
  if (answer.size() < asked.size() || answer.substr(0, 2) != asked.substr(0, 2)) return false;
  const bool response = (static_cast<unsigned char>(answer[2]) & 0x80) != 0;
  const std::string_view repeated = answer.substr(kHeaderBytes, asked.size() - kHeaderBytes);
  return response && answer[4] == 0 && answer[5] == 1 &&
         equalsIgnoreCase(repeated, asked.substr(kHeaderBytes));
}

// Waits for one datagram that answers.
class Waiter final : private io::DatagramHandler {
 public:
  Waiter(io::Loop& loop, io::DatagramSocket& socket, io::Endpoint server, std::string asked)
      : socket_(socket),
        server_(std::move(server)),
        asked_(std::move(asked)),
        wake_(loop),
        timer_(loop, [this] {
          late_ = true;
          wake_.fire();
        }) {
    socket_.setHandler(this);
    socket_.send(asked_, server_);
  }
  ~Waiter() override { socket_.setHandler(nullptr); }
  io::Task<std::optional<std::string>> wait(Instant until) {
    timer_.armAt(until);
    while (!answer_ && !late_) co_await wake_.wait();
    co_return std::move(answer_);
  }

 private:
  void onDatagram(std::string_view bytes, const io::Endpoint& from) override {
    if (answer_ || !(from == server_) || !answers(bytes, asked_)) return;
    answer_ = std::string(bytes);
    wake_.fire();
  }
  io::DatagramSocket& socket_;
  const io::Endpoint server_;
  const std::string asked_;
  Wake wake_;
  io::Timer timer_;
  std::optional<std::string> answer_;
  bool late_ = false;
};

// Addresses in the answer. Errors: kNotFound (no such name, or none of this type), kUnavailable
// (the server failed).
Result<std::vector<std::string>> addressesOf(const std::string& answer, int type,
                                             std::string_view name) {
  hostent* host = nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(answer.data());
  const int size = static_cast<int>(answer.size());
  const int code = answer[3] & 15;
  if (code != 0 && code != 3)
    return fail(Code::kUnavailable, cat("lookup ", name, ": server failure"));
  const int status = type == kTypeA ? ares_parse_a_reply(bytes, size, &host, nullptr, nullptr)
                                    : ares_parse_aaaa_reply(bytes, size, &host, nullptr, nullptr);
  std::vector<std::string> out;
  if (status == ARES_SUCCESS && host != nullptr) {
    for (char** a = host->h_addr_list; *a != nullptr && out.size() < kMaxAddresses; ++a) {
      char text[INET6_ADDRSTRLEN] = "";
      inet_ntop(host->h_addrtype, *a, text, sizeof text);
      out.emplace_back(text);
    }
  }
  if (host != nullptr) ares_free_hostent(host);
  if (out.empty()) return fail(Code::kNotFound, cat("lookup ", name, ": no such host"));
  return out;
}

class SystemResolver final : public Resolver {
 public:
  SystemResolver(io::World world, std::string hosts_path, std::string resolv_path)
      : world_(world), hosts_path_(std::move(hosts_path)), resolv_path_(std::move(resolv_path)) {}

  io::Task<Result<std::vector<std::string>>> resolve(std::string name, Instant deadline) override {
    if (const auto hosts = co_await world_.disk.readFile(hosts_path_, kMaxFileBytes)) {
      auto found = inHosts(*hosts, name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
      if (!found.empty()) co_return found;
    }
    const auto text = co_await world_.disk.readFile(resolv_path_, kMaxFileBytes);
    const ResolvConf conf = parseResolvConf(text ? *text : "");
    if (conf.servers.empty()) {
      co_return fail(Code::kUnavailable,
                     cat("lookup ", name, ": no name server in ", resolv_path_));
    }
    Error last(Code::kNotFound, cat("lookup ", name, ": no such host"));
    for (const std::string& candidate : candidates(name, conf)) {
      std::vector<std::string> found;
      for (int type : {kTypeA, kTypeAaaa}) {
        auto some = co_await ask(conf, candidate, type, deadline);
        if (some)
          found.insert(found.end(), some->begin(), some->end());
        else if (some.error().code() != Code::kNotFound)
          last = some.error();
      }
      if (!found.empty()) co_return found;
    }
    co_return fail(last);
  }

 private:
  io::Task<Result<std::vector<std::string>>> ask(const ResolvConf& conf, const std::string& name,
                                                 int type, Instant deadline) {
    Result<std::vector<std::string>> out =
        fail(Code::kTimeout, cat("lookup ", name, ": no name server answers"));
    for (int round = 0; round < 2; ++round) {
      for (const std::string& server : conf.servers) {
        const Instant now = world_.clock().now();
        if (now >= deadline) co_return out;
        MESHKA_CO_TRY(std::string asked,
                      question(name, type, static_cast<uint16_t>(world_.rng.next())));
        const bool v6 = server.find(':') != std::string::npos;
        auto socket = world_.network.bindDatagram({v6 ? "::" : "0.0.0.0", 0});
        if (!socket) co_return fail(socket.error());
        Waiter waiter(world_.loop, **socket, {server, 53}, std::move(asked));
        const auto answer = co_await waiter.wait(std::min(deadline, now + kDnsTimeout));
        if (!answer) continue;
        out = addressesOf(*answer, type, name);
        if (out || out.error().code() == Code::kNotFound) co_return out;
      }
    }
    co_return out;
  }

  io::World world_;
  const std::string hosts_path_, resolv_path_;
};

}  // namespace

std::shared_ptr<Resolver> newSystemResolver(io::World world, std::string hosts_path,
                                            std::string resolv_path) {
  return std::make_shared<SystemResolver>(world, std::move(hosts_path), std::move(resolv_path));
}

}  // namespace meshka::net
