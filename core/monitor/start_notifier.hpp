// SPDX-License-Identifier: Apache-2.0
// Between the moment that init has its seccomp filter and the moment that this process becomes the monitor.
#pragma once
#include <memory>
#include <string>

#include "core/base/log.hpp"
#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// Answers what init, and its start hooks, ask for under their filter while the start still waits for them, as the monitor does afterwards: without
/// it a policy that notifies of a call which lxcx makes on the way to exec would hang the start.
class StartNotifier {
 public:
  struct Request {
    std::string proxy, cookie;
    pid_t init = 0;
  };
  /// Errors: kernel.
  static Result<StartNotifier> open(Log& log, Request request);
  StartNotifier(StartNotifier&&) noexcept;
  StartNotifier& operator=(StartNotifier&&) noexcept;
  /// Questions that are still open are answered with ENOSYS.
  ~StartNotifier();

  /// Answers for this listener too; keeps a duplicate. Errors: unsupported, when this kernel's structs are not those of this version.
  Result<void> add(Kernel& kernel, const UniqueFd& listener);
  /// Returns once `fd` can be read. Errors: kernel.
  Result<void> serve_until_readable(int fd);

 private:
  struct Parts;
  explicit StartNotifier(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace lxcx::core
