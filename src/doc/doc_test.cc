#include "doc/doc.h"

#include "base/test/test.h"
#include "doc/block.h"
#include "doc/json.h"

namespace meshka::doc {
namespace {

Doc parse(std::string_view text) {
  auto doc = parseJson(text);
  return doc ? *doc : Doc();
}

TEST(Value, readsWhatIsThereAndFallsBackElsewhere) {
  const Doc pod = parse(R"({"spec":{"replicas":3,"paused":true,"ratio":0.5,"whole":2.0},"no":null,
                            "list":["a",{"not-common":"b"}]})");
  EXPECT_EQ(pod["spec"]["replicas"].integer(), 3);
  EXPECT_EQ(pod["spec"]["whole"].integer(), 2);
  EXPECT_EQ(pod["spec"]["ratio"].integer(7), 7);
  EXPECT_EQ(pod["spec"]["replicas"].number(), 3.0);
  EXPECT_TRUE(pod["spec"]["paused"].boolean());
  EXPECT_FALSE(pod["spec"]["template"]["spec"].exists());
  EXPECT_EQ(pod["spec"]["template"].text("none"), "none");
  EXPECT_TRUE(pod["no"].isNull());
  EXPECT_TRUE(pod["no"].exists());
  EXPECT_EQ(pod["list"][1]["not-common"].text(), "b");
  EXPECT_FALSE(pod["list"][2].exists());
  EXPECT_EQ(pod["list"].size(), 2u);
  EXPECT_EQ(pod.value().keyAt(2), "spec");
}

TEST(Value, followsPointers) {
  const Doc doc = parse(R"({"a/b":{"m~n":[10,{"x":11}]},"":5})");
  EXPECT_EQ(doc.value().atPointer("/a~1b/m~0n/1/x").integer(), 11);
  EXPECT_EQ(doc.value().atPointer("/").integer(), 5);
  EXPECT_TRUE(doc.value().atPointer("").isObject());
  for (const char* bad :
       {"a", "/a~1b/m~0n/01", "/a~1b/m~0n/-", "/a~1b/m~0n/2", "/a~1b/q", "/a~1b/m~0n/1/x/y"}) {
    EXPECT_FALSE(doc.value().atPointer(bad).exists());
  }
}

TEST(Value, findsEveryKeyInLargeObjects) {
  Draft draft = Draft::object();
  for (int i = 0; i < 2000; ++i) draft[cat("key-", i)] = i;
  for (const char* common : {"spec", "metadata", "status", "zone", "add"}) draft[common] = common;
  const Doc doc = draft.finish();
  EXPECT_EQ(doc.value().size(), 2005u);
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(doc[cat("key-", i)].integer(-1), i);
  EXPECT_EQ(doc["spec"].text(), "spec");
  EXPECT_FALSE(doc["template"].exists());
  EXPECT_FALSE(doc["key-2000"].exists());
  for (size_t i = 1; i < doc.value().size(); ++i) {
    EXPECT_TRUE(doc.value().keyAt(i - 1) < doc.value().keyAt(i));
  }
}

TEST(Value, holdsEveryWidthOfTextNumberAndKey) {
  Draft draft = Draft::array();
  const std::vector<int64_t> numbers = {
      0,         1,        63,     64,    -1,        127,       -128,
      128,       32767,    -32768, 32768, INT32_MAX, INT32_MIN, int64_t{1} << 32,
      INT64_MAX, INT64_MIN};
  for (int64_t n : numbers) draft.push(n);
  const std::vector<size_t> lengths = {0, 1, 127, 128, 255, 256, 65535, 65536};
  for (size_t n : lengths) draft.push(Draft::object({{std::string(n, 'k'), std::string(n, 'v')}}));
  const Doc doc = draft.finish();
  for (size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(doc.value()[i].integer(), numbers[i]);
  for (size_t i = 0; i < lengths.size(); ++i) {
    const Value object = doc.value()[numbers.size() + i];
    EXPECT_EQ(object.keyAt(0).size(), lengths[i]);
    EXPECT_EQ(object[std::string(lengths[i], 'k')].text().size(), lengths[i]);
  }
  EXPECT_TRUE(parse(toJson(doc)) == doc);
}

TEST(Value, comparesDeeply) {
  EXPECT_TRUE(parse(R"({"a":1,"b":[1,2]})") == parse(R"({"b":[1.0,2],"a":1})"));
  for (const char* other : {R"({"a":1,"b":[1]})", R"({"a":1,"b":[1,3]})", R"({"a":1,"c":[1,2]})",
                            R"({"a":1})", R"({"a":"1","b":[1,2]})", R"([1,2])", "null"}) {
    EXPECT_FALSE(parse(R"({"a":1,"b":[1,2]})") == parse(other));
  }
}

TEST(Doc, partKeepsTheBlockAlive) {
  Doc part;
  {
    const Doc whole = parse(R"({"metadata":{"labels":{"app":"web"}}})");
    part = whole["metadata"]["labels"].doc();
  }
  EXPECT_EQ(part["app"].text(), "web");
}

TEST(Doc, isSmallerThanItsText) {
  const std::string text =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"app":"web"},"name":"web-0","namespace":"default"},)"
      R"("spec":{"containers":[{"image":"nginx","name":"web","ports":[{"containerPort":80,"protocol":"TCP"}]}]}})";
  EXPECT_TRUE(parse(text).memoryBytes() * 10 < text.size() * 9);
}

