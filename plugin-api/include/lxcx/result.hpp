// SPDX-License-Identifier: Apache-2.0
// Errors as values: Result<T>, and what an Error carries from the place it happened to the user's eyes.
#pragma once
#include <cerrno>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lxcx/abi.h"

namespace lxcx {

/// Why something failed; the value is also lxcx's exit status.
enum class Code : int {
  usage = LXCX_USAGE,
  not_found = LXCX_NOT_FOUND,
  busy = LXCX_BUSY,
  denied = LXCX_DENIED,
  unsupported = LXCX_UNSUPPORTED,
  kernel = LXCX_KERNEL,
  plugin = LXCX_PLUGIN,
  internal = LXCX_INTERNAL,
  config = LXCX_CONFIG,
  not_running = LXCX_NOT_RUNNING,
  timeout = LXCX_TIMEOUT,
  hook = LXCX_HOOK,
  cancelled = LXCX_CANCELLED,
};

/// A place in a configuration file; line and column count from 1, 0 means unknown.
struct Location {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  bool operator==(const Location&) const = default;
};

/// One failure. `context` holds what was being done, innermost first; the reader sees it outermost first.
struct Error {
  Code code = Code::internal;
  int sys_errno = 0;
  std::string message;
  std::string hint;
  std::vector<std::string> context;
  std::optional<Location> where;
  /// Further lines shown as they are, below the message (a list of diagnostics, a hook's output).
  std::string details;
};

template <class T>
using Result = std::expected<T, Error>;
using Failure = std::unexpected<Error>;

/// `return fail(Code::busy, "web is running", "stop it first");`
inline Failure fail(Code code, std::string message, std::string hint = {}) {
  return Failure(Error{code, 0, std::move(message), std::move(hint), {}, std::nullopt, {}});
}

/// A failed system call: code kernel, or the code that errno plainly says.
inline Failure fail_errno(int sys_errno, std::string message, std::string hint = {}) {
  Code code = Code::kernel;
  if (sys_errno == EPERM || sys_errno == EACCES) code = Code::denied;
  if (sys_errno == ENOENT) code = Code::not_found;
  return Failure(Error{code, sys_errno, std::move(message), std::move(hint), {}, std::nullopt, {}});
}

/// Adds what was being done to an error on its way up.
template <class T>
Result<T> doing(Result<T> result, std::string what) {
  if (!result) result.error().context.push_back(std::move(what));
  return result;
}

/// Says what to do about an error that does not say so itself.
template <class T>
Result<T> hinting(Result<T> result, std::string_view hint) {
  if (!result && result.error().hint.empty()) result.error().hint = hint;
  return result;
}

}  // namespace lxcx

// Evaluates to the value, or returns the error. Statement form, so that clang and g++ agree and nothing dangles:
//   LXCX_TRY(fd, kernel.openat(…));      declares fd
//   LXCX_CHECK(kernel.mkdirat(…));       for Result<void>, or a value nobody needs
#define LXCX_CONCAT_(a, b) a##b
#define LXCX_CONCAT(a, b) LXCX_CONCAT_(a, b)
#define LXCX_TRY(name, expression) LXCX_TRY_(name, expression, LXCX_CONCAT(lxcx_try_, __COUNTER__))
#define LXCX_TRY_(name, expression, temporary)                          \
  auto temporary = (expression);                                        \
  if (!temporary) return std::unexpected(std::move(temporary).error()); \
  auto name = std::move(*temporary)
#define LXCX_CHECK(expression) \
  if (auto lxcx_checked_ = (expression); !lxcx_checked_) return std::unexpected(std::move(lxcx_checked_).error())
