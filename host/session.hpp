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
  static Result<Session> open(core::Kernel& kernel, const Arguments& arguments, std::string_view program = "lxcx");

  /// Called by the name of one of LXC's tools, whose ways it then has.
  bool is_lxc_tool() const { return program_ != "lxcx"; }

  core::Kernel& kernel() { return *kernel_; }
  Output& out() { return out_; }
  bool wants_json() const { return json_; }

  /// Opens the log, finds the configuration of lxcx itself. Version and help never pay for it.
  Result<core::Runtime*> runtime();

  /// Every --lxcpath of a command that takes several; empty: none was given.
  Result<std::vector<std::string>> lxcpaths(const Arguments& arguments);

  /// A path that still holds when the working directory changes.
  Result<std::string> absolute(const std::string& path);

  /// One failure of several that a command goes on after: on stderr, and into the log file.
  void complain(const Error& error);

  /// Into the log file, if there is one: the reader of a log wants to see how it ended. The user is told by the caller.
  void log_failure(const Error& error);

  /// `PROGRAM: warning: …` lines on stderr, never into results.
  void warn(const std::vector<std::string>& warnings);

 private:
  Result<void> read_runtime_options(const Arguments& arguments);
  Session(core::Kernel& kernel, std::string_view program) : kernel_(&kernel), out_(kernel), program_(program) {}
  core::Kernel* kernel_;
  Output out_;
  std::string_view program_;
  bool json_ = false;
  core::LogOptions log_options_;
  core::RuntimeOptions runtime_options_;
  std::unique_ptr<core::Log> log_;
  std::unique_ptr<core::Runtime> runtime_;
};

}  // namespace lxcx::host
