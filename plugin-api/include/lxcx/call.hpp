// SPDX-License-Identifier: Apache-2.0
// What the host offers a plugin during one call, and the small types that several kinds share.
#pragma once
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx {

inline lxcx_str lower(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view lift(lxcx_str text) { return text.data ? std::string_view{text.data, text.size} : std::string_view{}; }

/// One line of an id map: `range` ids from `container_id` inside are `host_id`… outside. kind is 'u' or 'g'.
using IdMap = lxcx_idmap;

/// The host's side of one call. Not to be kept after the verb returns; used on the verb's own thread only.
class Call {
 public:
  explicit Call(lxcx_call* raw) : raw_(raw) {}

  /// The first value the configuration has for `key`, else `fallback`. The text is valid during the call.
  std::string_view setting(std::string_view key, std::string_view fallback = {}) const {
    lxcx_str value{};
    return raw_->ops->setting(raw_, lower(key), 0, &value) ? lift(value) : fallback;
  }
  bool has_setting(std::string_view key) const {
    lxcx_str value{};
    return raw_->ops->setting(raw_, lower(key), 0, &value) != 0;
  }
  /// All values of a key that may stand several times, in the order of the configuration.
  std::vector<std::string> settings(std::string_view key) const {
    std::vector<std::string> all;
    for (lxcx_str value{}; raw_->ops->setting(raw_, lower(key), all.size(), &value);) all.emplace_back(lift(value));
    return all;
  }

  /// Writes an undo record, durably. Call it before the act that it undoes.
  Result<void> record(std::string_view key, std::string_view value) {
    if (raw_->ops->record(raw_, lower(key), lower(value)) == LXCX_OK) return {};
    return fail(Code::internal, "the journal refused the record '" + std::string(key) + "'");
  }
  /// What was recorded under `key` for this object, perhaps by another process before a crash; empty when nothing was.
  std::string_view recall(std::string_view key) const {
    lxcx_str value{};
    return raw_->ops->recall(raw_, lower(key), &value) ? lift(value) : std::string_view{};
  }

  void result(std::string_view key, std::string_view value) { raw_->ops->result(raw_, lower(key), lower(value)); }
  /// Hands `fd` to the host, which closes it.
  void result_fd(std::string_view key, int fd) { raw_->ops->result_fd(raw_, lower(key), fd); }
  void log(lxcx_level level, std::string_view text) { raw_->ops->log(raw_, level, lower(text)); }
  void progress(std::uint64_t done, std::uint64_t total) { raw_->ops->progress(raw_, done, total); }
  bool cancelled() const { return raw_->ops->cancelled(raw_) != 0; }
  lxcx_call* raw() const { return raw_; }

 private:
  lxcx_call* raw_;
};

}  // namespace lxcx