TEST(Draft, changesOnlyItsOwnCopy) {
  const Doc before = parse(R"({"metadata":{"name":"a","labels":{"x":"1"}},"spec":{"n":1}})");
  Draft draft(before);
  draft["metadata"]["labels"]["y"] = "2";
  draft["spec"].erase("n");
  Draft copy = draft;
  copy["metadata"]["name"] = "b";
  EXPECT_EQ(toJson(draft.finish()),
            R"({"metadata":{"labels":{"x":"1","y":"2"},"name":"a"},"spec":{}})");
  EXPECT_EQ(toJson(copy.finish()),
            R"({"metadata":{"labels":{"x":"1","y":"2"},"name":"b"},"spec":{}})");
  EXPECT_EQ(toJson(before), R"({"metadata":{"labels":{"x":"1"},"name":"a"},"spec":{"n":1}})");
}

TEST(Draft, unchangedIsTheSameDoc) {
  const Doc doc = parse(R"({"a":[1,2,3]})");
  EXPECT_EQ(Draft(doc).finish().memoryBytes(), doc.memoryBytes());
  EXPECT_TRUE(Draft(Value()).isNull());
}

TEST(Draft, editsArrays) {
  Draft draft(parse(R"(["b","d"])"));
  draft.insert(0, "a");
  draft.insert(2, "c");
  draft.push("e");
  draft.eraseAt(1);
  draft.at(0) = Draft::object({{"k", true}});
  EXPECT_EQ(toJson(draft.finish()), R"([{"k":true},"c","d","e"])");
}

TEST(Draft, copiesSubtreesOfOtherBlocks) {
  const Doc source = parse(R"({"odd-key":{"z":{"odd":[1,[2,{"odder":"x"}]]},"a":3}})");
  Draft draft;
  draft["here"] = source["odd-key"];
  draft["there"]["odd-key"] = source["odd-key"]["z"];
  const Doc doc = draft.finish();
  EXPECT_EQ(
      toJson(doc),
      R"({"here":{"a":3,"z":{"odd":[1,[2,{"odder":"x"}]]}},"there":{"odd-key":{"odd":[1,[2,{"odder":"x"}]]}}})");
}

TEST(Draft, finishIsAlwaysValidJson) {
  Draft draft = Draft::array();
  draft.push(
      "a\xff"
      "b");
  draft.push(0.0 / 0.0);
  draft.push(-0.0);
  EXPECT_EQ(toJson(draft.finish()),
            "[\"a\xef\xbf\xbd"
            "b\",null,0]");
}

}  // namespace
}  // namespace meshka::doc
