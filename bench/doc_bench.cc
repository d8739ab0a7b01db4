// Memory and time of a pod as a Doc, against the documents of RapidJSON and, where it is installed,
// of nlohmann-json (package nlohmann-json3-dev), in one run. Memory is what malloc has given out
// for 1,000 copies.
#include <malloc.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "doc/json.h"
#ifdef MESHKA_HAVE_NLOHMANN
#include <nlohmann/json.hpp>
#endif

namespace {

constexpr int kCopies = 1000;

double microseconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

struct Measured {
  double bytes = 0;
  double parse_us = 0;
  double write_us = 0;
};

// `parse` makes a document of the text, `write` its text; the fastest of five rounds counts, in CPU
// time.
template <class Document, class Parse, class Write>
Measured measure(const char* name, size_t json_size, Parse parse, Write write) {
  Measured best;
  for (int round = 0; round < 5; ++round) {
    std::vector<Document> documents(kCopies);
    const size_t before = mallinfo2().uordblks;
    const double start = microseconds();
    for (Document& document : documents) parse(document);
    const double parsed = microseconds();
    const size_t after = mallinfo2().uordblks;
    size_t written = 0;
    for (const Document& document : documents) written += write(document);
    const double end = microseconds();
    if (written < json_size) std::abort();
    const Measured now{static_cast<double>(after - before) / kCopies, (parsed - start) / kCopies,
                       (end - parsed) / kCopies};
    if (round == 0) best = now;
    best.parse_us = std::min(best.parse_us, now.parse_us);
    best.write_us = std::min(best.write_us, now.write_us);
  }
  std::printf("%-14s %8.0f bytes (%.2f x JSON) %8.1f us to parse %8.1f us to write\n", name,
              best.bytes, best.bytes / static_cast<double>(json_size), best.parse_us,
              best.write_us);
  return best;
}

void compare(const char* name, const Measured& ours, const Measured& peer) {
  std::printf("doc / %s: memory %.2f, parse time %.2f, write time %.2f\n", name,
              ours.bytes / peer.bytes, ours.parse_us / peer.parse_us,
              ours.write_us / peer.write_us);
}

}  // namespace

int main() {
  std::ifstream file(MESHKA_BENCH_DATA "/pod.json");
  std::stringstream buffer;
  buffer << file.rdbuf();
  const std::string text = buffer.str();
  std::printf("pod of %zu bytes of JSON\n", text.size());

  const Measured ours = measure<meshka::doc::Doc>(
      "doc", text.size(), [&](auto& doc) { doc = *meshka::doc::parseJson(text); },
      [](const auto& doc) { return meshka::doc::toJson(doc).size(); });
  const Measured rapid = measure<rapidjson::Document>(
      "rapidjson", text.size(), [&](auto& doc) { doc.Parse(text.data(), text.size()); },
      [](const auto& doc) {
        rapidjson::StringBuffer out;
        rapidjson::Writer<rapidjson::StringBuffer> writer(out);
        doc.Accept(writer);
        return out.GetSize();
      });
  compare("rapidjson", ours, rapid);
  rapidjson::Document one;
  one.Parse(text.data(), text.size());
  std::printf(
      "of RapidJSON's memory, its values take %zu bytes; the rest is the reserve of its pool\n",
      one.GetAllocator().Size());
#ifdef MESHKA_HAVE_NLOHMANN
  const Measured nlohmann = measure<nlohmann::json>(
      "nlohmann", text.size(), [&](auto& doc) { doc = nlohmann::json::parse(text); },
      [](const auto& doc) { return doc.dump().size(); });
  compare("nlohmann", ours, nlohmann);
#endif
}
