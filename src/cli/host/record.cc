#include "cli/host/record.h"

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::cli::host {

doc::Doc toDoc(const Record& record) {
  doc::Draft out = doc::Draft::object();
  out["loadBalancerRange"] = record.load_balancer_range;
  out["outerAddress"] = record.outer_address;
  out["nodeAddress"] = record.node_address;
  out["apiPort"] = record.api_port;
  out["phase"] = record.phase;
  out["error"] = record.error;
  out["runtime"] = record.runtime;
  out["offers"] = record.offers;
  return out.finish();
}

Record recordFrom(doc::Value value) {
  return {.load_balancer_range = std::string(value["loadBalancerRange"].text()),
          .outer_address = std::string(value["outerAddress"].text()),
          .node_address = std::string(value["nodeAddress"].text()),
          .api_port = value["apiPort"].integer(),
          .phase = std::string(value["phase"].text()),
          .error = std::string(value["error"].text()),
          .runtime = std::string(value["runtime"].text()),
          .offers = std::string(value["offers"].text())};
}

io::Task<Result<Record>> readRecord(io::Disk& disk, Instance instance) {
  const std::string path = instance.recordPath();
  auto text = co_await disk.readFile(path);
  if (!text) {
    if (text.error().code() == Code::kNotFound)
      co_return fail(Code::kNotFound,
                     cat("instance ", instance.name(), " is not up; start it with: meshka up"));
    co_return fail(text.error());
  }
  MESHKA_CO_TRY(const doc::Doc parsed, doc::parseJson(*text));
  co_return recordFrom(parsed);
}

io::Task<Result<void>> writeRecord(io::Disk& disk, Instance instance, Record record) {
  co_return co_await disk.writeFileAtomic(instance.recordPath(),
                                          doc::toPrettyJson(toDoc(record), 1) + "\n", 0600);
}

std::vector<std::string> hostWords(const Instance& instance) {
  return {"host", "--name", instance.name()};
}

std::vector<std::string> launchWords(const Instance& instance) {
  return {"launch", "--name", instance.name()};
}

io::Task<std::vector<int64_t>> processesWith(io::Disk& disk, std::vector<std::string> words) {
  std::string marker;
  for (const std::string& word : words) marker += cat('\0', word);
  marker += '\0';
  std::vector<int64_t> out;
  const auto entries = co_await disk.listDirectory("/proc");
  if (!entries) co_return out;
  for (const std::string& entry : *entries) {
    const auto pid = parseInt(entry);
    if (!pid) continue;
    const auto command = co_await disk.readFile(cat("/proc/", entry, "/cmdline"));
    if (command && command->find(marker) != std::string::npos) out.push_back(*pid);
  }
  co_return out;
}

io::Task<int64_t> nodePid(io::Disk& disk, Instance instance) {
  for (const int64_t pid : co_await processesWith(disk, hostWords(instance))) {
    // First of a pid namespace below ours: "NSpid: 4711 1".
    const auto status = co_await disk.readFile(cat("/proc/", pid, "/status"));
    const size_t at = status ? status->find("\nNSpid:") : std::string::npos;
    if (at == std::string::npos) continue;
    std::string_view line = std::string_view(*status).substr(at + 7);
    line = trim(line.substr(0, line.find('\n')));
    if (line.ends_with("\t1")) co_return pid;
  }
  co_return 0;
}

}  // namespace meshka::cli::host
