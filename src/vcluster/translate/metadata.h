// The metadata that every synced host object carries, and label selectors as they must read on the
// host.
#pragma once

#include "doc/doc.h"
#include "vcluster/translate/names.h"

namespace meshka::vcluster {

// The Service of the virtual cluster's control plane: owner of all synced objects, so that deleting
// the virtual cluster collects them.
struct Owner {
  std::string service_name;
  std::string service_uid;
};

// name, namespace, labels (translated, plus managed-by and namespace), annotations (copied, plus
// object-name, object-namespace and the list of those we manage) and the owner reference.
// `virtual_object` is namespaced.
doc::Draft hostMetadata(doc::Value virtual_object, const Tenant& tenant, const Owner& owner);

// Translated labels alone: what a selector on the host has to match.
doc::Draft hostLabels(doc::Value virtual_labels, std::string_view ns, const Tenant& tenant);

// A map selector (Service) bound to one virtual namespace. An empty or missing one stays missing
// (null).
doc::Draft hostMapSelector(doc::Value selector, std::string_view ns, const Tenant& tenant);
// A LabelSelector object: keys translated, and bound to `ns` unless that is empty.
doc::Draft hostLabelSelector(doc::Value selector, std::string_view ns, const Tenant& tenant);

// Brings the labels and annotations of an existing host object in line with the virtual object:
// keys of ours that are no longer wanted go, foreign ones stay. False when nothing changed.
bool updateHostMetadata(doc::Draft& host, doc::Value virtual_object, const Tenant& tenant);

// The virtual (namespace, name) that a host object stands for; false when it is none of this
// tenant's.
bool virtualIdentity(doc::Value host, const Tenant& tenant, std::string& ns, std::string& name);

}  // namespace meshka::vcluster
