// Each measures one claim about a subject and gives the numbers in a sentence. With `broken` it
// first breaks what the claim rests on. Errors: kConflict, the claim does not hold; any other code,
// it could not be measured. For the .cc files of this folder only.
#pragma once

#include <string>

#include "cli/workshop/proofs/subject.h"

namespace meshka::cli::workshop {

using Measured = io::Task<Result<std::string>>;

Measured splitOverClusters(Bench& bench, const Subject& subject, bool broken);  // split.cc
Measured staysLocal(Bench& bench, const Subject& subject, bool broken);         // split.cc
Measured delayed(Bench& bench, const Subject& subject, bool broken);            // delay.cc
Measured notDelayed(Bench& bench, const Subject& subject, bool broken);         // delay.cc
Measured onTheWire(Bench& bench, const Subject& subject, bool broken);          // wire.cc
Measured callerNamed(Bench& bench, const Subject& subject, bool broken);        // wire.cc
Measured trustNeeded(Bench& bench, const Subject& subject, bool broken);        // trust.cc
Measured plainRefused(Bench& bench, const Subject& subject, bool broken);       // isolation.cc
Measured foreignRefused(Bench& bench, const Subject& subject, bool broken);     // isolation.cc
Measured webhookInjects(Bench& bench, const Subject& subject, bool broken);     // isolation.cc
Measured sameContainers(Bench& bench, const Subject& subject, bool broken);     // containers.cc
Measured restartCounted(Bench& bench, const Subject& subject, bool broken);     // containers.cc

// The claim does not hold.
inline std::unexpected<Error> disproved(std::string what) {
  return fail(Code::kConflict, std::move(what));
}

}  // namespace meshka::cli::workshop
