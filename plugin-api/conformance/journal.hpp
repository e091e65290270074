// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "core/plugin/host_call.hpp"

namespace lxcx::conformance {

/// Undo records in a file, so that one process writes them, is killed, and another reads them.
class Journal final : public core::RecordStore {
 public:
  explicit Journal(std::string path);  ///< reads what is there
  Result<void> record(std::string_view key, std::string_view value) override;
  const std::string* recall(std::string_view key) const override;

  /// The process ends itself with SIGKILL inside the n-th record of this object, once it is written; 0: never.
  void kill_at_record(int nth) { kill_at_ = nth; }

 private:
  std::string path_;
  std::map<std::string, std::string, std::less<>> values_;
  int records_ = 0;
  int kill_at_ = 0;
};

}  // namespace lxcx::conformance
