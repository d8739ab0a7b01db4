// Pure parts: addresses and the order of timers.
#include "base/test/test.h"
#include "io/network.h"
#include "io/timer_queue.h"

using namespace meshka;
using namespace meshka::io;

TEST(Endpoint, ParsesWhatItPrints) {
  for (const char* text :
       {"127.0.0.1:80", "0.0.0.0:0", "[::1]:443", "[fe80::1]:65535", "unix:/run/x.sock"}) {
    const Result<Endpoint> e = Endpoint::parse(text);
    ASSERT_OK(e);
    EXPECT_EQ(e->toString(), text);
  }
  EXPECT_EQ(Endpoint::parse("unix:///run/x.sock")->host, "/run/x.sock");
}

TEST(Endpoint, RefusesOtherText) {
  const std::string long_path = "unix:/" + std::string(107, 'x');
  for (const std::string& text :
       {std::string("localhost:80"), std::string("127.0.0.1"), std::string("127.0.0.1:"),
        std::string("127.0.0.1:65536"), std::string("127.0.0.1:-1"), std::string("::1:80"),
        std::string("[::1]"), std::string("[127.0.0.1]:80"), std::string("1.2.3:80"),
        std::string(":80"), std::string("unix:"), std::string(""), long_path}) {
    EXPECT_FALSE(Endpoint::parse(text).has_value());
  }
}

namespace {
struct Target final : TimerTarget {
  Target(std::string n, std::string& l) : name(std::move(n)), log(l) {}
  void onTimer() override {
    log += name;
    if (then) then();
  }
  std::string name;
  std::string& log;
  Callback then;
};
}  // namespace

TEST(TimerQueue, FiresByTimeThenByOrderOfArming) {
  std::string log;
  TimerQueue queue;
  Target a("a", log), b("b", log), c("c", log), d("d", log);
  queue.arm(a, Instant{5});
  queue.arm(b, Instant{3});
  queue.arm(c, Instant{3});
  queue.arm(d, Instant{9});
  queue.arm(b, Instant{3});  // moved behind c
  EXPECT_EQ(queue.next().ns, 3);
  EXPECT_EQ(queue.fireDue(Instant{5}), 3u);
  EXPECT_EQ(log, "cba");
  EXPECT_EQ(queue.next().ns, 9);
  queue.arm(d, kNever);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(TimerQueue, WhatFiresMayDisarmOthersAndWaitsForItsNextTurn) {
  std::string log;
  TimerQueue queue;
  Target a("a", log), b("b", log);
  a.then = [&] {
    queue.arm(b, kNever);
    queue.arm(a, Instant{0});
  };
  queue.arm(a, Instant{1});
  queue.arm(b, Instant{1});
  EXPECT_EQ(queue.fireDue(Instant{1}), 1u);
  EXPECT_EQ(log, "a");
  a.then = {};
  EXPECT_EQ(queue.fireDue(Instant{1}), 1u);
  EXPECT_EQ(log, "aa");
}
