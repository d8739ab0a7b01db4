#include "dns/server.h"

#include <algorithm>

#include "dns/forwarder.h"
#include "dns/limits.h"

namespace meshka::dns {
namespace {

// Where an answer goes: a datagram's sender, or a TCP connection that may be gone by then.
class ReplyTo {
 public:
  virtual ~ReplyTo() = default;
  virtual void reply(std::string message) = 0;
  virtual size_t limit(const Query& query) const = 0;
};

}  // namespace

struct Server::State {
  State(io::World w, const Names& n, ServerConfig c);
  ~State();

  void handle(std::string_view bytes, const std::string& client, std::shared_ptr<ReplyTo> to);
  void forward(Query query, Answer so_far, Question ask, const std::string& client,
               std::shared_ptr<ReplyTo> to);

  struct Udp;
  struct Tcp;
  struct Connection;

  io::World world;
  const Names& names;
  ServerConfig config;
  ServerCounters counters;
  std::vector<std::unique_ptr<Udp>> udp;
  std::vector<std::unique_ptr<Tcp>> tcp;
  std::vector<std::shared_ptr<Connection>> connections;
  Forwarder forwarder;  // last: its callbacks use the rest
};

struct Server::State::Udp final : io::DatagramHandler {
  explicit Udp(State& s) : state(s) {}
  struct Reply final : ReplyTo {
    Reply(std::weak_ptr<io::DatagramSocket> s, io::Endpoint t)
        : socket(std::move(s)), to(std::move(t)) {}
    void reply(std::string message) override {
      if (const auto open = socket.lock()) open->send(message, to);
    }
    size_t limit(const Query& q) const override {
      return q.edns ? std::min<size_t>(q.udp_size, kMaxUdpBytes) : kPlainUdpBytes;
    }
    std::weak_ptr<io::DatagramSocket> socket;
    io::Endpoint to;
  };
  void onDatagram(std::string_view bytes, const io::Endpoint& from) override {
    state.handle(bytes, from.host, std::make_shared<Reply>(socket, from));
  }
  State& state;
  std::shared_ptr<io::DatagramSocket> socket;
};

struct Server::State::Connection final : io::StreamEvents,
                                         ReplyTo,
                                         std::enable_shared_from_this<Connection> {
  Connection(State& s, std::unique_ptr<io::Stream> st)
      : state(s),
        stream(std::move(st)),
        client(stream->peer().host),
        idle(s.world.loop, [this] { close(); }) {}

  void begin() {
    idle.armAfter(kConnectionIdle);
    stream->setEvents(this);
  }
  void close() {
    if (closed) return;
    closed = true;
    idle.cancel();
    stream->setEvents(nullptr);
    // This object may be on the call stack.
    state.world.loop.post([self = shared_from_this()] {});
    std::erase_if(state.connections, [this](const auto& c) { return c.get() == this; });
  }
  void onReadable() override {
    char buffer[4096];
    while (!closed) {
      const io::IoResult r = stream->tryRead(buffer);
      if (r.state == io::IoState::kWouldBlock) return;
      if (r.state != io::IoState::kDone) return close();
      idle.armAfter(kConnectionIdle);
      in.append(buffer, r.bytes);
      takeMessages();
    }
  }
  void takeMessages() {
    while (!closed && in.size() >= 2) {
      const size_t length =
          static_cast<size_t>(static_cast<uint8_t>(in[0])) << 8 | static_cast<uint8_t>(in[1]);
      if (in.size() < 2 + length) return;
      const std::string message = in.substr(2, length);
      in.erase(0, 2 + length);
      state.handle(message, client, shared_from_this());
    }
  }
  void onWritable() override { flush(); }
  void flush() {
    while (!closed && !out.empty()) {
      const io::IoResult r = stream->tryWrite(out);
      if (r.state == io::IoState::kWouldBlock) return;
      if (r.state != io::IoState::kDone) return close();
      out.erase(0, r.bytes);
    }
  }
  void reply(std::string message) override {
    if (closed) return;
    if (out.size() + message.size() > kMaxTcpBufferBytes) return close();
    out.push_back(static_cast<char>(message.size() >> 8 & 0xff));
    out.push_back(static_cast<char>(message.size() & 0xff));
    out += message;
    flush();
  }
  size_t limit(const Query&) const override { return kMaxMessageBytes; }

  State& state;
  std::unique_ptr<io::Stream> stream;
  std::string client;
  io::Timer idle;
  std::string in, out;
  bool closed = false;
};

struct Server::State::Tcp final : io::AcceptHandler {
  explicit Tcp(State& s) : state(s) {}
  void onAccept(std::unique_ptr<io::Stream> stream) override {
    const std::string client = stream->peer().host;
    const auto mine = std::ranges::count_if(state.connections,
                                            [&](const auto& c) { return c->client == client; });
    if (state.connections.size() >= kMaxConnections ||
        static_cast<size_t>(mine) >= kMaxConnectionsPerClient) {
      ++state.counters.refused_by_limit;
      return;
    }
    state.connections.push_back(std::make_shared<Connection>(state, std::move(stream)));
    state.connections.back()->begin();
  }
  State& state;
  std::unique_ptr<io::Listener> listener;
};

Server::State::State(io::World w, const Names& n, ServerConfig c)
    : world(w), names(n), config(std::move(c)), forwarder(w, config.upstreams) {}

Server::State::~State() {
  for (const auto& c : connections) {
    c->idle.cancel();
    c->stream->setEvents(nullptr);
    c->closed = true;
  }
  for (const auto& u : udp) u->socket->setHandler(nullptr);
}

void Server::State::handle(std::string_view bytes, const std::string& client,
                           std::shared_ptr<ReplyTo> to) {
  ++counters.queries;
  auto query = parseQuery(bytes);
  if (!query) {
    ++counters.malformed;
    if (const auto id = queryId(bytes)) to->reply(writeError(*id, Rcode::kFormErr));
    return;
  }
  Answer answer;
  answer.recursion_available = forwarder.hasUpstreams();
  if (query->opcode != 0) {
    answer.rcode = Rcode::kNotImp;
  } else if (auto known = names.resolve(query->question)) {
    answer = std::move(*known);
    answer.recursion_available = forwarder.hasUpstreams();
    // An alias that leaves the zone: its addresses come from upstream, since stub resolvers do not
    // ask again.
    const bool address = query->question.type == static_cast<uint16_t>(Type::kA) ||
                         query->question.type == static_cast<uint16_t>(Type::kAaaa);
    if (address && !answer.answers.empty() && answer.answers.back().type == Type::kCname &&
        forwarder.hasUpstreams() &&
        !names.resolve({.name = answer.answers.back().target, .type = 1})) {
      Question rest = query->question;
      rest.name = answer.answers.back().target;
      return forward(std::move(*query), std::move(answer), std::move(rest), client, std::move(to));
    }
  } else if (forwarder.hasUpstreams()) {
    Question same = query->question;
    return forward(std::move(*query), std::move(answer), std::move(same), client, std::move(to));
  } else {
    answer.rcode = Rcode::kNxDomain;
  }
  const size_t limit = to->limit(*query);
  to->reply(writeAnswer(*query, answer, limit));
}

void Server::State::forward(Query query, Answer so_far, Question ask, const std::string& client,
                            std::shared_ptr<ReplyTo> to) {
  struct Waiting {
    Query query;
    Answer answer;
    std::shared_ptr<ReplyTo> to;
  };
  const auto w = std::make_shared<Waiting>(std::move(query), std::move(so_far), std::move(to));
  const bool alias = !w->answer.answers.empty();
  Function<void(std::optional<std::string>)> done = [this, alias,
                                                     w](std::optional<std::string> message) {
    if (!message) {
      ++counters.upstream_failures;
      if (!alias) w->answer.rcode = Rcode::kServFail;
      w->to->reply(writeAnswer(w->query, w->answer, w->to->limit(w->query)));
      return;
    }
    if (!alias && message->size() <= w->to->limit(w->query)) {
      // Verbatim, records that we do not know included; only the id is the client's.
      (*message)[0] = static_cast<char>(w->query.id >> 8);
      (*message)[1] = static_cast<char>(w->query.id & 0xff);
      return w->to->reply(std::move(*message));
    }
    if (auto response = parseResponse(*message)) {
      if (!alias) w->answer.rcode = response->rcode;
      std::ranges::move(response->answers, std::back_inserter(w->answer.answers));
    }
    w->to->reply(writeAnswer(w->query, w->answer, w->to->limit(w->query)));
  };
  ++counters.forwarded;
  if (!forwarder.ask(ask, client, std::move(done))) {
    ++counters.refused_by_limit;
    Answer busy;
    busy.rcode = Rcode::kServFail;
    w->to->reply(writeAnswer(w->query, busy, w->to->limit(w->query)));
  }
}

Server::Server(io::World world, const Names& names, ServerConfig config)
    : state_(std::make_unique<State>(world, names, std::move(config))) {}

Server::~Server() = default;

Result<void> Server::start() {
  for (const io::Endpoint& at : state_->config.listen) {
    auto udp = std::make_unique<State::Udp>(*state_);
    MESHKA_TRY(auto socket, state_->world.network.bindDatagram(at));
    udp->socket = std::move(socket);
    udp->socket->setHandler(udp.get());
    auto tcp = std::make_unique<State::Tcp>(*state_);
    io::Endpoint same = at;
    if (same.port == 0) same.port = udp->socket->local().port;
    MESHKA_TRY(tcp->listener, state_->world.network.listen(same, *tcp));
    state_->udp.push_back(std::move(udp));
    state_->tcp.push_back(std::move(tcp));
  }
  return {};
}

const ServerCounters& Server::counters() const {
  return state_->counters;
}

io::Endpoint Server::local() const {
  return state_->udp.empty() ? io::Endpoint{} : state_->udp.front()->socket->local();
}

}  // namespace meshka::dns
