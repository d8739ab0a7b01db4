// What every Network and Disk does, as tests that run against io/linux and against sim alike.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/test/test.h"
#include "io/async.h"
#include "io/disk.h"
#include "io/network.h"
#include "io/stream_tasks.h"

// A failed precondition leaves the coroutine.
#define ASSERT_CO_OK(x) \
  if (!::meshka::test::expectOk((x), #x, __FILE__, __LINE__)) co_return

namespace meshka::io::contract {

class Harness {
 public:
  virtual ~Harness() = default;
  virtual Loop& loop() = 0;
  virtual Network& network() = 0;
  virtual Disk& disk() = 0;
  virtual std::string folder() = 0;  // exists, is empty
  virtual void run(Task<void> task) = 0;
  Instant soon() { return loop().clock().now() + seconds(20); }
};

// Sends back what comes, then the end.
class EchoServer final : public AcceptHandler {
 public:
  explicit EchoServer(Loop& loop) : loop_(loop), group_(loop, 16) {}
  void onAccept(std::unique_ptr<Stream> stream) override {
    EXPECT_TRUE(group_.spawn(serve(loop_, std::move(stream))));
  }
  size_t running() const { return group_.running(); }

 private:
  static Task<void> serve(Loop& loop, std::unique_ptr<Stream> stream) {
    StreamIo io(loop, *stream);
    char block[4096];
    for (;;) {
      const Result<size_t> n = co_await io.readSome(block, kNever);
      if (!n || *n == 0) break;
      if (!co_await io.writeAll(std::string_view(block, *n), kNever)) break;
    }
    stream->shutdownWrite();
  }
  Loop& loop_;
  Group group_;
};

inline Task<void> sendAll(StreamIo& io, Stream& stream, const std::string& bytes, bool& ok) {
  ok = (co_await io.writeAll(bytes, kNever)).has_value();
  stream.shutdownWrite();
}

// More than any buffer on the way holds, both directions at once.
inline Task<void> echoes(Harness& h, Endpoint at) {
  EchoServer server(h.loop());
  auto listener = h.network().listen(at, server);
  ASSERT_CO_OK(listener);
  auto stream = co_await h.network().connect((*listener)->local(), h.soon());
  ASSERT_CO_OK(stream);
  EXPECT_TRUE((*stream)->peer() == (*listener)->local());
  std::string bytes;
  for (int i = 0; bytes.size() < 3'000'000; ++i) bytes += cat(i, ' ');
  Group group(h.loop(), 1);
  StreamIo io(h.loop(), **stream);
  bool sent = false;
  group.spawn(sendAll(io, **stream, bytes, sent));
  std::string back;
  char block[10'000];
  for (;;) {
    const Result<size_t> n = co_await io.readSome(block, h.soon());
    EXPECT_OK(n);
    if (!n || *n == 0) break;
    back.append(block, *n);
  }
  EXPECT_TRUE(sent);
  EXPECT_EQ(back.size(), bytes.size());
  EXPECT_TRUE(back == bytes);
}

inline Task<void> readsTimeOut(Harness& h) {
  EchoServer server(h.loop());
  auto listener = h.network().listen({.host = "127.0.0.1"}, server);
  ASSERT_CO_OK(listener);
  auto stream = co_await h.network().connect((*listener)->local(), h.soon());
  ASSERT_CO_OK(stream);
  char one;
  const auto late =
      co_await readSome(h.loop(), **stream, {&one, 1}, h.loop().clock().now() + millis(20));
  EXPECT_TRUE(!late && late.error().code() == Code::kTimeout);
  // The stream is as good as before.
  EXPECT_OK(co_await writeAll(h.loop(), **stream, "x", h.soon()));
  EXPECT_OK(co_await readExactly(h.loop(), **stream, {&one, 1}, h.soon()));
  EXPECT_EQ(one, 'x');
  // A closed client ends the server's task.
  stream->reset();
  while (server.running() > 0) co_await sleepFor(h.loop(), millis(1));
}

inline Task<void> refuses(Harness& h) {
  EchoServer server(h.loop());
  Endpoint at;
  {
    auto listener = h.network().listen({.host = "127.0.0.1"}, server);
    ASSERT_CO_OK(listener);
    at = (*listener)->local();
    EXPECT_TRUE(at.port != 0);
    const auto again = h.network().listen(at, server);
    EXPECT_TRUE(!again && again.error().code() == Code::kAlreadyExists);
  }
  const auto stream = co_await h.network().connect(at, h.soon());
  EXPECT_TRUE(!stream && stream.error().code() == Code::kUnavailable);
  EXPECT_TRUE(!h.network().listen({.host = "203.0.113.9"}, server));
}

struct Datagrams final : DatagramHandler {
  explicit Datagrams(Loop& loop) : event(loop) {}
  void onDatagram(std::string_view bytes, const Endpoint& from) override {
    got.emplace_back(bytes);
    sender = from;
    event.set();
  }
  Event event;
  std::vector<std::string> got;
  Endpoint sender;
};

inline Task<void> passesDatagrams(Harness& h) {
  Datagrams here(h.loop()), there(h.loop());
  auto a = h.network().bindDatagram({.host = "127.0.0.1"});
  auto b = h.network().bindDatagram({.host = "127.0.0.1"});
  ASSERT_CO_OK(a);
  ASSERT_CO_OK(b);
  (*a)->setHandler(&here);
  (*b)->setHandler(&there);
  (*a)->send("ping", (*b)->local());
  EXPECT_TRUE(co_await there.event.wait(h.soon()));
  EXPECT_EQ(join(there.got, ","), "ping");
  (*b)->send("", there.sender);
  EXPECT_TRUE(co_await here.event.wait(h.soon()));
  EXPECT_EQ(join(here.got, ","), "");
  EXPECT_TRUE(here.sender == (*b)->local());
}

inline Task<void> keepsFiles(Harness& h) {
  Disk& disk = h.disk();
  const std::string base = h.folder();
  const auto missing = co_await disk.readFile(base + "/a/f");
  EXPECT_TRUE(!missing && missing.error().code() == Code::kNotFound);
  EXPECT_FALSE((co_await disk.writeFileAtomic(base + "/a/f", "x")).has_value());
  EXPECT_OK(co_await disk.makeDirectories(base + "/a/b/c"));
  EXPECT_OK(co_await disk.makeDirectories(base + "/a/b/c"));
  EXPECT_OK(co_await disk.writeFileAtomic(base + "/a/f", "one"));
  EXPECT_OK(co_await disk.writeFileAtomic(base + "/a/f", std::string(100'000, 'z')));
  const auto read = co_await disk.readFile(base + "/a/f");
  ASSERT_CO_OK(read);
  EXPECT_TRUE(*read == std::string(100'000, 'z'));
  const auto large = co_await disk.readFile(base + "/a/f", 99'999);
  EXPECT_TRUE(!large && large.error().code() == Code::kTooLarge);
  EXPECT_FALSE((co_await disk.makeDirectories(base + "/a/f/x")).has_value());
  EXPECT_FALSE((co_await disk.readFile(base + "/a")).has_value());
  const auto names = co_await disk.listDirectory(base + "/a");
  ASSERT_CO_OK(names);
  EXPECT_EQ(join(*names, ","), "b,f");
  EXPECT_FALSE((co_await disk.remove(base + "/a")).has_value());
  const auto exclusive = co_await disk.createExclusive(base + "/a/f");
  EXPECT_TRUE(!exclusive && exclusive.error().code() == Code::kAlreadyExists);
  EXPECT_OK(co_await disk.remove(base + "/a/f"));
  EXPECT_OK(co_await disk.createExclusive(base + "/a/f"));
  EXPECT_OK(co_await disk.remove(base + "/a/f"));
  EXPECT_OK(co_await disk.remove(base + "/a/f"));
  EXPECT_OK(co_await disk.remove(base + "/a", true));
  EXPECT_FALSE((co_await disk.listDirectory(base + "/a")).has_value());
}

inline Task<void> syncInto(AppendFile& file, bool& ok) {
  ok = (co_await file.sync()).has_value();
}

inline Task<void> appends(Harness& h) {
  const std::string path = h.folder() + "/log";
  {
    auto file = co_await h.disk().openAppend(path, 0);
    ASSERT_CO_OK(file);
    (*file)->append("one");
    Group group(h.loop(), 2);
    bool first = false, second = false;
    group.spawn(syncInto(**file, first));
    co_await yield(h.loop());
    (*file)->append("two");
    group.spawn(syncInto(**file, second));
    co_await group.drain();
    EXPECT_TRUE(first && second);
    EXPECT_EQ((*file)->size(), 6u);
    (*file)->append("three");  // not synced
  }
  const auto read = co_await h.disk().readFile(path);
  ASSERT_CO_OK(read);
  EXPECT_TRUE(read->starts_with("onetwo"));
  EXPECT_TRUE(read->find_first_not_of('\0', 11) == read->npos);  // zeros follow
  EXPECT_FALSE((co_await h.disk().openAppend(path, 1u << 30)).has_value());
  auto file = co_await h.disk().openAppend(path, 3);
  ASSERT_CO_OK(file);
  EXPECT_EQ((*file)->size(), 3u);
  (*file)->append("2");
  EXPECT_OK(co_await (*file)->sync());
  const auto again = co_await h.disk().readFile(path);
  ASSERT_CO_OK(again);
  EXPECT_TRUE(again->starts_with(std::string_view("one2\0", 5)));
}

inline void checkNetwork(Harness& h) {
  h.run(echoes(h, {.host = "127.0.0.1"}));
  h.run(echoes(h, {.host = h.folder() + "/socket", .unix_socket = true}));
  h.run(readsTimeOut(h));
  h.run(refuses(h));
  h.run(passesDatagrams(h));
}
inline void checkDisk(Harness& h) {
  h.run(keepsFiles(h));
  h.run(appends(h));
}

}  // namespace meshka::io::contract
