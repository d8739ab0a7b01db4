// Sidecar injection as a plain function: a pod in, the pod with its proxy out. The result is what
// Istio 1.11.7 makes of it with its own templates; they are code here.
#pragma once

#include <string>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::mesh {

struct InjectInput {
  doc::Doc pod;
  std::string ns;   // of the request: a pod under creation may not name it
  doc::Doc values;  // key `values` of ConfigMap istio-sidecar-injector
  doc::Doc config;  // its key `config`: policy, selectors
  doc::Doc mesh;    // key `mesh` of ConfigMap istio
  std::string revision = "default";
  std::string root_namespace = "istio-system";
  std::string cluster;  // from the webhook's URL; "": of the values
  std::string network;  // the same
  bool legacy_fs_group = false;
};

struct InjectOutput {
  bool injected = false;
  std::string reason;  // why not
  doc::Doc pod;        // with the proxy; the pod itself when not injected
};

// Errors: kInvalid, an annotation's value that cannot be meant.
Result<InjectOutput> injectPod(const InjectInput& input);

}  // namespace meshka::mesh
