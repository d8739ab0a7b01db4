#include "mgmt/server/redis_store.h"

#include "base/strings.h"
#include "doc/json.h"
#include "io/stream_tasks.h"
#include "mgmt/limits.h"
#include "net/dial.h"

namespace meshka::mgmt {

using client::ObjectKey;
using io::Task;

namespace {

constexpr const char* kClusters = "meshka:relay:clusters";
constexpr std::string_view kSession = "@session";
constexpr std::string_view kVersion = "@version";
constexpr std::string_view kCount = "@objects";
constexpr size_t kReadBytes = 64 * 1024;

std::string hashOf(const std::string& cluster) {
  return cat("meshka:relay:snapshot:", cluster);
}
std::string fieldOf(const std::string& resource, const ObjectKey& key) {
  return cat(resource, " ", key.toString());
}

}  // namespace

// One connection; commands in, as many replies out.
class RedisStore::Connection {
 public:
  Connection(io::Loop& loop, std::unique_ptr<io::Stream> stream)
      : stream_(std::move(stream)), io_(loop, *stream_) {}

  Task<Result<RespValue>> ask(std::string commands, size_t replies, Instant deadline) {
    MESHKA_CO_CHECK(co_await io_.writeAll(commands, deadline));
    RespValue last;
    for (; replies > 0; --replies) {
      MESHKA_CO_TRY(last, co_await reply(deadline));
      if (last.kind == RespValue::Kind::kError)
        co_return fail(Code::kUnavailable, cat("redis: ", last.text));
    }
    co_return last;
  }

