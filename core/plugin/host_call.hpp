// SPDX-License-Identifier: Apache-2.0
// One call into a plugin, as the host keeps it: answers settings, journals records, collects what the plugin emits.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/log.hpp"
#include "core/base/unique_fd.hpp"
#include "core/config/container_config.hpp"
#include "lxcx/call.hpp"

namespace lxcx::core {

/// Where a plugin's undo records go; the run journal, under a scope such as "storage" or "network 0".
class RecordStore {
 public:
  virtual ~RecordStore() = default;
  virtual Result<void> record(std::string_view key, std::string_view value) = 0;
  /// The last value recorded under `key`, or nullptr; valid until the next record.
  virtual const std::string* recall(std::string_view key) const = 0;
};

/// Not copyable, not movable: a plugin holds its address during the call. Used on one thread.
class HostCall : public lxcx_call {
 public:
  struct Inputs {
    Log* log = &Log::none();
    std::string who;                      ///< "storage 'dir'", for log lines and errors
    std::vector<Setting> settings;        ///< what Call::setting answers, in order
    RecordStore* records = nullptr;       ///< none: records are refused
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;
    const std::atomic<bool>* cancelled = nullptr;
  };
  explicit HostCall(Inputs inputs);
  HostCall(const HostCall&) = delete;
  HostCall& operator=(const HostCall&) = delete;

  Call call() { return Call(this); }

  std::vector<std::pair<std::string, std::string>> results;  ///< in the order emitted
  std::vector<std::pair<std::string, UniqueFd>> result_fds;
  /// The last result of that key, or empty.
  std::string_view result(std::string_view key) const;
  /// Where the call failed: what the plugin reported, else a plugin error saying that it reported nothing.
  Error take_error(lxcx_code returned);
  /// What a verb's return value means. Forgets what was reported before, so that one call object can serve several verbs in turn.
  Result<void> outcome(lxcx_code returned);
  static HostCall& of(const Call& call) { return *static_cast<HostCall*>(call.raw()); }

 private:
  friend struct HostCallThunks;
  Inputs inputs_;
  Error error_;
  bool failed_ = false;
};

}  // namespace lxcx::core
