// `meshctl check`: looks at every part of an installation, once, and says what is wrong.
#pragma once

#include <string>
#include <vector>

#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::mgmt {

enum class Grade : unsigned char { kGreen, kYellow, kRed };

struct Section {
  std::string title;
  Grade grade = Grade::kGreen;
  std::vector<std::string> notes;
  std::vector<std::string> hints;              // what to do about it
  std::vector<std::vector<std::string>> rows;  // first the heading
};

// Errors: the cluster does not answer.
io::Task<Result<std::vector<Section>>> checkInstallation(io::World& world, client::ApiClient& api,
                                                         std::string ns);

}  // namespace meshka::mgmt
