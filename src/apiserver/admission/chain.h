// The built-in admission plug-ins, each in a file of its own, and the order in which they run.
#pragma once

#include "apiserver/admission.h"
#include "apiserver/config.h"
#include "io/loop.h"

namespace meshka::apiserver {

class ServiceAddresses;

std::unique_ptr<AdmissionPlugin> newNamespaceLifecycle(const Objects& objects);
// `level` of pod-security.kubernetes.io for every new namespace.
std::unique_ptr<AdmissionPlugin> newNamespaceLabels(std::string level);
std::unique_ptr<AdmissionPlugin> newServiceAccountAdmission(const Objects& objects, Rng& rng);
std::unique_ptr<AdmissionPlugin> newPodSecurity(const Objects& objects);
std::unique_ptr<AdmissionPlugin> newPriority(const Objects& objects);
std::unique_ptr<AdmissionPlugin> newDefaultTolerations();
std::unique_ptr<AdmissionPlugin> newServiceAdmission(ServiceAddresses& addresses);
// Warns about objects that are stored and that nothing acts on yet.
std::unique_ptr<AdmissionPlugin> newNotEnforced();

AdmissionChain defaultAdmission(const Objects& objects, const Config& config,
                                ServiceAddresses& addresses, io::World world);

}  // namespace meshka::apiserver
