// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a forked child reports: an error, never a crash; and an error that was sent arrives whole.
#include <cstdint>
#include <cstdlib>

#include "core/base/error_frame.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lxcx::Error error = lxcx::core::unpack_error({reinterpret_cast<const char*>(data), size});
  require(error.code >= lxcx::Code::usage && error.code <= lxcx::Code::cancelled);
  const lxcx::Error again = lxcx::core::unpack_error(lxcx::core::pack_error(error));
  require(again.code == error.code && again.sys_errno == error.sys_errno && again.message == error.message && again.hint == error.hint);
  require(again.details == error.details);
  // An empty context or file says nothing and is not sent.
  std::erase(error.context, "");
  require(again.context == error.context);
  if (error.where && !error.where->file.empty()) require(again.where == error.where);
  return 0;
}
