// SPDX-License-Identifier: Apache-2.0
// A host for one plugin call, driven through the C table as lxcx does it: answers settings, keeps what the plugin says and emits.
#pragma once
#include <unistd.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lxcx/call.hpp"

namespace lxcx::test {

class FakeCall : public lxcx_call {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  explicit FakeCall(Settings given = {}) : lxcx_call{&table}, settings(std::move(given)) {}
  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;
  ~FakeCall() {
    for (const auto& [key, fd] : fds) ::close(fd);
  }

  bool logged(std::string_view part) const { return !log_line(part).empty(); }
  /// The first log line that contains `part`, or empty.
  std::string log_line(std::string_view part) const {
    for (const auto& [level, text] : log)
      if (text.contains(part)) return text;
    return {};
  }
  int fd(std::string_view key) const {
    for (const auto& [name, fd] : fds)
      if (name == key) return fd;
    return -1;
  }

  Settings settings;
  lxcx_code code = LXCX_OK;
  int sys_errno = 0;
  std::string message, hint;
  std::vector<std::pair<lxcx_level, std::string>> log;
  std::map<std::string, std::string> results, records;
  std::vector<std::pair<std::string, int>> fds;
  int polls_until_cancelled = -1;  ///< how often cancelled() answers no; -1: always

 private:
  static FakeCall& of(lxcx_call* call) { return *static_cast<FakeCall*>(call); }
  static std::string text(lxcx_str value) { return std::string(lift(value)); }

  static lxcx_code do_fail(lxcx_call* call, lxcx_code code, int sys_errno, lxcx_str message, lxcx_str hint) {
    FakeCall& self = of(call);
    self.code = code;
    self.sys_errno = sys_errno;
    self.message = text(message);
    self.hint = text(hint);
    return code;
  }
  static void do_log(lxcx_call* call, lxcx_level level, lxcx_str line) { of(call).log.emplace_back(level, text(line)); }
  static int do_setting(lxcx_call* call, lxcx_str key, std::size_t index, lxcx_str* value) {
    for (const auto& [name, content] : of(call).settings) {
      if (name != lift(key) || index-- != 0) continue;
      *value = lower(content);
      return 1;
    }
    return 0;
  }
  static lxcx_code do_record(lxcx_call* call, lxcx_str key, lxcx_str value) {
    of(call).records[text(key)] = text(value);
    return LXCX_OK;
  }
  static int do_recall(lxcx_call* call, lxcx_str key, lxcx_str* value) {
    const auto found = of(call).records.find(text(key));
    if (found == of(call).records.end()) return 0;
    *value = lower(found->second);
    return 1;
  }
  static void do_result(lxcx_call* call, lxcx_str key, lxcx_str value) { of(call).results[text(key)] = text(value); }
  static void do_result_fd(lxcx_call* call, lxcx_str key, int fd) { of(call).fds.emplace_back(text(key), fd); }
  static void do_progress(lxcx_call*, std::uint64_t, std::uint64_t) {}
  static int do_cancelled(lxcx_call* call) {
    int& polls = of(call).polls_until_cancelled;
    if (polls > 0) --polls;
    return polls == 0;
  }

  static constexpr lxcx_call_ops table{sizeof(lxcx_call_ops), 0,           do_fail,     do_log, do_setting, do_record, do_recall, do_result,
                                       do_result_fd,          do_progress, do_cancelled};
};

}  // namespace lxcx::test
