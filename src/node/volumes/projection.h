// What the files of a configMap, secret, downwardAPI or projected volume are: a pure function of
// the objects. Writing them is VolumeHost's work.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "doc/doc.h"
#include "node/spec/env.h"

namespace meshka::node {

struct VolumeFile {
  std::string bytes;
  uint32_t mode = 0644;
  bool operator==(const VolumeFile&) const = default;
};
// By path relative to the volume; never absolute, never with a ".." part.
using FileTree = std::map<std::string, VolumeFile>;

// A token that a projected volume wants.
struct TokenSpec {
  std::string path, audience;
  int64_t expiration_s = 3600;
  uint32_t mode = 0644;
  bool operator==(const TokenSpec&) const = default;
};

struct ProjectionInputs {
  const NodeConfig& config;
  doc::Value pod;
  const PodAddresses& addresses;
  const ObjectSource& objects;
  const std::map<std::string, std::string>& tokens;  // by path: what TokenRequest gave
};

// True for the kinds that volumeFiles knows.
bool isProjection(doc::Value volume);
std::vector<TokenSpec> tokensOf(doc::Value volume);

// Errors: kNotFound ("configmap "x" not found", "references non-existent config key: k"), kInvalid.
Result<FileTree> volumeFiles(const ProjectionInputs& inputs, doc::Value volume);

// ConfigMaps and Secrets that a pod's volumes and environment refer to: "configmap/NAME",
// "secret/NAME".
std::vector<std::string> referencedObjects(doc::Value pod);

}  // namespace meshka::node
