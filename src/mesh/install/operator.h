// An IstioOperator as the user gives it, in layers, and the one merged installation that comes out:
// built-in profile, selected profile, files in their order, --set. Later layers win.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

inline constexpr std::string_view kIstioVersion = "1.11.7";

struct OperatorFile {
  std::string name;  // for messages: a path or "-"
  std::string text;  // YAML; several documents count one after the other
};

struct OperatorInput {
  std::vector<OperatorFile> files;
  std::vector<std::string> sets;  // "path=value", dots in keys escaped: a\.b
  std::string revision;           // -r; wins over the files' spec.revision
  bool force = false;             // what the checks find becomes a warning
  bool strict_upstream = false;   // refuse what upstream refuses: '_' in a trust domain
};

struct Installation {
  std::string name;      // metadata.name; "" when the files give none
  std::string ns;        // of the control plane
  std::string revision;  // "" is the default one
  std::string profile;
  doc::Doc spec;                      // merged IstioOperatorSpec, hub and tag filled in
  std::vector<std::string> warnings;  // one line each
};

// Errors: kInvalid, worded as upstream's where it says the same; kUnsupported for profiles and
// components that are not there yet.
Result<Installation> mergeOperator(const OperatorInput& input);

// Upstream's name of the object that keeps what was installed.
std::string installedStateName(const Installation& installation);

// What follows are the steps of mergeOperator, for tests.

// Maps merge, null deletes, lists of named things merge by name, other lists replace.
doc::Draft mergeLayer(doc::Draft base, doc::Value over);
// Sets one path ("components.ingressGateways[name:x].enabled=true"). Errors: kInvalid.
Result<void> setPath(doc::Draft& spec, std::string_view assignment);
// The same with a value at hand; null erases. Errors: kInvalid naming the element that is not
// there.
Result<void> setAtPath(doc::Draft& root, std::string_view path, doc::Value value);

}  // namespace meshka::mesh
