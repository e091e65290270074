// SPDX-License-Identifier: Apache-2.0
// The host's side of a call, in memory: what core would answer, record and collect.
#pragma once
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

  FakeCall() : FakeCall(Settings{}) {}
  explicit FakeCall(Settings given) : settings(std::move(given)) { ops = &table; }
  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;

  Settings settings;
  std::map<std::string, std::string> records;  ///< kept from verb to verb, as the run journal keeps them
  std::map<std::string, std::string> results;
  std::vector<std::string> log_lines;
  Error error;
  bool refuses_records = false;

  void set(const std::string& key, const std::string& value) {
    std::erase_if(settings, [&](const auto& setting) { return setting.first == key; });
    settings.emplace_back(key, value);
  }
  std::string result(const std::string& key) const {
    const auto found = results.find(key);
    return found == results.end() ? std::string() : found->second;
  }

 private:
  static FakeCall& of(lxcx_call* call) { return *static_cast<FakeCall*>(call); }

  static lxcx_code fail(lxcx_call* call, lxcx_code code, int sys_errno, lxcx_str message, lxcx_str hint) {
    of(call).error = Error{static_cast<Code>(code), sys_errno, std::string(lift(message)), std::string(lift(hint)), {}, std::nullopt, {}};
    return code;
  }
  static void log(lxcx_call* call, lxcx_level, lxcx_str text) { of(call).log_lines.emplace_back(lift(text)); }
  static int setting(lxcx_call* call, lxcx_str key, std::size_t index, lxcx_str* value) {
    for (const auto& [name, text] : of(call).settings)
      if (name == lift(key) && index-- == 0) return *value = lower(text), 1;
    return 0;
  }
  static lxcx_code record(lxcx_call* call, lxcx_str key, lxcx_str value) {
    if (of(call).refuses_records) return LXCX_INTERNAL;
    of(call).records[std::string(lift(key))] = lift(value);
    return LXCX_OK;
  }
  static int recall(lxcx_call* call, lxcx_str key, lxcx_str* value) {
    const auto found = of(call).records.find(std::string(lift(key)));
    if (found == of(call).records.end()) return 0;
    *value = lower(found->second);
    return 1;
  }
  static void result_of(lxcx_call* call, lxcx_str key, lxcx_str value) { of(call).results[std::string(lift(key))] = lift(value); }
  static void result_fd(lxcx_call*, lxcx_str, int) {}
  static void progress(lxcx_call*, std::uint64_t, std::uint64_t) {}
  static int cancelled(lxcx_call*) { return 0; }

  static constexpr lxcx_call_ops table{sizeof(lxcx_call_ops), 0, fail, log, setting, record, recall, result_of, result_fd, progress, cancelled};
};

}  // namespace lxcx::test
