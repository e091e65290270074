// SPDX-License-Identifier: Apache-2.0
#include "core/container/install_layout.hpp"

#include <fcntl.h>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

Result<InstallLayout> find_install_layout() {
  LXCX_TRY(executable, doing(real_kernel().readlinkat(AT_FDCWD, "/proc/self/exe"), "find the installation"));
  // The programs of the build tree's tests lie in BUILD/tests, one level below the same prefix.
  const std::size_t file = executable.find_last_of('/');
  const std::size_t directory = executable.find_last_of('/', file - 1);
  if (file == std::string::npos || directory == std::string::npos)
    return fail(Code::internal, "the executable '" + executable + "' lies in no PREFIX/bin", "install lxcx as PREFIX/bin/lxcx");
  const std::string prefix = executable.substr(0, directory);
  return InstallLayout{prefix + "/bin/lxcx", prefix + "/libexec/lxcx", prefix + "/lib/lxcx/plugins.d", prefix + "/share/lxcx"};
}

}  // namespace lxcx::core
