// Any text as an IstioOperator: merged, rendered and labelled, or refused; never an abort.
#include <cstddef>
#include <cstdint>
#include <string>

#include "mesh/install/operator.h"
#include "mesh/install/owner.h"
#include "mesh/install/render.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meshka::mesh;
  OperatorInput input;
  input.files.push_back({"-", std::string(reinterpret_cast<const char*>(data), size)});
  input.force = size % 2 == 1;
  const auto installation = mergeOperator(input);
  if (!installation) return 0;
  const auto rendering = renderComponents(*installation, {});
  if (!rendering) return 0;
  for (const Component& component : rendering->components) {
    for (const meshka::doc::Doc& object : installOrder(component))
      (void)withOwner(object, component.name, *installation);
  }
  return 0;
}
