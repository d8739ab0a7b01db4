// The reader side of yaml.h. libyaml's events become a flat tree of nodes, since aliases and merge
// keys look back; the tree is then written into a BlockBuilder document by document.
#include "doc/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "doc/block.h"
#include "doc/limits.h"
#include "doc/number.h"
#include "doc/utf8.h"
#include "doc/yaml_scalar.h"

namespace meshka::doc {
namespace {

constexpr uint32_t kNone = 0xffffffff;
constexpr std::string_view kWhat = "error converting YAML to JSON: yaml: ";

struct Span {
  uint32_t at = 0;
  uint32_t size = 0;
};
enum class NodeKind : uint8_t { kScalar, kSequence, kMapping, kAlias };
struct Node {
  NodeKind kind = NodeKind::kScalar;
  bool plain = false;
  bool open = false;  // is being expanded
  uint32_t line = 0;
  Span text;
  Span tag;
  uint32_t first_child = kNone;  // kAlias: the node meant
  uint32_t last_child = kNone;
  uint32_t next = kNone;
};

std::unexpected<Error> failAt(uint32_t line, std::string_view problem) {
  return fail(Code::kInvalid, cat(kWhat, "line ", line, ": ", problem));
}

// Reads one stream; documents() are roots in nodes.
class Tree {
 public:
  Tree(std::string_view text, uint32_t max_depth) : max_depth_(max_depth) {
    yaml_parser_initialize(&parser_);
    // libyaml asserts that there is an address, and an empty view may have none.
    const char* begin = text.empty() ? "" : text.data();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(begin),
                                 text.size());
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  }
  Tree(const Tree&) = delete;
  ~Tree() { yaml_parser_delete(&parser_); }

  Result<void> read() {
    for (;;) {
      yaml_event_t event;
      if (yaml_parser_parse(&parser_, &event) == 0) return fail(parserError());
      const bool last = event.type == YAML_STREAM_END_EVENT;
      Result<void> taken = take(event);
      yaml_event_delete(&event);
      if (!taken || last) return taken;
    }
  }

  const std::vector<uint32_t>& documents() const { return documents_; }
  Node& operator[](uint32_t node) { return nodes_[node]; }
  std::string_view view(Span span) const {
    return std::string_view(text_).substr(span.at, span.size);
  }

 private:
  Error parserError() const {
    const bool memory = parser_.error == YAML_MEMORY_ERROR;
    const char* problem = memory || parser_.problem == nullptr
                              ? "unknown problem parsing YAML content"
                              : parser_.problem;
    const size_t line =
        parser_.error == YAML_READER_ERROR ? parser_.mark.line : parser_.problem_mark.line;
    return Error(Code::kInvalid, cat(kWhat, "line ", line + 1, ": ", problem));
  }

  static std::string_view text(const yaml_char_t* s) {
    return s == nullptr ? std::string_view() : reinterpret_cast<const char*>(s);
  }
  Span keep(std::string_view s) {
    const Span span{static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(s.size())};
    text_.append(s);
    return span;
  }

  Result<void> take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        anchors_.clear();
        break;
      case YAML_SCALAR_EVENT: {
        const auto& scalar = event.data.scalar;
        const auto* value = reinterpret_cast<const char*>(scalar.value);
        Node node{.kind = NodeKind::kScalar, .plain = scalar.plain_implicit != 0};
        node.text = keep({value, scalar.length});
        return add(node, event, text(scalar.tag), text(scalar.anchor));
      }
      case YAML_ALIAS_EVENT: {
        const std::string_view name = text(event.data.alias.anchor);
        const auto it = anchors_.find(name);
        if (it == anchors_.end()) {
          return failAt(static_cast<uint32_t>(event.start_mark.line + 1),
                        cat("unknown anchor '", name, "' referenced"));
        }
        return add({.kind = NodeKind::kAlias, .text = keep(name), .first_child = it->second}, event,
                   {}, {});
      }
      case YAML_SEQUENCE_START_EVENT: {
        const auto& sequence = event.data.sequence_start;
        return add({.kind = NodeKind::kSequence}, event, text(sequence.tag), text(sequence.anchor));
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& mapping = event.data.mapping_start;
        return add({.kind = NodeKind::kMapping}, event, text(mapping.tag), text(mapping.anchor));
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        stack_.pop_back();
        break;
      default:
        break;
    }
    return {};
  }

