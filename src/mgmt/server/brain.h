// Translation on change: gathers what the clusters and the users say, calls the translation once
// for all changes of a moment, and spreads what it gives: objects to the clusters' agents, statuses
// to where the users' objects live. What an agent could not apply shows in the status of the object
// that it was made from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mgmt/objects/statuses.h"
#include "mgmt/server/clusters.h"
#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

using Translation = Function<TranslateOutput(const TranslateInput&)>;

// More outputs than the translation's own (trust).
class OutputSource {
 public:
  virtual ~OutputSource() = default;
  virtual void addOutputs(const TranslateInput& input, TranslateOutput& output) = 0;
};

// Labels of an object that the management plane makes in `cluster` (specification 7.1).
doc::Draft outputLabels(std::string_view cluster, std::string_view ns, std::string_view reconciler);

class Brain {
 public:
  Brain(io::World world, LiveKinds& admin, Clusters& clusters, StatusWriter& statuses,
        std::string admin_namespace, Translation translation);

  void addSource(OutputSource& source) { sources_.push_back(&source); }
  // Something changed: translate soon.
  void changed();
  void start() {
    started_ = true;
    changed();
  }

  uint64_t translations() const { return translations_; }
  const TranslateInput& lastInput() const { return input_; }

 private:
  void run();
  TranslateInput gather() const;
  void spread(TranslateOutput output);
  void explainFailures(TranslateOutput& output) const;
  StatusUpdate* blamed(doc::Value labels, TranslateOutput& output) const;
  void spreadStatuses(std::vector<StatusUpdate> statuses);

  LiveKinds& admin_;
  Clusters& clusters_;
  StatusWriter& statuses_;
  const std::string admin_namespace_;
  Translation translation_;
  std::vector<OutputSource*> sources_;
  TranslateInput input_;
  io::Timer timer_;
  bool started_ = false;
  uint64_t translations_ = 0;
};

}  // namespace meshka::mgmt
