// SPDX-License-Identifier: Apache-2.0
#include "core/device/child.hpp"

#include <unistd.h>

#include "core/base/error_frame.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

Result<void> in_namespace(Kernel& kernel, int namespace_fd, int type, const std::function<Result<void>()>& act) {
  LXCX_TRY(pipe, kernel.pipe2(0));
  LXCX_TRY(child, kernel.fork());
  if (child == 0) {
    Result<void> done = kernel.setns(namespace_fd, type);
    if (done) done = act();
    if (!done) (void)write_all(kernel, pipe.second.get(), pack_error(done.error()));
    ::_exit(done ? 0 : 1);
  }
  pipe.second.reset();
  const Result<std::string> error = read_all(kernel, pipe.first.get(), std::size_t{1} << 20);
  LXCX_TRY(status, kernel.wait_pid(child));
  if (status.as_shell() == 0) return {};
  if (!error || error->empty())
    return fail(Code::internal, "the process that works inside the container ended with status " + std::to_string(status.as_shell()));
  return Failure(unpack_error(*error));
}

}  // namespace lxcx::core
