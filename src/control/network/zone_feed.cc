#include "control/network/zone_feed.h"

namespace meshka::control {

ZoneFeed::ZoneFeed(client::Collection& services, client::Collection& slices, dns::Zone& zone)
    : services_(services), slices_(slices), on_services_(zone), on_slices_(zone) {
  services_.addHandler(on_services_);
  slices_.addHandler(on_slices_);
}

ZoneFeed::~ZoneFeed() {
  services_.removeHandler(on_services_);
  slices_.removeHandler(on_slices_);
}

}  // namespace meshka::control