  Result<void> add(Node node, const yaml_event_t& event, std::string_view tag,
                   std::string_view anchor) {
    node.line = static_cast<uint32_t>(event.start_mark.line + 1);
    if (nodes_.size() >= kMaxYamlNodes) return failAt(node.line, "too many nodes");
    node.tag = keep(tag);
    const auto id = static_cast<uint32_t>(nodes_.size());
    nodes_.push_back(node);
    if (!anchor.empty()) anchors_.insert_or_assign(std::string(anchor), id);
    if (stack_.empty()) {
      documents_.push_back(id);
    } else {
      Node& parent = nodes_[stack_.back()];
      if (parent.first_child == kNone) {
        parent.first_child = id;
      } else {
        nodes_[parent.last_child].next = id;
      }
      parent.last_child = id;
    }
    if (node.kind == NodeKind::kSequence || node.kind == NodeKind::kMapping) {
      stack_.push_back(id);
      if (stack_.size() > max_depth_) {
        return failAt(node.line, cat("nested deeper than ", max_depth_, " levels"));
      }
    }
    return {};
  }

  yaml_parser_t parser_;
  const uint32_t max_depth_;
  std::string text_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> stack_;
  std::vector<uint32_t> documents_;
  std::map<std::string, uint32_t, std::less<>> anchors_;
};

// Writes documents of a tree.
class Converter {
 public:
  Converter(Tree& tree, const ParseOptions& options)
      : tree_(tree), options_(options), max_depth_(std::min(options.max_depth, kMaxDepth)) {}

  Result<Doc> document(uint32_t root) {
    builder_.reportDuplicates(options_.duplicate_keys);
    MESHKA_CHECK(value(root));
    return builder_.finish();
  }

 private:
  // Counts work, so that aliases of aliases end somewhere.
  Result<void> step(const Node& node) {
    if (++steps_ > kMaxYamlNodes || builder_.bytes() > options_.max_bytes) {
      return fail(Code::kTooLarge,
                  cat(kWhat, "line ", node.line, ": document contains excessive aliasing"));
    }
    if (builder_.depth() > max_depth_ || merge_depth_ > max_depth_) {
      return failAt(node.line, cat("nested deeper than ", max_depth_, " levels"));
    }
    return {};
  }

  Result<void> value(uint32_t id) {
    const Node& node = tree_[id];
    MESHKA_CHECK(step(node));
    switch (node.kind) {
      case NodeKind::kScalar:
        return scalar(node);
      case NodeKind::kAlias: {
        MESHKA_CHECK(enter(node));
        MESHKA_CHECK(value(node.first_child));
        tree_[node.first_child].open = false;
        return {};
      }
      case NodeKind::kSequence:
        builder_.beginArray();
        for (uint32_t child = node.first_child; child != kNone; child = tree_[child].next) {
          MESHKA_CHECK(value(child));
        }
        builder_.endArray();
        return {};
      case NodeKind::kMapping: {
        builder_.beginObject();
        MESHKA_TRY(const bool merged, members(node));
        // What a merge brings and what replaces it are not duplicates.
        if (merged) builder_.reportDuplicates(nullptr);
        builder_.endObject();
        if (merged) builder_.reportDuplicates(options_.duplicate_keys);
        return {};
      }
    }
    return {};
  }

  // The target of an alias, marked as open until the caller is done with it.
  Result<void> enter(const Node& alias) {
    Node& target = tree_[alias.first_child];
    if (target.open) {
      return failAt(alias.line, cat("anchor '", tree_.view(alias.text), "' value contains itself"));
    }
    target.open = true;
    return {};
  }

  // True when a merge key was among them.
  Result<bool> members(const Node& mapping) {
    bool merged = false;
    for (uint32_t key = mapping.first_child; key != kNone;) {
      const uint32_t member = tree_[key].next;
      const Node& k = tree_[key];
      const bool merge = k.kind == NodeKind::kScalar && tree_.view(k.text) == "<<" &&
                         (k.plain || shortTag(k) == "!!merge");
      if (merge) {
        merged = true;
        ++merge_depth_;
        MESHKA_CHECK(mergeFrom(member));
        --merge_depth_;
      } else {
        MESHKA_TRY(const std::string name, keyText(k));
        builder_.key(name);
        MESHKA_CHECK(value(member));
      }
      key = tree_[member].next;
    }
    return merged;
  }

  Result<void> mergeFrom(uint32_t id) {
    const Node& node = tree_[id];
    MESHKA_CHECK(step(node));
    if (node.kind == NodeKind::kSequence) {
      std::vector<uint32_t> sources;
      for (uint32_t child = node.first_child; child != kNone; child = tree_[child].next) {
        sources.push_back(child);
      }
      // Earlier sources win, and the last writer of a key wins: so backwards.
      for (size_t i = sources.size(); i-- > 0;) {
        if (tree_[sources[i]].kind == NodeKind::kSequence) return failMerge(node);
        MESHKA_CHECK(mergeFrom(sources[i]));
      }
      return {};
    }
    if (node.kind == NodeKind::kMapping) {
      MESHKA_TRY([[maybe_unused]] const bool merged, members(node));
      return {};
    }
    if (node.kind != NodeKind::kAlias) return failMerge(node);
    if (tree_[node.first_child].kind != NodeKind::kMapping) return failMerge(node);
    MESHKA_CHECK(enter(node));
    MESHKA_TRY([[maybe_unused]] const bool merged, members(tree_[node.first_child]));
    tree_[node.first_child].open = false;
    return {};
  }
  std::unexpected<Error> failMerge(const Node& node) {
    return failAt(node.line, "map merge requires map or sequence of maps as the value");
  }

