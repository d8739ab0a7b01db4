// Authentication and RBAC against a store: who is believed, what he may, and what he may not hand
// on.
#include "apiserver/auth/authenticator.h"
#include "apiserver/auth/rbac.h"
#include "apiserver/auth/standard_reviews.h"
#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"

namespace meshka::apiserver {
namespace {

doc::Doc yaml(std::string_view text) {
  auto d = doc::parseYamlDocument(text);
  EXPECT_OK(d);
  return d ? *d : doc::Doc();
}

// The little of a store that RBAC and tokens look at.
class MapStore final : public store::Store {
 public:
  store::Revision current() const override { return revision_; }
  store::Revision compacted() const override { return 0; }
  Result<store::Item> get(const store::Key& key) const override {
    const auto i = items_.find(key);
    if (i == items_.end()) return fail(Code::kNotFound, "not found");
    return i->second;
  }
  Result<store::Page> list(const store::Range& range, const store::ListOptions&) const override {
    store::Page page;
    page.revision = revision_;
    for (const auto& [key, item] : items_) {
      if (range.contains(key)) page.items.push_back(item);
    }
    return page;
  }
  io::Task<Result<store::Committed>> commit(std::vector<store::Write>) override {
    co_return fail(Code::kUnsupported, "tests use put");
  }
  Result<std::unique_ptr<store::Subscription>> watch(const store::Range& range, store::Revision,
                                                     store::Watcher& watcher) override {
    watchers_.push_back({range, &watcher});
    return std::make_unique<store::Subscription>();
  }
  void put(std::string resource, std::string ns, std::string name, doc::Doc value) {
    store::Item item{{"c", std::move(resource), std::move(ns), std::move(name)},
                     std::move(value),
                     ++revision_,
                     revision_};
    items_[item.key] = item;
    tell(store::EventType::kPut, item);
  }
  void erase(std::string resource, std::string ns, std::string name) {
    const auto i = items_.find({"c", std::move(resource), std::move(ns), std::move(name)});
    const store::Item item = i->second;
    items_.erase(i);
    tell(store::EventType::kDelete, item);
  }

 private:
  void tell(store::EventType type, const store::Item& item) {
    const store::Event event{type, item, std::nullopt};
    for (auto& [range, watcher] : watchers_) {
      if (range.contains(item.key)) watcher->onEvents({&event});
    }
  }
  std::map<store::Key, store::Item> items_;
  std::vector<std::pair<store::Range, store::Watcher*>> watchers_;
  store::Revision revision_ = 1;
};

constexpr std::string_view kRbac = "rbac.authorization.k8s.io/";

class TestClock final : public io::Clock {
 public:
  Instant now() const override { return Instant{wall_.unix_ns}; }
  WallTime wall() const override { return wall_; }
  WallTime wall_{1'790'000'000'000'000'000};
};

struct Fixture {
  Fixture()
      : key(*net::PrivateKey::generateP256()),
        rbac(store, "c"),
        tokens(clock, rng, key, "https://issuer", {"https://issuer"},
               [this](std::string_view plural, std::string_view ns, std::string_view name) {
                 auto item = store.get({"c", cat("/", plural), std::string(ns), std::string(name)});
                 return item ? item->value : doc::Doc();
               }),
        reviews(rbac, tokens,
                [this](std::string_view plural, std::string_view ns, std::string_view name) {
                  auto item =
                      store.get({"c", cat("/", plural), std::string(ns), std::string(name)});
                  return item ? item->value : doc::Doc();
                }),
        authenticator(tokens, {{"static-secret", User{"ci", "", {"builders"}, {}}}}) {
    EXPECT_OK(rbac.start());
    account("a", "sa", "uid-sa");
  }
  void account(std::string ns, std::string name, std::string_view uid) {
    store.put("/serviceaccounts", ns, name,
              yaml(cat("metadata: {name: ", name, ", uid: ", uid, "}")));
  }
  void role(std::string_view kind, std::string ns, std::string name, std::string_view body) {
    const std::string plural = cat(kRbac, toLower(kind), "s");
    store.put(plural, ns, name, yaml(cat("metadata: {name: ", name, "}\n", body)));
  }
  bool may(const User& user, std::string_view verb, std::string_view resource,
           std::string_view ns = "", std::string_view name = "", std::string_view sub = "",
           std::string_view group = "") {
    Attributes a;
    a.verb = verb;
    a.resource = resource;
    a.ns = ns;
    a.name = name;
    a.subresource = sub;
    a.group = group;
    return rbac.authorize(user, a).allowed;
  }
  bool mayPath(const User& user, std::string_view verb, std::string_view path) {
    Attributes a;
    a.verb = verb;
    a.path = path;
    return rbac.authorize(user, a).allowed;
  }
  std::string token(std::string_view request, std::string_view account_name = "sa") {
    auto out = reviews.requestToken({}, "a", account_name, yaml(request));
    return out ? std::string((*out)["status"]["token"].text()) : cat("!", out.error().message());
  }
  std::string who(std::string_view bearer) {
    net::ServerRequest request;
    request.headers.add("Authorization", cat("Bearer ", bearer));
    return who(request);
  }
  std::string who(const net::ServerRequest& request) {
    auto user = authenticator.authenticate(request);
    if (!user) return cat("!", toString(user.error().code()), " ", user.error().message());
    return *user ? (*user)->name : "nobody";
  }

