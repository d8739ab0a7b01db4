// What `up` chose and made, on disk for the other commands: RUN/instance.json.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instance.h"
#include "doc/doc.h"
#include "io/disk.h"

namespace meshka::cli::host {

struct Record {
  std::string load_balancer_range;
  std::string outer_address;  // of the veth, in the root namespace
  std::string node_address;   // inside the node
  int64_t api_port = 0;       // on 127.0.0.1
  std::string phase;          // what is being done, or "ready"
  std::string error;          // why it stopped; empty: it goes on
  std::string runtime;        // crun or runc
  std::string offers;         // what the node gives to pods: "20 cores, 96 GiB"
};

doc::Doc toDoc(const Record& record);
Record recordFrom(doc::Value value);

// Errors: kNotFound when the instance is not up (nothing recorded).
io::Task<Result<Record>> readRecord(io::Disk& disk, Instance instance);
io::Task<Result<void>> writeRecord(io::Disk& disk, Instance instance, Record record);

// The pid of the node's first process, 0 when there is none. Found among the processes, not on
// disk: a record can be lost or stale. Seen from the root namespace.
io::Task<int64_t> nodePid(io::Disk& disk, Instance instance);
// How that process is started and recognised: "PROGRAM host --name NAME ...".
std::vector<std::string> hostWords(const Instance& instance);
// The short-lived processes that start it: "PROGRAM launch --name NAME ...".
std::vector<std::string> launchWords(const Instance& instance);
// Pids, as this process sees them, of commands with these words in a row.
io::Task<std::vector<int64_t>> processesWith(io::Disk& disk, std::vector<std::string> words);

}  // namespace meshka::cli::host
