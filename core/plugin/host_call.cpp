// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/host_call.hpp"

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

/// A number that is none of lxcx_code's is the plugin's fault, and is told as such.
bool is_error_code(lxcx_code code) { return code >= LXCX_USAGE && code <= LXCX_CANCELLED; }

}  // namespace

/// What abi.h calls; each is a C function of the table below. They allocate, so they may throw only bad_alloc, which ends the process.
struct HostCallThunks {
  static HostCall& self(lxcx_call* call) { return *static_cast<HostCall*>(call); }

  static lxcx_code fail(lxcx_call* call, lxcx_code code, int sys_errno, lxcx_str message, lxcx_str hint) noexcept {
    HostCall& host = self(call);
    host.failed_ = true;
    host.error_ = Error{};
    host.error_.code = static_cast<Code>(is_error_code(code) ? code : LXCX_PLUGIN);
    host.error_.sys_errno = sys_errno;
    host.error_.message = std::string(lift(message));
    host.error_.hint = std::string(lift(hint));
    return static_cast<lxcx_code>(host.error_.code);
  }
  static void log(lxcx_call* call, lxcx_level level, lxcx_str text) noexcept {
    HostCall& host = self(call);
    const int bounded = level < LXCX_TRACE ? LXCX_TRACE : level > LXCX_ERROR ? LXCX_ERROR : level;
    if (!host.inputs_.log->wants(static_cast<Level>(bounded))) return;
    // One log line for each line of text, so that a plugin cannot forge another's.
    for (const std::string& line : split(lift(text), '\n')) host.inputs_.log->write(static_cast<Level>(bounded), host.inputs_.who + ": " + line);
  }
  static int setting(lxcx_call* call, lxcx_str key, std::size_t index, lxcx_str* value) noexcept {
    for (const Setting& each : self(call).inputs_.settings) {
      if (each.key != lift(key) || index-- != 0) continue;
      *value = lower(each.value);
      return 1;
    }
    return 0;
  }
  static lxcx_code record(lxcx_call* call, lxcx_str key, lxcx_str value) noexcept {
    HostCall& host = self(call);
    if (host.inputs_.records == nullptr) {
      return fail(call, LXCX_PLUGIN, 0, lower("wrote the undo record '" + std::string(lift(key)) + "' in a verb that has no journal"),
                  lower("only verbs that take something may record: storage attach, network connect, security compile"));
    }
    const Result<void> done = host.inputs_.records->record(lift(key), lift(value));
    if (done) return LXCX_OK;
    return fail(call, static_cast<lxcx_code>(done.error().code), done.error().sys_errno, lower(done.error().message), lower(done.error().hint));
  }
  static int recall(lxcx_call* call, lxcx_str key, lxcx_str* value) noexcept {
    const RecordStore* records = self(call).inputs_.records;
    const std::string* found = records == nullptr ? nullptr : records->recall(lift(key));
    if (found == nullptr) return 0;
    *value = lower(*found);
    return 1;
  }
  static void result(lxcx_call* call, lxcx_str key, lxcx_str value) noexcept {
    self(call).results.emplace_back(std::string(lift(key)), std::string(lift(value)));
  }
  static void result_fd(lxcx_call* call, lxcx_str key, int fd) noexcept { self(call).result_fds.emplace_back(std::string(lift(key)), UniqueFd(fd)); }
  static void progress(lxcx_call* call, std::uint64_t done, std::uint64_t total) noexcept {
    if (self(call).inputs_.progress) self(call).inputs_.progress(done, total);
  }
  static int cancelled(lxcx_call* call) noexcept {
    const std::atomic<bool>* flag = self(call).inputs_.cancelled;
    return flag != nullptr && flag->load(std::memory_order_relaxed) ? 1 : 0;
  }
  static constexpr lxcx_call_ops ops{sizeof(lxcx_call_ops), 0, fail, log, setting, record, recall, result, result_fd, progress, cancelled};
};

HostCall::HostCall(Inputs inputs) : lxcx_call{&HostCallThunks::ops}, inputs_(std::move(inputs)) {}

std::string_view HostCall::result(std::string_view key) const {
  for (auto it = results.rbegin(); it != results.rend(); ++it)
    if (it->first == key) return it->second;
  return {};
}

Error HostCall::take_error(lxcx_code returned) {
  Error error = std::exchange(error_, Error{});
  if (std::exchange(failed_, false)) {
    if (is_error_code(returned)) error.code = static_cast<Code>(returned);
    if (error.message.empty()) error.message = inputs_.who + " failed and gave no reason";
    return error;
  }
  error.code = is_error_code(returned) ? static_cast<Code>(returned) : Code::plugin;
  error.message = inputs_.who + " failed (code " + std::to_string(returned) + ") and reported no reason";
  error.hint = "this is a defect of the plugin: `lxcx-plugin-check` on its library shows where";
  return error;
}

Result<void> HostCall::outcome(lxcx_code returned) {
  Error error = take_error(returned);
  if (returned == LXCX_OK) return {};
  return Failure(std::move(error));
}

}  // namespace lxcx::core
