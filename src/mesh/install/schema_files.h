// The texts of schemas/istio/1.11.7, read once: what an Istio 1.11.7 installation is made of.
#pragma once

#include "doc/doc.h"

namespace meshka::mesh {

struct IstioFiles {
  doc::Doc crds;
  doc::Doc fields;
  doc::Doc manifests;
  doc::Doc profile;
};

const IstioFiles& istioFiles();

}  // namespace meshka::mesh
