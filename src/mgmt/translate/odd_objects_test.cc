// Users write anything: objects with members of the wrong kind, missing or empty must not break the
// translation of the others.
#include "base/rng.h"
#include "doc/json.h"
#include "mgmt/translate/test/scene.h"

namespace meshka::mgmt {
namespace {

doc::Draft oddValue(Rng& rng) {
  switch (rng.below(8)) {
    case 0:
      return nullptr;
    case 1:
      return -7;
    case 2:
      return "*";
    case 3:
      return doc::Draft::array();
    case 4:
      return doc::Draft::object();
    case 5:
      return true;
    case 6:
      return doc::Draft::array({doc::Draft::object(), "x", 1});
    default:
      return std::string(300, 'y');
  }
}

doc::Draft mutated(doc::Value value, Rng& rng, uint64_t one_in) {
  if (rng.below(one_in) == 0) return oddValue(rng);
  if (value.isArray()) {
    doc::Draft out = doc::Draft::array();
    for (const doc::Value element : value.elements()) {
      if (rng.below(one_in) == 0) continue;
      out.push(mutated(element, rng, one_in));
    }
    return out;
  }
  if (value.isObject()) {
    doc::Draft out = doc::Draft::object();
    for (const auto [key, member] : value.members()) {
      if (rng.below(one_in) == 0) continue;
      out[key] = mutated(member, rng, one_in);
    }
    return out;
  }
  return value;
}

void mutateAll(ObjectsByResource& objects, Rng& rng) {
  for (auto& [resource, list] : objects) {
    for (doc::Doc& object : list) {
      // The API server's part stays: kind, name and namespace.
      doc::Draft draft(object);
      for (const char* part : {"spec", "status", "data"}) {
        if (object[part].exists()) draft[part] = mutated(object[part], rng, 25);
      }
      draft["metadata"]["labels"] = mutated(object["metadata"]["labels"], rng, 10);
      object = draft.finish();
    }
  }
}

TEST(Translate, SurvivesOddObjects) {
  for (const char* name : {"federation", "split", "policies", "virtual_destination", "gateway"}) {
    const TranslateInput whole =
        scene(test::readFileOrDie(cat("testdata/cases/", name, ".input.yaml")));
    for (uint64_t seed = 0; seed < 40; ++seed) {
      SeededRng rng(seed);
      TranslateInput input = whole;
      mutateAll(input.admin, rng);
      for (auto& [cluster, snapshot] : input.clusters) mutateAll(snapshot.objects, rng);
      const TranslateOutput output = translate(input);
      for (const auto& [cluster, objects] : output.objects) {
        for (const doc::Doc& object : objects) {
          const std::string_view object_name = object["metadata"]["name"].text();
          EXPECT_TRUE(!object_name.empty() && object_name.size() <= 63);
          EXPECT_TRUE(!object_name.starts_with("-") && !object_name.ends_with("-"));
        }
      }
    }
  }
}

}  // namespace
}  // namespace meshka::mgmt
