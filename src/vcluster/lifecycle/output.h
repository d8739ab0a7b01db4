// What the commands say. The tokens are those of vcluster 0.7-0.9, since scripts look for them;
// where they go and in what colour is the CLI's business.
#pragma once

#include <string>

namespace meshka::vcluster {

class Output {
 public:
  virtual ~Output() = default;
  virtual void info(const std::string& line) = 0;
  virtual void warn(const std::string& line) = 0;
  virtual void done(const std::string& line) = 0;
  virtual void plain(const std::string& line) = 0;
};

}  // namespace meshka::vcluster
