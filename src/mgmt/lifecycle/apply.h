// Writing a set of objects: several at once, since each waits for the server's disk.
#pragma once

#include <vector>

#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::mgmt {

enum class Existing : unsigned char {
  kUpdate,  // merge into what is there
  kKeep,    // what is there stays as it is
};

struct WriteCount {
  size_t created = 0;
  size_t updated = 0;  // or left alone
};

// In no particular order. Errors: the first one, with kind and name; what was written stays.
io::Task<Result<WriteCount>> applyAll(io::World& world, client::ApiClient& api,
                                      std::vector<doc::Doc> objects, Existing existing);

// Creates or updates the CRDs and waits until their kinds can be used.
io::Task<Result<WriteCount>> applyCrds(io::World& world, client::ApiClient& api);

// Removes it; what is not there is fine.
io::Task<Result<void>> removeObject(io::World& world, client::ApiClient& api,
                                    client::Resource resource, std::string ns, std::string name);

// The namespace with these labels. Errors: kConflict when it is being deleted.
io::Task<Result<void>> ensureNamespace(io::World& world, client::ApiClient& api, doc::Doc ns);

}  // namespace meshka::mgmt
