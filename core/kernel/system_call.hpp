// SPDX-License-Identifier: Apache-2.0
// How RealKernel's methods turn a return value and errno into a Result. Private to core/kernel; the only readers of errno.
#pragma once
#include <cerrno>
#include <string>

#include "core/base/unique_fd.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core::system_call {

/// "openat '/x/y'", with the current errno.
inline Failure failed(const char* call, const char* object = nullptr) {
  const int saved = errno;
  std::string message = call;
  if (object) message.append(" '").append(object).append("'");
  return fail_errno(saved, std::move(message));
}

/// The same for calls that have only an fd to name; resolving it would cost a call and may lie, so the number stands.
inline Failure failed_fd(const char* call, int fd) {
  const int saved = errno;
  return fail_errno(saved, std::string(call) + " fd " + std::to_string(fd));
}

template <class Call>
auto retry_on_eintr(Call call) {
  auto value = call();
  while (value < 0 && errno == EINTR) value = call();
  return value;
}

inline Result<void> done(long value, const char* call, const char* object = nullptr) {
  if (value < 0) return failed(call, object);
  return {};
}

inline Result<UniqueFd> owned(long value, const char* call, const char* object = nullptr) {
  if (value < 0) return failed(call, object);
  return UniqueFd(static_cast<int>(value));
}

}  // namespace lxcx::core::system_call
