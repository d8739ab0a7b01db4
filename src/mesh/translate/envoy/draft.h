// Short forms for building documents: obj("name", x, "port", 80), arr(a, b).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "doc/doc.h"

namespace meshka::mesh {

using doc::Draft;

namespace detail {
inline void put(Draft&) {}
template <class V, class... Rest>
void put(Draft& object, std::string_view key, V&& value, Rest&&... rest) {
  object[key] = Draft(std::forward<V>(value));
  put(object, std::forward<Rest>(rest)...);
}
}  // namespace detail

template <class... Members>
Draft obj(Members&&... members) {
  Draft out = Draft::object();
  detail::put(out, std::forward<Members>(members)...);
  return out;
}

template <class... Elements>
Draft arr(Elements&&... elements) {
  Draft out = Draft::array();
  (out.push(Draft(std::forward<Elements>(elements))), ...);
  return out;
}

// An Any: the members of a message of `type` ("envoy.config...") beside its type.
template <class... Members>
Draft any(std::string_view type, Members&&... members) {
  Draft out = obj(std::forward<Members>(members)...);
  out["@type"] = std::string("type.googleapis.com/") + std::string(type);
  return out;
}

// An extension: {name, typed_config}. Every one carries a typed_config, even an empty one.
template <class... Members>
Draft extension(std::string_view name, std::string_view type, Members&&... members) {
  return obj("name", name, "typed_config", any(type, std::forward<Members>(members)...));
}

}  // namespace meshka::mesh
