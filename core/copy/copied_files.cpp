// SPDX-License-Identifier: Apache-2.0
#include "core/copy/copied_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>

#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

Result<void> copy_file(Host& host, int from_directory, int to_directory, const std::string& name, const CopiedConfig& copied) {
  Kernel& kernel = host.kernel;
  LXCX_TRY(fd, kernel.openat2(from_directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  LXCX_TRY(status, kernel.fstat(fd.get()));
  LXCX_TRY(text, read_all(kernel, fd.get(), largest_copied_file));
  if (name == copied.fstab) text = relocate_fstab(text, copied.relocation);
  const std::size_t slash = name.rfind('/');
  if (slash == name.npos) return create_file_like(kernel, to_directory, name, text, status);
  LXCX_TRY(above, make_directories_beneath(kernel, to_directory, name.substr(0, slash), 0755, Links::refuse));
  LXCX_TRY(directory, kernel.openat(above.get(), ".", O_RDONLY | O_DIRECTORY));
  return create_file_like(kernel, directory.get(), name.substr(slash + 1), text, status);
}

}  // namespace

Result<void> copy_files(Host& host, const ContainerPaths& from, int to_directory, const CopiedConfig& copied) {
  LXCX_TRY(directory, host.kernel.openat(AT_FDCWD, from.directory().c_str(), O_RDONLY | O_DIRECTORY));
  for (const std::string& name : copied.files)
    LXCX_CHECK(doing(copy_file(host, directory.get(), to_directory, name, copied), "copy '" + from.directory() + "/" + name + "'"));
  return {};
}

}  // namespace lxcx::core
