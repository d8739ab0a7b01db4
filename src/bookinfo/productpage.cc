// The page that a browser asks for, and the same as JSON under /api/v1. It asks the other services
// for its parts; a part that does not come is said to be missing, the page itself still comes.
#include "base/strings.h"
#include "bookinfo/limits.h"
#include "bookinfo/page.h"
#include "bookinfo/upstream.h"

namespace meshka::bookinfo {
namespace {

constexpr std::string_view kTitle = "The Comedy of Errors";
constexpr std::string_view kDescription =
    "One of the first comedies of William Shakespeare, and his shortest play: two pairs of twins, "
    "parted as children, come to the same town on the same day, and every one of them is taken for "
    "somebody else until the last scene.";
constexpr std::string_view kCookie = "session";

std::string cookieValue(const net::Headers& headers, std::string_view name) {
  for (const std::string_view line : headers.getAll("cookie")) {
    for (std::string_view part : split(line, ';')) {
      part = trim(part);
      if (part.starts_with(name) && part.substr(name.size()).starts_with("="))
        return urlDecode(part.substr(name.size() + 1)).value_or("");
    }
  }
  return {};
}

std::string formValue(std::string_view form, std::string_view name) {
  for (const std::string_view part : split(form, '&')) {
    if (part.starts_with(name) && part.substr(name.size()).starts_with("="))
      return urlDecode(part.substr(name.size() + 1), true).value_or("");
  }
  return {};
}

// Letters, digits and a few signs: it becomes a header's value.
bool isUserName(std::string_view name) {
  if (name.empty() || name.size() > kMaxUserName) return false;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_' || c == '@';
    if (!fine) return false;
  }
  return true;
}

Answer redirect(std::string to, std::string cookie) {
  Answer out{.status = 302, .type = "text/plain", .body = "see " + to + "\n"};
  out.headers.add("Location", std::move(to));
  out.headers.add("Set-Cookie", std::move(cookie));
  return out;
}

Answer html(std::string body) {
  return {.type = "text/html; charset=utf-8", .body = std::move(body)};
}

// What another service said, or what the reader is told when it said nothing.
struct Part {
  int status = 500;
  doc::Doc body;
};
Part partOf(const Result<UpstreamAnswer>& got, std::string_view what) {
  if (got && got->status == 200 && got->body.value().isObject()) return {200, got->body};
  const std::string message =
      cat("Sorry, product ", what, " are currently unavailable for this book.");
  return {got ? (got->status == 200 ? 502 : got->status) : 500,
          doc::Draft::object({{"error", message}}).finish()};
}
Answer answerOf(const Part& part) {
  return json(part.status, doc::Draft(part.body));
}

class ProductPage final : public Program {
 public:
  explicit ProductPage(Surroundings around)
      : details_(around, around.settings.details),
        reviews_(around, around.settings.reviews),
        ratings_(around, around.settings.ratings) {}

  io::Task<Answer> answer(net::ServerRequest& request) override {
    const std::string& path = request.path;
    if (path == "/health")
      co_return Answer{.type = "text/plain", .body = "Product page is healthy"};
    if (path == "/" || path == "/index.html") co_return html(indexHtml());
    if (path == "/login") co_return co_await login(request);
    if (path == "/logout") co_return redirect("/productpage", cat(kCookie, "=; Path=/; Max-Age=0"));
    net::Headers headers = forwarded(request.headers);
    const std::string user = cookieValue(request.headers, kCookie);
    if (isUserName(user)) headers.set("end-user", user);
    if (path == "/productpage") co_return co_await page(std::move(headers), user);
    co_return co_await api(path, std::move(headers));
  }

 private:
  io::Task<Answer> login(net::ServerRequest& request) {
    if (request.method != "POST") co_return error(405, "sign in with POST");
    const auto form = co_await net::readAll(*request.body, kMaxRequestBody);
    if (!form) co_return error(413, form.error().message());
    const std::string user = formValue(*form, "username");
    if (!isUserName(user))
      co_return error(400, "a user's name has letters, digits, '.', '-', '_' and '@' only");
    co_return redirect("/productpage", cat(kCookie, "=", urlEncode(user), "; Path=/; HttpOnly"));
  }

  io::Task<Answer> page(net::Headers headers, std::string user) {
    const Part details = co_await askDetails(0, headers);
    const Part reviews = co_await askReviews(0, headers);
    co_return html(productPageHtml({.title = std::string(kTitle),
                                    .description = std::string(kDescription),
                                    .user = isUserName(user) ? user : std::string(),
                                    .details = details.body,
                                    .reviews = reviews.body}));
  }

  io::Task<Answer> api(std::string path, net::Headers headers) {
    constexpr std::string_view kProducts = "/api/v1/products";
    if (path == kProducts || path == "/api/v1/products/") {
      doc::Draft book = doc::Draft::object();
      book["id"] = 0;
      book["title"] = kTitle;
      book["descriptionHtml"] = escapeHtml(kDescription);
      co_return json(200, doc::Draft::array({std::move(book)}));
    }
    if (!path.starts_with(kProducts)) co_return error(404, "not found");
    std::string_view rest = std::string_view(path).substr(kProducts.size());
    const size_t slash = rest.find('/', 1);
    const std::string_view part = slash == rest.npos ? "" : rest.substr(slash);
    const auto id = numberAfter(rest.substr(0, slash), "/");
    if (!id) co_return error(404, "not found");
    if (part.empty()) co_return answerOf(co_await askDetails(*id, std::move(headers)));
    if (part == "/reviews") co_return answerOf(co_await askReviews(*id, std::move(headers)));
    if (part == "/ratings") {
      const auto got =
          co_await ratings_.get(cat("/ratings/", *id), std::move(headers), kPartTimeout);
      co_return answerOf(partOf(got, "ratings"));
    }
    co_return error(404, "not found");
  }

  io::Task<Part> askDetails(int64_t id, net::Headers headers) {
    const auto got = co_await details_.get(cat("/details/", id), std::move(headers), kPartTimeout);
    co_return partOf(got, "details");
  }

  io::Task<Part> askReviews(int64_t id, net::Headers headers) {
    Part out;
    for (int attempt = 0; attempt < kReviewAttempts; ++attempt) {
      out = partOf(co_await reviews_.get(cat("/reviews/", id), headers, kPartTimeout), "reviews");
      if (out.status == 200) break;
    }
    co_return out;
  }

  Upstream details_, reviews_, ratings_;
};

}  // namespace

std::unique_ptr<Program> newProductPage(Surroundings around) {
  return std::make_unique<ProductPage>(std::move(around));
}

}  // namespace meshka::bookinfo
