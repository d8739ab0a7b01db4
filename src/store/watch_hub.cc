#include "store/watch_hub.h"

#include <algorithm>

namespace meshka::store {

struct WatchHub::Member {
  Watcher* watcher;  // nullptr: ended
  std::vector<ChangeRef> backlog;
  bool live = false;
  uint64_t round = 0;  // newest round in which it got something
};

// Ending a watch only marks it, so that it may happen from inside a delivery; sweep() takes it out.
class WatchHub::Handle final : public Subscription {
 public:
  Handle(std::shared_ptr<Member> member, std::shared_ptr<size_t> ended)
      : member_(std::move(member)), ended_(std::move(ended)) {}
  ~Handle() override {
    member_->watcher = nullptr;
    member_->backlog.clear();
    ++*ended_;
  }

 private:
  std::shared_ptr<Member> member_;
  std::shared_ptr<size_t> ended_;
};

std::unique_ptr<Subscription> WatchHub::add(const Range& range, std::vector<ChangeRef> backlog,
                                            Watcher& watcher) {
  sweep();
  auto member = std::make_shared<Member>();
  member->watcher = &watcher;
  Bucket& bucket = buckets_[{range.cluster, range.resource}];
  (range.ns ? bucket.by_ns[*range.ns] : bucket.everywhere).push_back(member);
  all_.push_back(member);
  if (backlog.empty()) {
    member->live = true;
  } else {
    member->backlog = std::move(backlog);
    loop_.post([member] { catchUp(*member); });
  }
  return std::make_unique<Handle>(std::move(member), ended_);
}

void WatchHub::deliver(Member& member, const std::vector<ChangeRef>& changes, uint64_t round) {
  if (member.watcher == nullptr) return;
  member.round = round;
  if (!member.live) {
    member.backlog.insert(member.backlog.end(), changes.begin(), changes.end());
    return;
  }
  std::vector<const Event*> events;
  events.reserve(changes.size());
  for (const ChangeRef& change : changes) events.push_back(&change->event);
  member.watcher->onEvents(events);
}

void WatchHub::catchUp(Member& member) {
  const std::vector<ChangeRef> backlog = std::move(member.backlog);
  member.backlog.clear();
  member.live = true;
  std::vector<const Event*> events;
  for (size_t i = 0; i < backlog.size() && member.watcher != nullptr; ++i) {
    events.push_back(&backlog[i]->event);
    const bool last = i + 1 == backlog.size();
    if (!last && backlog[i + 1]->event.item.modified == backlog[i]->event.item.modified) continue;
    member.watcher->onEvents(events);
    events.clear();
  }
}

void WatchHub::deliverTo(const Members& members, const std::vector<ChangeRef>& changes) {
  // By index and by value: a watcher may start another watch, which grows the list.
  for (size_t i = 0, n = members.size(); i < n; ++i) {
    const std::shared_ptr<Member> member = members[i];
    deliver(*member, changes, round_);
  }
}

void WatchHub::publish(const std::vector<ChangeRef>& changes) {
  publishing_ = true;
  // Nearly every commit is of one resource and one namespace; the general case groups.
  std::map<std::pair<std::string, std::string>, std::vector<ChangeRef>> by_table;
  for (const ChangeRef& change : changes) {
    const Key& key = change->event.item.key;
    by_table[{key.cluster, key.resource}].push_back(change);
  }
  for (const auto& [table, of_table] : by_table) {
    const auto bucket = buckets_.find(table);
    if (bucket == buckets_.end()) continue;
    deliverTo(bucket->second.everywhere, of_table);
    if (bucket->second.by_ns.empty()) continue;
    std::map<std::string, std::vector<ChangeRef>> by_ns;
    for (const ChangeRef& change : of_table) by_ns[change->event.item.key.ns].push_back(change);
    for (const auto& [ns, of_ns] : by_ns) {
      if (const auto members = bucket->second.by_ns.find(ns);
          members != bucket->second.by_ns.end()) {
        deliverTo(members->second, of_ns);
      }
    }
  }
}

void WatchHub::progress(Revision current) {
  publishing_ = true;
  for (size_t i = 0, n = all_.size(); i < n; ++i) {
    const std::shared_ptr<Member> member = all_[i];
    if (member->watcher != nullptr && member->live && member->round != round_)
      member->watcher->onProgress(current);
  }
  ++round_;
  publishing_ = false;
  sweep();
}

void WatchHub::sweep() {
  // Amortized: a sweep costs as much as there are watchers, so it waits until a good part of them
  // ended.
  if (publishing_ || *ended_ == 0 || *ended_ * 4 < all_.size()) return;
  const auto clean = [](Members& members) {
    std::erase_if(members, [](const auto& m) { return m->watcher == nullptr; });
  };
  clean(all_);
  for (auto bucket = buckets_.begin(); bucket != buckets_.end();) {
    clean(bucket->second.everywhere);
    for (auto& [ns, members] : bucket->second.by_ns) clean(members);
    std::erase_if(bucket->second.by_ns, [](const auto& entry) { return entry.second.empty(); });
    const bool empty = bucket->second.everywhere.empty() && bucket->second.by_ns.empty();
    bucket = empty ? buckets_.erase(bucket) : std::next(bucket);
  }
  *ended_ = 0;
}

}  // namespace meshka::store