 private:
  Task<Result<RespValue>> reply(Instant deadline) {
    for (;;) {
      MESHKA_CO_TRY(std::optional<RespValue> value, reader_.next());
      if (value) co_return std::move(*value);
      buffer_.resize(kReadBytes);
      MESHKA_CO_TRY(const size_t n, co_await io_.readSome(buffer_, deadline));
      if (n == 0) co_return fail(Code::kUnavailable, "redis closed the connection");
      reader_.feed(std::string_view(buffer_).substr(0, n));
    }
  }
  std::unique_ptr<io::Stream> stream_;
  io::StreamIo io_;
  std::string buffer_;
  RespReader reader_;
};

RedisStore::RedisStore(io::World world, net::ClientOptions target)
    : world_(world), target_(std::move(target)), work_(world.loop), task_(world.loop, 1) {
  task_.spawn(run());
}

RedisStore::~RedisStore() = default;

Task<Result<RedisStore::Connection*>> RedisStore::connected(Instant deadline) {
  if (connection_ != nullptr) co_return connection_.get();
  MESHKA_CO_TRY(auto dialed, co_await io::withDeadline(
                                 world_.loop, deadline,
                                 net::dial(world_.loop, world_.network, target_, false, deadline),
                                 "connecting to redis"));
  // What Redis holds after a lost connection is not known.
  for (auto& [cluster, pending] : pending_) {
    pending.kept = false;
    pending.dirty = true;
  }
  connection_ = std::make_unique<Connection>(world_.loop, std::move(dialed.stream));
  co_return connection_.get();
}

Task<Result<std::vector<StoredSnapshot>>> RedisStore::load(Instant deadline) {
  auto out = co_await readAll(deadline);
  if (!out) connection_.reset();  // a late answer must not be taken for another one's
  co_return out;
}

Task<Result<std::vector<StoredSnapshot>>> RedisStore::readAll(Instant deadline) {
  MESHKA_CO_TRY(Connection* const redis, co_await connected(deadline));
  std::string command;
  appendCommand(command, {"SMEMBERS", kClusters});
  MESHKA_CO_TRY(const RespValue names, co_await redis->ask(std::move(command), 1, deadline));
  std::vector<StoredSnapshot> out;
  for (const RespValue& name : names.items) {
    std::string read;
    const std::string hash = hashOf(name.text);
    appendCommand(read, {"HGETALL", hash});
    MESHKA_CO_TRY(const RespValue fields, co_await redis->ask(std::move(read), 1, deadline));
    auto snapshot = parse(name.text, fields);
    if (!snapshot) {
      world_.log.warn("a kept snapshot is not used",
                      {{"cluster", name.text}, {"error", snapshot.error().message()}});
      continue;
    }
    out.push_back(std::move(*snapshot));
  }
  co_return out;
}

Result<StoredSnapshot> RedisStore::parse(const std::string& cluster, const RespValue& hash) {
  StoredSnapshot out{.cluster = cluster};
  std::optional<int64_t> count;
  int64_t objects = 0;
  for (size_t i = 0; i + 1 < hash.items.size(); i += 2) {
    const std::string& field = hash.items[i].text;
    const std::string& value = hash.items[i + 1].text;
    if (field == kSession) {
      out.session = value;
    } else if (field == kVersion) {
      out.version = static_cast<uint64_t>(parseInt(value).value_or(0));
    } else if (field == kCount) {
      count = parseInt(value);
    } else {
      MESHKA_TRY(doc::Doc object, doc::parseJson(value, {.max_depth = kMaxRelayDepth}));
      const size_t blank = field.find(' ');
      if (blank == field.npos) return fail(Code::kInvalid, cat("unknown field ", field));
      const ObjectKey key = ObjectKey::parse(std::string_view(field).substr(blank + 1));
      out.objects[field.substr(0, blank)].insert_or_assign(key, std::move(object));
      ++objects;
    }
  }
  if (out.session.empty() || count != objects) {
    return fail(Code::kInvalid, cat("it has ", objects, " of ", count.value_or(0), " objects"));
  }
  return out;
}

void RedisStore::changed(const std::string& cluster, const Snapshot& snapshot,
                         const std::vector<Snapshot::Change>& changes, bool whole) {
  Pending& pending = pending_[cluster];
  forgotten_.erase(cluster);
  pending.snapshot = &snapshot;
  pending.dirty = true;
  if (whole) pending.kept = false;
  if (pending.kept) {
    for (const Snapshot::Change& c : changes) pending.fields.emplace(c.resource, c.key);
  }
  work_.set();
}

void RedisStore::forget(const std::string& cluster) {
  pending_.erase(cluster);
  forgotten_.insert(cluster);
  work_.set();
}

Task<void> RedisStore::run() {
  for (;;) {
    (void)co_await work_.wait();
    work_.reset();
    auto done = co_await flush();
    if (done) {
      if (!std::exchange(healthy_, true)) world_.log.info("redis: snapshots are kept again", {});
      continue;
    }
    connection_.reset();
    if (std::exchange(healthy_, false))
      world_.log.warn("redis: snapshots are not kept", {{"error", done.error().message()}});
    co_await io::sleepFor(world_.loop, kRedisRetry);
    work_.set();
  }
}

Task<Result<void>> RedisStore::flush() {
  const Instant deadline = world_.clock().now() + kRedisTimeout;
  MESHKA_CO_TRY(Connection* const redis, co_await connected(deadline));
  std::vector<std::string> names;
  for (const auto& [cluster, pending] : pending_) {
    if (pending.dirty) names.push_back(cluster);
  }
  for (const std::string& cluster : names) {
    const auto found = pending_.find(cluster);
    if (found == pending_.end()) continue;
    size_t replies = 0;
    std::string commands = transaction(cluster, found->second, replies);
    // What changes from here on is a change on top of what is being written.
    found->second.fields.clear();
    found->second.dirty = false;
    found->second.kept = true;
    auto done = co_await redis->ask(std::move(commands), replies, deadline);
    if (!done) co_return fail(done.error());  // the next connection writes everything
  }
  for (const std::string& cluster : std::set<std::string>(forgotten_)) {
    std::string commands;
    const std::string hash = hashOf(cluster);
    appendCommand(commands, {"DEL", hash});
    appendCommand(commands, {"SREM", kClusters, cluster});
    MESHKA_CO_CHECK(co_await redis->ask(std::move(commands), 2, deadline));
    forgotten_.erase(cluster);
  }
  co_return Result<void>();
}

std::string RedisStore::transaction(const std::string& cluster, Pending& pending,
                                    size_t& replies) const {
  const std::string hash = hashOf(cluster);
  const Snapshot& snapshot = *pending.snapshot;
  std::string out;
  const auto command = [&](const std::vector<std::string_view>& words) {
    appendCommand(out, words);
    ++replies;
  };
  command({"MULTI"});
  std::vector<std::string> set;
  const auto flushSet = [&](size_t limit) {
    if (set.size() < limit) return;
    std::vector<std::string_view> words{"HSET", hash};
    words.insert(words.end(), set.begin(), set.end());
    command(words);
    set.clear();
  };
  const auto put = [&](const std::string& resource, const ObjectKey& key, const doc::Doc& object) {
    set.push_back(fieldOf(resource, key));
    set.push_back(doc::toJson(object));
    flushSet(2 * kRedisBatch);
  };
  if (!pending.kept) {
    command({"DEL", hash});
    for (const auto& [resource, objects] : snapshot.objects()) {
      for (const auto& [key, object] : objects) put(resource, key, object);
    }
  }
  for (const auto& [resource, key] : pending.kept ? pending.fields : decltype(pending.fields)()) {
    const doc::Doc* object = snapshot.get(resource, key);
    if (object != nullptr) {
      put(resource, key, *object);
    } else {
      command({"HDEL", hash, fieldOf(resource, key)});
    }
  }
  set.insert(set.end(), {std::string(kSession), snapshot.session(), std::string(kVersion),
                         cat(snapshot.version()), std::string(kCount), cat(snapshot.size())});
  flushSet(1);
  command({"SADD", kClusters, cluster});
  command({"EXEC"});
  return out;
}

}  // namespace meshka::mgmt