  TestClock clock;
  SeededRng rng{5};
  MapStore store;
  net::PrivateKey key;
  RbacAuthorizer rbac;
  Tokens tokens;
  StandardReviews reviews;
  StandardAuthenticator authenticator;
};

TEST(Rbac, RulesAndBindings) {
  Fixture f;
  const User alice{"alice", "", {"dev"}, {}}, sa = serviceAccountUser("a", "sa", "u");
  f.role("ClusterRole", "", "reader",
         "rules:\n- {verbs: [get, list], apiGroups: [''], resources: [pods, '*/log', "
         "secrets/special]}\n"
         "- {verbs: [get], nonResourceURLs: [/healthz, '/debug/*']}\n");
  f.role(
      "Role", "a", "one",
      "rules: [{verbs: ['*'], apiGroups: [apps], resources: [deployments], resourceNames: [web]}]");
  f.role("RoleBinding", "a", "b1",
         "roleRef: {kind: ClusterRole, name: reader}\nsubjects: [{kind: User, name: alice}]");
  f.role("RoleBinding", "a", "b2",
         "roleRef: {kind: Role, name: one}\nsubjects: [{kind: ServiceAccount, name: sa, namespace: "
         "a}]");
  EXPECT_TRUE(f.may(alice, "get", "pods", "a"));
  EXPECT_FALSE(f.may(alice, "get", "pods", "b"));
  EXPECT_FALSE(f.may(alice, "get", "pods"));  // all namespaces
  EXPECT_FALSE(f.may(alice, "delete", "pods", "a"));
  EXPECT_TRUE(f.may(alice, "get", "pods", "a", "x", "log"));
  EXPECT_FALSE(
      f.may(alice, "get", "pods", "a", "x", "exec"));  // a resource does not bring its subresources
  EXPECT_FALSE(f.may(alice, "get", "secrets", "a"));
  EXPECT_TRUE(f.may(alice, "get", "secrets", "a", "x", "special"));
  EXPECT_FALSE(f.may(alice, "get", "pods", "a", "", "", "metrics.k8s.io"));
  EXPECT_FALSE(f.mayPath(alice, "get", "/healthz"));  // paths are not in a namespace
  EXPECT_TRUE(f.may(sa, "delete", "deployments", "a", "web", "", "apps"));
  EXPECT_FALSE(f.may(sa, "delete", "deployments", "a", "other", "", "apps"));
  EXPECT_FALSE(f.may(sa, "list", "deployments", "a", "", "", "apps"));  // a name is needed

  f.role("ClusterRoleBinding", "", "g",
         "roleRef: {kind: ClusterRole, name: reader}\nsubjects: [{kind: Group, name: dev}]");
  EXPECT_TRUE(f.may(alice, "list", "pods"));
  EXPECT_TRUE(f.mayPath(alice, "get", "/healthz"));
  EXPECT_TRUE(f.mayPath(alice, "get", "/debug/pprof"));
  EXPECT_FALSE(f.mayPath(alice, "get", "/healthz/etcd"));
  EXPECT_FALSE(f.mayPath(alice, "post", "/healthz"));
  Attributes list;
  list.verb = "list";
  list.resource = "pods";
  EXPECT_EQ(f.rbac.authorize(alice, list).reason,
            "RBAC: allowed by ClusterRoleBinding \"g\" of ClusterRole \"reader\" to Group \"dev\"");
  // What goes away stops at once.
  f.store.erase(cat(kRbac, "clusterrolebindings"), "", "g");
  EXPECT_FALSE(f.may(alice, "list", "pods"));
  f.store.erase(cat(kRbac, "clusterroles"), "", "reader");
  EXPECT_FALSE(f.may(alice, "get", "pods", "a"));
  EXPECT_TRUE(f.may(User{"x", "", {"system:masters"}, {}}, "delete", "anything"));
}

TEST(Rbac, ClusterRoleBindingsBindClusterRolesOnly) {
  Fixture f;
  f.role("ClusterRole", "", "same", "rules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]");
  f.role("ClusterRoleBinding", "", "b",
         "roleRef: {kind: Role, name: same}\nsubjects: [{kind: User, name: eve}]");
  EXPECT_FALSE(f.may(User{"eve", "", {}, {}}, "get", "secrets"));
}

TEST(Rbac, Aggregation) {
  Fixture f;
  f.role("ClusterRole", "", "sum",
         "aggregationRule: {clusterRoleSelectors: [{matchLabels: {agg: 'yes'}}]}\nrules: []");
  f.role("ClusterRoleBinding", "", "b",
         "roleRef: {kind: ClusterRole, name: sum}\nsubjects: [{kind: User, name: u}]");
  const User u{"u", "", {}, {}};
  EXPECT_FALSE(f.may(u, "get", "widgets"));
  f.store.put(cat(kRbac, "clusterroles"), "", "part",
              yaml("metadata: {name: part, labels: {agg: 'yes'}}\nrules: [{verbs: [get], "
                   "apiGroups: [''], resources: [widgets]}]"));
  EXPECT_TRUE(f.may(u, "get", "widgets"));
  f.store.put(cat(kRbac, "clusterroles"), "", "part",
              yaml("metadata: {name: part}\nrules: [{verbs: [get], apiGroups: [''], resources: "
                   "[widgets]}]"));
  EXPECT_FALSE(f.may(u, "get", "widgets"));
}

TEST(Rbac, NobodyGrantsWhatHeLacks) {
  Fixture f;
  f.role("ClusterRole", "", "lead",
         "rules:\n- {verbs: [get, list], apiGroups: [''], resources: [pods]}\n"
         "- {verbs: [create, update], apiGroups: [rbac.authorization.k8s.io], resources: [roles, "
         "rolebindings]}");
  f.role("ClusterRole", "", "strong",
         "rules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]");
  f.role("RoleBinding", "a", "lead",
         "roleRef: {kind: ClusterRole, name: lead}\nsubjects: [{kind: User, name: bob}]");
  const User bob{"bob", "", {"dev"}, {}};
  const auto write = [&](std::string_view resource, std::string_view body,
                         std::string_view before = "") {
    auto out = f.rbac.checkWrite(bob, resource, "a", before.empty() ? doc::Doc() : yaml(before),
                                 yaml(body));
    return out ? std::string("ok") : out.error().message();
  };
  EXPECT_EQ(
      write("roles",
            "metadata: {name: r}\nrules: [{verbs: [get], apiGroups: [''], resources: [pods]}]"),
      "ok");
  EXPECT_EQ(write("roles",
                  "metadata: {name: r}\nrules: [{verbs: [get, delete], apiGroups: [''], resources: "
                  "[pods, secrets]}]"),
            "roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"bob\" (groups=[\"dev\"]) "
            "is attempting to grant "
            "RBAC permissions not currently held:\n"
            "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}\n"
            "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}\n"
            "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"delete\"]}");
  // Wildcards need wildcards, subresources are not their resources.
  EXPECT_CONTAINS(
      write("roles",
            "metadata: {name: r}\nrules: [{verbs: ['*'], apiGroups: [''], resources: [pods]}]"),
      "forbidden");
  EXPECT_CONTAINS(
      write(
          "roles",
          "metadata: {name: r}\nrules: [{verbs: [get], apiGroups: [''], resources: [pods/exec]}]"),
      "forbidden");
  // An update that leaves the rules alone is nobody's grant.
  const std::string_view strong =
      "metadata: {name: r}\nrules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]";
  EXPECT_EQ(write("roles", strong, strong), "ok");

  const auto binding = [](std::string_view role) {
    return cat("metadata: {name: b}\nroleRef: {kind: ClusterRole, name: ", role,
               "}\nsubjects: [{kind: User, name: eve}]");
  };
  EXPECT_CONTAINS(write("rolebindings", binding("strong")),
                  "is attempting to grant RBAC permissions");
  EXPECT_EQ(write("rolebindings", binding("nothere")),
            "clusterroles.rbac.authorization.k8s.io \"nothere\" not found");
  f.role("ClusterRole", "", "binder",
         "rules: [{verbs: [bind], apiGroups: [rbac.authorization.k8s.io], resources: "
         "[clusterroles], resourceNames: [strong]}]");
  f.role("RoleBinding", "a", "binder",
         "roleRef: {kind: ClusterRole, name: binder}\nsubjects: [{kind: User, name: bob}]");
  EXPECT_EQ(write("rolebindings", binding("strong")), "ok");
  EXPECT_CONTAINS(write("roles", strong), "forbidden");  // bind is not escalate
  f.role(
      "ClusterRole", "", "escalator",
      "rules: [{verbs: [escalate], apiGroups: [rbac.authorization.k8s.io], resources: [roles]}]");
  f.role("RoleBinding", "a", "escalator",
         "roleRef: {kind: ClusterRole, name: escalator}\nsubjects: [{kind: User, name: bob}]");
  EXPECT_EQ(write("roles", strong), "ok");
}

TEST(Tokens, BoundTokensLiveAsLongAsTheirObjects) {
  Fixture f;
  f.store.put("/pods", "a", "p",
              yaml("metadata: {name: p, uid: up}\nspec: {serviceAccountName: sa, nodeName: n1}"));
  f.store.put("/nodes", "", "n1", yaml("metadata: {name: n1, uid: un}"));
  const std::string plain = f.token("spec: {}");
  const std::string bound = f.token("spec: {boundObjectRef: {kind: Pod, name: p, uid: up}}");
  EXPECT_EQ(f.who(plain), "system:serviceaccount:a:sa");
  net::ServerRequest request;
  request.headers.add("authorization", cat("bearer ", bound));
  const auto user = f.authenticator.authenticate(request);
  ASSERT_OK(user);
  EXPECT_EQ(join((*user)->groups, ","),
            "system:serviceaccounts,system:serviceaccounts:a,system:authenticated");
  EXPECT_EQ((*user)->uid, "uid-sa");
  EXPECT_EQ((*user)->extra.at("authentication.kubernetes.io/pod-name")[0], "p");
  EXPECT_EQ((*user)->extra.at("authentication.kubernetes.io/node-uid")[0], "un");

  f.store.put("/pods", "a", "p",
              yaml("metadata: {name: p, uid: another}\nspec: {serviceAccountName: sa}"));
  EXPECT_CONTAINS(f.who(bound), "pod it is bound to has been deleted");
  f.store.erase("/pods", "a", "p");
  EXPECT_CONTAINS(f.who(bound), "has been deleted");
  EXPECT_EQ(f.who(plain), "system:serviceaccount:a:sa");
  f.account("a", "sa", "recreated");
  EXPECT_CONTAINS(f.who(plain), "service account has been deleted");
}

TEST(Tokens, TimesAndAudiences) {
  Fixture f;
  const std::string mesh = f.token("spec: {audiences: [istio-ca], expirationSeconds: 600}");
  EXPECT_CONTAINS(f.who(mesh), "another audience");
  const auto ask = [&](std::string_view token, std::string_view audience) {
    auto out =
        f.reviews.review({}, "tokenreviews", "",
                         yaml(cat("spec: {token: ", token, ", audiences: [", audience, "]}")));
    EXPECT_OK(out);
    return out ? (*out)["status"].doc() : doc::Doc();
  };
  EXPECT_TRUE(ask(mesh, "istio-ca")["authenticated"].boolean());
  EXPECT_EQ(ask(mesh, "istio-ca")["audiences"][size_t{0}].text(), "istio-ca");
  EXPECT_EQ(ask(mesh, "istio-ca")["user"]["username"].text(), "system:serviceaccount:a:sa");
  EXPECT_FALSE(ask(mesh, "other")["authenticated"].boolean());
  f.clock.wall_ = f.clock.wall_ + seconds(590);
  EXPECT_TRUE(ask(mesh, "istio-ca")["authenticated"].boolean());
  f.clock.wall_ = f.clock.wall_ + seconds(100);
  EXPECT_FALSE(ask(mesh, "istio-ca")["authenticated"].boolean());
  EXPECT_CONTAINS(f.token("spec: {expirationSeconds: 599}"), "less than 10 minutes");
  EXPECT_CONTAINS(f.token("spec: {expirationSeconds: 4294967297}"), "larger than 2^32");
  EXPECT_EQ(f.token("spec: {}", "nobody"), "!serviceaccounts \"nobody\" not found");
  EXPECT_CONTAINS(f.token("spec: {boundObjectRef: {kind: Pod, name: nope}}"), "not found");
  EXPECT_CONTAINS(f.token("spec: {boundObjectRef: {kind: Node, name: n}}"),
                  "must be Pod or Secret");
  f.store.put("/pods", "a", "q",
              yaml("metadata: {name: q, uid: uq}\nspec: {serviceAccountName: other}"));
  EXPECT_CONTAINS(f.token("spec: {boundObjectRef: {kind: Pod, name: q}}"),
                  "different serviceaccount name");
  EXPECT_CONTAINS(f.token("spec: {boundObjectRef: {kind: Pod, name: q, uid: x}}"),
                  "does not match the UID");
}

TEST(Tokens, StrangersAreRefused) {
  Fixture f;
  // Same claims, another cluster's key: a token of cluster A is worthless at B.
  Fixture other;
  EXPECT_CONTAINS(f.who(other.token("spec: {}")), "invalid bearer token");
  EXPECT_CONTAINS(f.who("garbage"), "invalid bearer token");
  const auto forged =
      net::signJwt(f.key, yaml("{iss: https://elsewhere, aud: [https://issuer], sub: "
                               "'system:serviceaccount:a:sa', exp: 9999999999}"));
  EXPECT_CONTAINS(f.who(*forged), "issued by somebody else");
  const auto odd = net::signJwt(
      f.key, yaml("{iss: https://issuer, aud: [https://issuer], sub: "
                  "'system:serviceaccount:kube-system:admin', exp: 9999999999, "
                  "kubernetes.io: {namespace: a, serviceaccount: {name: sa, uid: uid-sa}}}"));
  EXPECT_CONTAINS(f.who(*odd), "subject");
  const auto no_end = net::signJwt(
      f.key, yaml("{iss: https://issuer, aud: [https://issuer], sub: 'system:serviceaccount:a:sa', "
                  "kubernetes.io: {namespace: a, serviceaccount: {name: sa, uid: uid-sa}}}"));
  EXPECT_CONTAINS(f.who(*no_end), "expired");
}

TEST(Tokens, SecretsHoldLegacyTokens) {
  Fixture f;
  const auto token = f.tokens.issueLegacy("a", "sa", "uid-sa", "sa-token-x");
  ASSERT_OK(token);
  EXPECT_CONTAINS(f.who(*token), "secret has been deleted");
  f.store.put("/secrets", "a", "sa-token-x",
              yaml(cat("metadata: {name: sa-token-x}\ndata: {token: ", base64Encode(*token), "}")));
  EXPECT_EQ(f.who(*token), "system:serviceaccount:a:sa");
  f.store.put("/secrets", "a", "sa-token-x",
              yaml("metadata: {name: sa-token-x}\ndata: {token: b3RoZXI=}"));
  EXPECT_CONTAINS(f.who(*token), "holds another token");
}

TEST(Authenticator, CredentialsThatDoNotHoldAreNotNone) {
  Fixture f;
  net::ServerRequest request;
  EXPECT_EQ(f.who(request), "nobody");
  request.peer.certificate_rejected = true;
  EXPECT_CONTAINS(f.who(request), "!");
  request.headers.add("Authorization", "Bearer static-secret");
  EXPECT_EQ(f.who(request), "ci");  // the token beside it holds
  request.headers.add("Authorization", "Bearer static-secret");
  EXPECT_CONTAINS(f.who(request), "more than one Authorization");
  for (std::string_view bad : {"Basic eDp5", "Bearer", "Bearer ", "static-secret"}) {
    net::ServerRequest r;
    r.headers.add("Authorization", std::string(bad));
    EXPECT_CONTAINS(f.who(r), "!");
  }
  net::ServerRequest ws;
  ws.headers.add("Upgrade", "websocket");
  ws.headers.add("Sec-WebSocket-Protocol",
                 cat("v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.",
                     base64UrlEncode("static-secret")));
  EXPECT_EQ(f.who(ws), "ci");
}

TEST(Authenticator, Certificates) {
  Fixture f;
  auto ca = net::Authority::create("ca", {}, f.clock.wall_, f.clock.wall_ + hours(1000), f.rng);
  ASSERT_OK(ca);
  net::LeafSpec spec{.common_name = "alice",
                     .organizations = {"dev", "ops"},
                     .client = true,
                     .not_before = f.clock.wall_,
                     .not_after = f.clock.wall_ + hours(1)};
  const auto der = [&](const net::LeafSpec& s) {
    return (*net::pemBlocks(ca->issueWithNewKey(s, f.rng)->certificate_pem, "CERTIFICATE"))[0];
  };
  net::ServerRequest request;
  request.peer.certificates = {der(spec)};
  const auto user = f.authenticator.authenticate(request);
  ASSERT_OK(user);
  EXPECT_EQ((*user)->name, "alice");
  EXPECT_EQ(join((*user)->groups, ","), "dev,ops,system:authenticated");
  request.headers.add("Authorization", "Bearer static-secret");
  EXPECT_EQ(f.who(request), "alice");
  request.headers.remove("Authorization");
  f.clock.wall_ = f.clock.wall_ + hours(2);  // the connection is still there
  EXPECT_CONTAINS(f.who(request), "expired");
  net::LeafSpec server = spec;
  server.client = false;
  server.server = true;
  server.not_after = f.clock.wall_ + hours(1);
  request.peer.certificates = {der(server)};
  EXPECT_CONTAINS(f.who(request), "not for clients");
}

TEST(Reviews, AccessAndRules) {
  Fixture f;
  f.role("ClusterRole", "", "reader",
         "rules:\n- {verbs: [get], apiGroups: [''], resources: [pods]}\n- {verbs: [get], "
         "nonResourceURLs: [/metrics]}");
  f.role("ClusterRoleBinding", "", "b",
         "roleRef: {kind: ClusterRole, name: reader}\nsubjects: [{kind: User, name: u}, {kind: "
         "Group, name: g}]");
  const User u{"u", "", {}, {}}, nobody{"n", "", {}, {}};
  const auto allowed = [&](const User& user, std::string_view resource, std::string_view ns,
                           std::string_view body) {
    auto out = f.reviews.review(user, resource, ns, yaml(body));
    return out ? std::string((*out)["status"]["allowed"].boolean() ? "yes" : "no")
               : cat("!", toString(out.error().code()));
  };
  EXPECT_EQ(allowed(u, "selfsubjectaccessreviews", "",
                    "spec: {resourceAttributes: {verb: get, resource: pods}}"),
            "yes");
  EXPECT_EQ(allowed(u, "selfsubjectaccessreviews", "",
                    "spec: {resourceAttributes: {verb: list, resource: pods}}"),
            "no");
  EXPECT_EQ(allowed(u, "selfsubjectaccessreviews", "",
                    "spec: {nonResourceAttributes: {verb: get, path: /metrics}}"),
            "yes");
  EXPECT_EQ(allowed(nobody, "subjectaccessreviews", "",
                    "spec: {user: u, resourceAttributes: {verb: get, resource: pods}}"),
            "yes");
  EXPECT_EQ(allowed(nobody, "subjectaccessreviews", "",
                    "spec: {groups: [g], resourceAttributes: {verb: get, resource: pods}}"),
            "yes");
  EXPECT_EQ(allowed(u, "subjectaccessreviews", "",
                    "spec: {resourceAttributes: {verb: get, resource: pods}}")[0],
            '!');
  EXPECT_EQ(allowed(u, "selfsubjectaccessreviews", "", "spec: {}")[0], '!');
  EXPECT_EQ(
      allowed(u, "localsubjectaccessreviews", "a",
              "spec: {user: u, resourceAttributes: {verb: get, resource: pods, namespace: b}}")[0],
      '!');
  EXPECT_EQ(
      allowed(u, "localsubjectaccessreviews", "a",
              "spec: {user: u, resourceAttributes: {verb: get, resource: pods, namespace: a}}"),
      "yes");
  const auto rules =
      f.reviews.review(u, "selfsubjectrulesreviews", "", yaml("spec: {namespace: a}"));
  ASSERT_OK(rules);
  EXPECT_EQ(
      doc::toJson((*rules)["status"]),
      R"({"incomplete":false,"nonResourceRules":[{"nonResourceURLs":["/metrics"],"verbs":["get"]}],"resourceRules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]})");
  const auto self = f.reviews.review(u, "selfsubjectreviews", "", yaml("{}"));
  EXPECT_EQ((*self)["status"]["userInfo"]["username"].text(), "u");
}

}  // namespace
}  // namespace meshka::apiserver
