#include "node/network/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "base/strings.h"
#include "node/network/address.h"

namespace meshka::node {
namespace {

constexpr size_t kReceiveBytes = 256 * 1024;

struct Attribute {
  uint16_t type;
  std::string_view data;
};

std::vector<Attribute> attributes(std::string_view bytes) {
  std::vector<Attribute> out;
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr head;
    memcpy(&head, bytes.data(), sizeof head);
    if (head.nla_len < sizeof head || head.nla_len > bytes.size()) break;
    out.push_back({static_cast<uint16_t>(head.nla_type & NLA_TYPE_MASK),
                   bytes.substr(sizeof head, head.nla_len - sizeof head)});
    bytes.remove_prefix(std::min(bytes.size(), static_cast<size_t>(NLA_ALIGN(head.nla_len))));
  }
  return out;
}

std::optional<std::string_view> find(std::string_view bytes, uint16_t type) {
  for (const Attribute& a : attributes(bytes)) {
    if (a.type == type) return a.data;
  }
  return std::nullopt;
}

struct Tuple {
  uint32_t source = 0, destination = 0;
  uint8_t protocol = 0;
  uint16_t destination_port = 0;
};

Tuple tupleOf(std::string_view bytes) {
  Tuple t;
  if (const auto ip = find(bytes, CTA_TUPLE_IP)) {
    uint32_t v = 0;
    if (const auto a = find(*ip, CTA_IP_V4_SRC); a && a->size() == 4)
      t.source = ntohl((memcpy(&v, a->data(), 4), v));
    if (const auto a = find(*ip, CTA_IP_V4_DST); a && a->size() == 4)
      t.destination = ntohl((memcpy(&v, a->data(), 4), v));
  }
  if (const auto proto = find(bytes, CTA_TUPLE_PROTO)) {
    uint16_t v = 0;
    if (const auto a = find(*proto, CTA_PROTO_NUM); a && !a->empty())
      t.protocol = static_cast<uint8_t>((*a)[0]);
    if (const auto a = find(*proto, CTA_PROTO_DST_PORT); a && a->size() == 2) {
      t.destination_port = ntohs((memcpy(&v, a->data(), 2), v));
    }
  }
  return t;
}

std::string request(uint16_t type, uint16_t flags, std::string_view payload) {
  nlmsghdr head{};
  nfgenmsg generic{};
  generic.nfgen_family = AF_INET;
  generic.version = NFNETLINK_V0;
  head.nlmsg_len = static_cast<uint32_t>(sizeof head + sizeof generic + payload.size());
  head.nlmsg_type = static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type);
  head.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  std::string out(reinterpret_cast<const char*>(&head), sizeof head);
  out.append(reinterpret_cast<const char*>(&generic), sizeof generic);
  out += payload;
  return out;
}

bool matches(const UdpFlow& flow, const Tuple& original, const Tuple& reply) {
  const auto service = parseIpv4(flow.service_address);
  if (!service || original.destination != *service ||
      original.destination_port != flow.service_port)
    return false;
  return flow.endpoint_address.empty() || parseIpv4(flow.endpoint_address) == reply.source;
}

}  // namespace

Result<size_t> forgetUdpFlows(const std::vector<UdpFlow>& flows) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0) return fail(Code::kUnsupported, cat("conntrack: ", strerror(errno)));
  struct Closer {
    int fd;
    ~Closer() { close(fd); }
  } closer{fd};
  const timeval timeout{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  const std::string dump = request(IPCTNL_MSG_CT_GET, NLM_F_DUMP, {});
  if (send(fd, dump.data(), dump.size(), 0) < 0)
    return fail(Code::kForbidden, cat("conntrack: ", strerror(errno)));
  std::vector<std::string> doomed;
  std::string buffer(kReceiveBytes, '\0');
  for (bool done = false; !done;) {
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return fail(Code::kInternal, cat("conntrack: ", strerror(errno)));
    std::string_view rest(buffer.data(), static_cast<size_t>(got));
    while (rest.size() >= sizeof(nlmsghdr)) {
      nlmsghdr head;
      memcpy(&head, rest.data(), sizeof head);
      if (head.nlmsg_len < sizeof head || head.nlmsg_len > rest.size()) break;
      if (head.nlmsg_type == NLMSG_DONE) done = true;
      if (head.nlmsg_type == NLMSG_ERROR)
        return fail(Code::kForbidden, "conntrack: the kernel refused the dump");
      if (!done && head.nlmsg_len > sizeof head + sizeof(nfgenmsg)) {
        const std::string_view body = rest.substr(sizeof head + sizeof(nfgenmsg),
                                                  head.nlmsg_len - sizeof head - sizeof(nfgenmsg));
        const auto original = find(body, CTA_TUPLE_ORIG), reply = find(body, CTA_TUPLE_REPLY);
        if (original && reply) {
          const Tuple from = tupleOf(*original), back = tupleOf(*reply);
          bool hit = false;
          for (const UdpFlow& flow : flows)
            hit |= from.protocol == IPPROTO_UDP && matches(flow, from, back);
          if (hit) {
            nlattr nested{static_cast<uint16_t>(sizeof(nlattr) + original->size()),
                          NLA_F_NESTED | CTA_TUPLE_ORIG};
            std::string payload(reinterpret_cast<const char*>(&nested), sizeof nested);
            payload += *original;
            doomed.push_back(request(IPCTNL_MSG_CT_DELETE, NLM_F_ACK, payload));
          }
        }
      }
      rest.remove_prefix(std::min(rest.size(), static_cast<size_t>(NLMSG_ALIGN(head.nlmsg_len))));
    }
  }
  for (const std::string& message : doomed) {
    if (send(fd, message.data(), message.size(), 0) < 0)
      return fail(Code::kForbidden, cat("conntrack: ", strerror(errno)));
    // Its acknowledgement; an entry that went by itself meanwhile is as good.
    if (recv(fd, buffer.data(), buffer.size(), 0) < 0) break;
  }
  return doomed.size();
}

}  // namespace meshka::node
