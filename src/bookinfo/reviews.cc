// Two opinions about the book, with stars when ENABLE_RATINGS says so; the answer names its pod and
// cluster.
#include "base/strings.h"
#include "bookinfo/limits.h"
#include "bookinfo/upstream.h"

namespace meshka::bookinfo {
namespace {

constexpr std::string_view kReviewers[] = {"Reviewer1", "Reviewer2"};
constexpr std::string_view kTexts[] = {
    "Two pairs of twins, one harbour, no end of confusion: the fastest of his comedies, and still "
    "funny on the page.",
    "Great fun on a stage. Read slowly, the plot shows its seams, and nobody has much of a "
    "character."};

class Reviews final : public Program {
 public:
  explicit Reviews(Surroundings around)
      : settings_(around.settings), stars_(around, around.settings.ratings) {}

  io::Task<Answer> answer(net::ServerRequest& request) override {
    if (request.path == "/health")
      co_return json(200, doc::Draft::object({{"status", "Reviews is healthy"}}));
    const auto id = numberAfter(request.path, "/reviews/");
    if (!id) co_return error(404, "not found");
    Stars stars;
    if (settings_.with_stars) stars = co_await askForStars(*id, forwarded(request.headers));
    doc::Draft list = doc::Draft::array();
    for (size_t i = 0; i < 2; ++i) {
      doc::Draft review = doc::Draft::object();
      review["reviewer"] = kReviewers[i];
      review["text"] = kTexts[i];
      if (settings_.with_stars) review["rating"] = rating(stars, i);
      list.push(std::move(review));
    }
    doc::Draft out = doc::Draft::object();
    out["id"] = cat(*id);
    out["podname"] = settings_.pod;
    out["clustername"] = settings_.cluster;
    out["reviews"] = std::move(list);
    co_return json(200, out);
  }

 private:
  struct Stars {
    bool known = false;
    int64_t of[2] = {-1, -1};
  };

  io::Task<Stars> askForStars(int64_t id, net::Headers headers) {
    const Duration timeout = settings_.star_color == "black" ? kBlackStarsTimeout : kStarsTimeout;
    const auto got = co_await stars_.get(cat("/ratings/", id), std::move(headers), timeout);
    Stars out;
    if (!got || got->status != 200) co_return out;
    out.known = true;
    for (size_t i = 0; i < 2; ++i) out.of[i] = got->body["ratings"][kReviewers[i]].integer(-1);
    co_return out;
  }

  doc::Draft rating(const Stars& stars, size_t reviewer) const {
    if (!stars.known)
      return doc::Draft::object({{"error", "Ratings service is currently unavailable"}});
    return doc::Draft::object({{"stars", stars.of[reviewer]}, {"color", settings_.star_color}});
  }

  Settings settings_;
  Upstream stars_;
};

}  // namespace

std::unique_ptr<Program> newReviews(Surroundings around) {
  return std::make_unique<Reviews>(std::move(around));
}

}  // namespace meshka::bookinfo
