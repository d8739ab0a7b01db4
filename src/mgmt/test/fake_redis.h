// As much of Redis as the snapshot store uses, over a simulated network.
#pragma once

#include <list>
#include <map>
#include <set>
#include <string>

#include "io/network.h"
#include "mgmt/server/resp.h"

namespace meshka::mgmt::test {

class FakeRedis final : private io::AcceptHandler {
 public:
  std::map<std::string, std::map<std::string, std::string>> hashes;
  std::map<std::string, std::set<std::string>> sets;
  size_t commands = 0;

  Result<void> listen(io::Network& network, const io::Endpoint& at) {
    MESHKA_TRY(listener_, network.listen(at, *this));
    return {};
  }
  void stop() {
    listener_.reset();
    clients_.clear();
  }

 private:
  struct Client final : io::StreamEvents {
    Client(FakeRedis& r, std::unique_ptr<io::Stream> s) : redis(r), stream(std::move(s)) {
      stream->setEvents(this);
    }
    ~Client() override { stream->setEvents(nullptr); }
    void onReadable() override {
      char buffer[4096];
      for (;;) {
        const io::IoResult r = stream->tryRead(buffer);
        if (r.state != io::IoState::kDone) break;
        reader.feed({buffer, r.bytes});
      }
      for (auto v = reader.next(); v && *v; v = reader.next()) out += redis.answer(**v, *this);
      onWritable();
    }
    void onWritable() override {
      while (!out.empty()) {
        const io::IoResult r = stream->tryWrite(out);
        if (r.state != io::IoState::kDone) return;
        out.erase(0, r.bytes);
      }
    }
    FakeRedis& redis;
    std::unique_ptr<io::Stream> stream;
    RespReader reader;
    std::string out;
    bool multi = false;
    std::vector<RespValue> queued;
  };

  void onAccept(std::unique_ptr<io::Stream> stream) override {
    clients_.push_back(std::make_unique<Client>(*this, std::move(stream)));
  }
  static std::string bulk(const std::string& text) {
    return cat("$", text.size(), "\r\n", text, "\r\n");
  }
  std::string answer(const RespValue& command, Client& client) {
    ++commands;
    const std::string& name = command.items.at(0).text;
    if (name == "MULTI") {
      client.multi = true;
      return "+OK\r\n";
    }
    if (name == "EXEC") {
      client.multi = false;
      std::string out = cat("*", client.queued.size(), "\r\n");
      for (const RespValue& queued : std::exchange(client.queued, {})) out += run(queued);
      return out;
    }
    if (!client.multi) return run(command);
    client.queued.push_back(command);
    return "+QUEUED\r\n";
  }
  std::string run(const RespValue& command) {
    std::vector<std::string> w;
    for (const RespValue& word : command.items) w.push_back(word.text);
    if (w[0] == "DEL") return cat(":", hashes.erase(w[1]), "\r\n");
    if (w[0] == "HDEL") return cat(":", hashes[w[1]].erase(w[2]), "\r\n");
    if (w[0] == "SADD") return cat(":", sets[w[1]].insert(w[2]).second ? 1 : 0, "\r\n");
    if (w[0] == "SREM") return cat(":", sets[w[1]].erase(w[2]), "\r\n");
    if (w[0] == "HSET") {
      for (size_t i = 2; i + 1 < w.size(); i += 2) hashes[w[1]][w[i]] = w[i + 1];
      return ":1\r\n";
    }
    if (w[0] == "SMEMBERS") {
      std::string out = cat("*", sets[w[1]].size(), "\r\n");
      for (const std::string& member : sets[w[1]]) out += bulk(member);
      return out;
    }
    if (w[0] == "HGETALL") {
      std::string out = cat("*", 2 * hashes[w[1]].size(), "\r\n");
      for (const auto& [field, value] : hashes[w[1]]) out += bulk(field) + bulk(value);
      return out;
    }
    return cat("-ERR unknown command '", w[0], "'\r\n");
  }

  std::unique_ptr<io::Listener> listener_;
  std::list<std::unique_ptr<Client>> clients_;
};

}  // namespace meshka::mgmt::test
