// Says back what it was asked and by whom, with its pod and cluster: a service to measure with.
#include "bookinfo/program.h"

namespace meshka::bookinfo {
namespace {

class Echo final : public Program {
 public:
  explicit Echo(Settings settings) : settings_(std::move(settings)) {}

  io::Task<Answer> answer(net::ServerRequest& request) override {
    doc::Draft headers = doc::Draft::object();
    for (const net::Headers::Entry& header : request.headers.entries())
      headers[header.name] = header.value;
    doc::Draft out = doc::Draft::object();
    out["podname"] = settings_.pod;
    out["clustername"] = settings_.cluster;
    out["version"] = settings_.version;
    out["method"] = request.method;
    out["path"] = request.path;
    out["headers"] = std::move(headers);
    co_return json(200, out);
  }

 private:
  Settings settings_;
};

}  // namespace

std::unique_ptr<Program> newEcho(Surroundings around) {
  return std::make_unique<Echo>(std::move(around.settings));
}

}  // namespace meshka::bookinfo
