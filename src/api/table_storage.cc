#include "api/quantity.h"
#include "api/table_cells.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Value;

constexpr TableColumn kVolume[] = {{"Name", "string", 0, "name"},
                                   {"Capacity"},
                                   {"Access Modes"},
                                   {"Reclaim Policy"},
                                   {"Status"},
                                   {"Claim"},
                                   {"StorageClass"},
                                   {"VolumeAttributesClass", "string", 0, "", 29},
                                   {"Reason"},
                                   {"Age"},
                                   {"VolumeMode", "string", 1}};
constexpr TableColumn kClaim[] = {{"Name", "string", 0, "name"},
                                  {"Status"},
                                  {"Volume"},
                                  {"Capacity"},
                                  {"Access Modes"},
                                  {"StorageClass"},
                                  {"VolumeAttributesClass", "string", 0, "", 29},
                                  {"Age"},
                                  {"VolumeMode", "string", 1}};
constexpr TableColumn kClass[] = {
    {"Name", "string", 0, "name"}, {"Provisioner"},          {"ReclaimPolicy"},
    {"VolumeBindingMode"},         {"AllowVolumeExpansion"}, {"Age"}};
constexpr TableColumn kAttributes[] = {{"Name", "string", 0, "name"}, {"DriverName"}, {"Age"}};
constexpr TableColumn kAttachment[] = {{"Name", "string", 0, "name"},
                                       {"Attacher", "string", 0, "name"},
                                       {"PV"},
                                       {"Node"},
                                       {"Attached", "boolean"},
                                       {"Age"}};
constexpr TableColumn kCsiNode[] = {{"Name", "string", 0, "name"}, {"Drivers", "integer"}, {"Age"}};
constexpr TableColumn kCsiDriver[] = {{"Name", "string", 0, "name"},
                                      {"AttachRequired", "boolean"},
                                      {"PodInfoOnMount", "boolean"},
                                      {"StorageCapacity", "boolean"},
                                      {"TokenRequests"},
                                      {"RequiresRepublish", "boolean"},
                                      {"Modes"},
                                      {"Age"}};
constexpr TableColumn kCapacity[] = {
    {"Name", "string", 0, "name"}, {"StorageClassName"}, {"Capacity"}};

std::string accessModes(Value modes) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {{"ReadWriteOnce", "RWO"},
                                                                      {"ReadOnlyMany", "ROX"},
                                                                      {"ReadWriteMany", "RWX"},
                                                                      {"ReadWriteOncePod", "RWOP"}};
  std::string out;
  for (const auto& [mode, text] : kShort) {
    for (Value element : modes.elements()) {
      if (element.text() != mode) continue;
      out += cat(out.empty() ? "" : ",", text);
      break;
    }
  }
  return out;
}

std::string_view storageClass(Value o) {
  const Value annotation = Meta(o).annotations()["volume.beta.kubernetes.io/storage-class"];
  return annotation.text(o["spec"]["storageClassName"].text());
}

std::string_view phase(Value o) {
  return Meta(o).deleting() ? "Terminating" : o["status"]["phase"].text();
}

void printVolume(Value o, Row& row) {
  const Value spec = o["spec"];
  const Value claim = spec["claimRef"];
  row.name()
      .text(Quantity::of(spec["capacity"]["storage"]).toString())
      .text(accessModes(spec["accessModes"]));
  row.text(spec["persistentVolumeReclaimPolicy"].text()).text(phase(o));
  row.text(claim.exists() ? cat(claim["namespace"].text(), "/", claim["name"].text()) : "")
      .text(storageClass(o));
  row.text(spec["volumeAttributesClassName"].text("<unset>"))
      .text(o["status"]["reason"].text())
      .age();
  row.text(spec["volumeMode"].text("<unset>"));
}

void printClaim(Value o, Row& row) {
  const Value spec = o["spec"];
  const bool bound = !spec["volumeName"].text().empty();
  row.name().text(phase(o)).text(spec["volumeName"].text());
  row.text(bound ? Quantity::of(o["status"]["capacity"]["storage"]).toString() : "");
  row.text(bound ? accessModes(o["status"]["accessModes"]) : "").text(storageClass(o));
  row.text(spec["volumeAttributesClassName"].text("<unset>"))
      .age()
      .text(spec["volumeMode"].text("<unset>"));
}

void printClass(Value o, Row& row) {
  const Meta meta(o);
  const bool standard =
      meta.annotation("storageclass.kubernetes.io/is-default-class") == "true" ||
      meta.annotation("storageclass.beta.kubernetes.io/is-default-class") == "true";
  row.text(cat(meta.name(), standard ? " (default)" : "")).text(o["provisioner"].text());
  row.text(o["reclaimPolicy"].text("Delete")).text(o["volumeBindingMode"].text("Immediate"));
  row.boolean(o["allowVolumeExpansion"].boolean()).age();
}

void printAttributes(Value o, Row& row) {
  row.name().text(o["driverName"].text()).age();
}

void printAttachment(Value o, Row& row) {
  row.name()
      .text(o["spec"]["attacher"].text())
      .text(o["spec"]["source"]["persistentVolumeName"].text());
  row.text(o["spec"]["nodeName"].text()).boolean(o["status"]["attached"].boolean()).age();
}

void printCsiNode(Value o, Row& row) {
  row.name().integer(static_cast<int64_t>(o["spec"]["drivers"].size())).age();
}

void printCsiDriver(Value o, Row& row) {
  const Value spec = o["spec"];
  row.name()
      .boolean(spec["attachRequired"].boolean(true))
      .boolean(spec["podInfoOnMount"].boolean())
      .boolean(spec["storageCapacity"].boolean());
  row.text(spec["tokenRequests"].exists() ? joinTexts(spec["tokenRequests"], ",", "audience")
                                          : "<unset>");
  row.boolean(spec["requiresRepublish"].boolean())
      .orNone(joinTexts(spec["volumeLifecycleModes"], ","))
      .age();
}

void printCapacity(Value o, Row& row) {
  row.name().text(o["storageClassName"].text());
  row.text(o["capacity"].exists() ? Quantity::of(o["capacity"]).toString() : "<unset>");
}

constexpr TableFormat kTables[] = {
    {"persistentvolumes", kVolume, printVolume},
    {"persistentvolumeclaims", kClaim, printClaim},
    {"storageclasses", kClass, printClass},
    {"volumeattributesclasses", kAttributes, printAttributes},
    {"volumeattachments", kAttachment, printAttachment},
    {"csinodes", kCsiNode, printCsiNode},
    {"csidrivers", kCsiDriver, printCsiDriver},
    {"csistoragecapacities", kCapacity, printCapacity},
};

}  // namespace

std::span<const TableFormat> storageTables() {
  return kTables;
}

}  // namespace meshka::api