  std::string shortTag(const Node& node) const {
    constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
    const std::string_view tag = tree_.view(node.tag);
    return tag.starts_with(kPrefix) ? cat("!!", tag.substr(kPrefix.size())) : std::string(tag);
  }

  struct Resolved {
    Scalar scalar;
    std::string text;
  };
  Result<Resolved> resolve(const Node& node) const {
    Resolved out{.text = std::string(tree_.view(node.text))};
    const std::string tag = shortTag(node);
    if (tag == "!!binary") {
      const auto bytes = base64Decode(out.text);
      if (!bytes) return failAt(node.line, "!!binary value contains invalid base64 data");
      out.text = toUtf8(*bytes);
    } else if (!tag.empty()) {
      auto scalar = resolveTagged(tag, out.text);
      if (!scalar) return failAt(node.line, scalar.error().message());
      out.scalar = *scalar;
    } else if (node.plain) {
      out.scalar = resolvePlain(out.text);
    }
    return out;
  }

  Result<void> scalar(const Node& node) {
    MESHKA_TRY(const Resolved resolved, resolve(node));
    const Scalar& s = resolved.scalar;
    std::string number;
    switch (s.type) {
      case ScalarType::kText:
        builder_.text(resolved.text);
        return {};
      case ScalarType::kNull:
        builder_.null();
        return {};
      case ScalarType::kBool:
        builder_.boolean(s.boolean);
        return {};
      case ScalarType::kInt:
        builder_.integer(s.integer);
        return {};
      case ScalarType::kUint:
        detail::appendUint(number, s.natural);
        break;
      case ScalarType::kFloat:
        appendDouble(number, s.number);
        break;
    }
    // Numbers pass through their JSON text, so 1.0 becomes an integer and 2^63 a double.
    if (!appendNumber(builder_, number)) {
      const std::string_view name = number == "nan" || number == "-nan" ? "NaN"
                                    : number == "inf"                   ? "+Inf"
                                                                        : "-Inf";
      return fail(Code::kInvalid,
                  cat("error converting YAML to JSON: json: unsupported value: ", name));
    }
    return {};
  }

  Result<std::string> keyText(const Node& node) {
    if (node.kind == NodeKind::kAlias) {
      MESHKA_CHECK(step(node));
      return keyText(tree_[node.first_child]);
    }
    if (node.kind != NodeKind::kScalar) return failAt(node.line, "invalid map key");
    MESHKA_TRY(Resolved resolved, resolve(node));
    const Scalar& s = resolved.scalar;
    switch (s.type) {
      case ScalarType::kText:
        return std::move(resolved.text);
      case ScalarType::kBool:
        return std::string(s.boolean ? "true" : "false");
      case ScalarType::kInt:
        return cat(s.integer);
      case ScalarType::kFloat:
        return formatG(s.number, true);
      case ScalarType::kNull:
        return failAt(node.line, "unsupported map key null");
      case ScalarType::kUint:
        return failAt(node.line, cat("unsupported map key ", s.natural));
    }
    return std::string();
  }

  Tree& tree_;
  const ParseOptions& options_;
  const uint32_t max_depth_;
  BlockBuilder builder_;
  size_t steps_ = 0;
  size_t merge_depth_ = 0;
};

}  // namespace

Result<std::vector<Doc>> parseYaml(std::string_view text, const ParseOptions& options) {
  if (text.size() > options.max_bytes) {
    return fail(Code::kTooLarge, cat("YAML text of ", text.size(),
                                     " bytes is larger than the limit of ", options.max_bytes));
  }
  if (const size_t bad = firstInvalidUtf8(text); bad != text.size()) {
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(bad), '\n') + 1;
    return failAt(static_cast<uint32_t>(line), "invalid UTF-8");
  }
  Tree tree(text, std::min(options.max_depth, kMaxDepth));
  MESHKA_CHECK(tree.read());
  Converter converter(tree, options);
  std::vector<Doc> docs;
  for (const uint32_t root : tree.documents()) {
    MESHKA_TRY(Doc doc, converter.document(root));
    if (!doc.value().isNull()) docs.push_back(std::move(doc));
  }
  return docs;
}

Result<Doc> parseYamlDocument(std::string_view text, const ParseOptions& options) {
  MESHKA_TRY(std::vector<Doc> docs, parseYaml(text, options));
  if (docs.size() > 1) {
    return fail(Code::kInvalid, cat("expected one YAML document, got ", docs.size()));
  }
  return docs.empty() ? Draft().finish() : std::move(docs[0]);
}

}  // namespace meshka::doc
