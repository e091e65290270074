// SPDX-License-Identifier: Apache-2.0
// One run of lxcx: what the global options say, and the runtime, opened when a command first asks for it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/runtime.hpp"
#include "host/arguments.hpp"
#include "host/output.hpp"

namespace lxcx::host {

class Session {
 public:
  /// Errors: usage, for a global option's impossible value.
  static Result<Session> open(core::Kernel& kernel, const Arguments& arguments);

  core::Kernel& kernel() { return *kernel_; }
  Output& out() { return out_; }
  bool wants_json() const { return json_; }

  /// Opens the log, finds the configuration of lxcx itself. Version and help never pay for it.
  Result<core::Runtime*> runtime();

  /// A path that still holds when the working directory changes.
  Result<std::string> absolute(const std::string& path);

  /// Into the log file, if there is one: the reader of a log wants to see how it ended. The user is told by the caller.
  void log_failure(const Error& error);

  /// `lxcx: warning: …` lines on stderr, never into results.
  void warn(const std::vector<std::string>& warnings);

 private:
  Result<void> read_runtime_options(const Arguments& arguments);
  explicit Session(core::Kernel& kernel) : kernel_(&kernel), out_(kernel) {}
  core::Kernel* kernel_;
  Output out_;
  bool json_ = false;
  core::LogOptions log_options_;
  core::RuntimeOptions runtime_options_;
  std::unique_ptr<core::Log> log_;
  std::unique_ptr<core::Runtime> runtime_;
};

}  // namespace lxcx::host
