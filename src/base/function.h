// Move-only callable with a small inline buffer. std::move_only_function would do, but its header costs more to
// compile than most of our files.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.h"

namespace meshka {

template <class Signature>
class Function;

template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function() = default;
  Function(std::nullptr_t) {}
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Function> && std::is_invocable_r_v<R, F&, Args...>)
  Function(F&& f) {  // NOLINT: implicit, as with std::function
    using Callable = std::remove_cvref_t<F>;
    if constexpr (sizeof(Callable) <= sizeof(buffer_) && alignof(Callable) <= alignof(void*) &&
                  std::is_nothrow_move_constructible_v<Callable>) {
      new (buffer_) Callable(std::forward<F>(f));
      ops_ = &kInline<Callable>;
    } else {
      *reinterpret_cast<Callable**>(buffer_) = new Callable(std::forward<F>(f));
      ops_ = &kHeap<Callable>;
    }
  }
  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Function() { reset(); }

  explicit operator bool() const { return ops_ != nullptr; }
  R operator()(Args... args) {
    MESHKA_DCHECK(ops_ != nullptr);
    return ops_->call(buffer_, std::forward<Args>(args)...);
  }
  void reset() {
    if (ops_ != nullptr) std::exchange(ops_, nullptr)->destroy(buffer_);
  }

 private:
  struct Ops {
    R (*call)(void*, Args&&...);
    void (*move)(void* to, void* from) noexcept;
    void (*destroy)(void*) noexcept;
  };
  template <class C>
  static constexpr Ops kInline = {
      [](void* b, Args&&... args) -> R { return (*static_cast<C*>(b))(std::forward<Args>(args)...); },
      [](void* to, void* from) noexcept {
        new (to) C(std::move(*static_cast<C*>(from)));
        static_cast<C*>(from)->~C();
      },
      [](void* b) noexcept { static_cast<C*>(b)->~C(); }};
  template <class C>
  static constexpr Ops kHeap = {
      [](void* b, Args&&... args) -> R { return (**static_cast<C**>(b))(std::forward<Args>(args)...); },
      [](void* to, void* from) noexcept { *static_cast<C**>(to) = *static_cast<C**>(from); },
      [](void* b) noexcept { delete *static_cast<C**>(b); }};

  void take(Function& other) {
    if (other.ops_ == nullptr) return;
    other.ops_->move(buffer_, other.buffer_);
    ops_ = std::exchange(other.ops_, nullptr);
  }

  alignas(void*) std::byte buffer_[6 * sizeof(void*)];
  const Ops* ops_ = nullptr;
};

using Callback = Function<void()>;

}  // namespace meshka
