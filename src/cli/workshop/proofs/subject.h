// A service that the proofs are about: the demo's, and one whose names are random in each run.
#pragma once

#include <string>
#include <vector>

#include "cli/workshop/proofs/bench.h"

namespace meshka::cli::workshop {

struct Subject {
  std::string name;   // for people: namespace/service
  Values values;      // NS, SERVICE, PORT, KEY, LABEL, ACCOUNT, CONTAINER, ROUTE, FAULT, NEAR, ...
  Pod client;         // in the near cluster, in the mesh
  bool ours = false;  // made for this run, and removed after it
  const std::string& operator[](std::string_view key) const { return values.find(key)->second; }
  std::string selector() const;
  std::string nearUrl(std::string_view path) const;  // as the application would call it
  std::string farUrl(std::string_view path) const;   // of the far cluster, by name
  // values with some set anew.
  Values with(std::vector<std::pair<std::string, std::string>> more) const;
};

io::Task<Result<Subject>> firstSubject(Bench& bench);
// Makes the second service in both clusters, with a workspace of its own.
io::Task<Result<Subject>> secondSubject(Bench& bench);
io::Task<void> removeSubject(Bench& bench, Subject subject);

// The pods that serve it, and how many requests each has served.
struct Served {
  std::vector<Pod> pods;
  std::vector<int64_t> counts;
};
io::Task<Result<Served>> servedBy(Bench& bench, const Subject& subject, std::string context);

// What the last steps of the workshop leave behind: half of the requests to each cluster, and the
// delay.
io::Task<Result<void>> applyRoute(Bench& bench, const Subject& subject, int near_percent);
io::Task<Result<void>> applyFault(Bench& bench, const Subject& subject, std::string delay);

// A number that no other request has in its path.
std::string freshPath(Bench& bench, const Subject& subject);

// Asks again until `good` holds for what a few requests gave; false when that does not happen in
// time.
io::Task<Result<bool>> settled(Bench& bench, const Subject& subject, Words flags,
                               bool (*good)(doc::Value, const Subject&));

}  // namespace meshka::cli::workshop
