// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/files.hpp"

#include <fcntl.h>

#include <array>

namespace lxcx::core {

Result<std::string> read_all(Kernel& kernel, int fd, std::size_t limit) {
  std::string text;
  std::array<char, 8192> buffer;
  while (true) {
    LXCX_TRY(size, kernel.read(fd, buffer.data(), buffer.size()));
    if (size == 0) return text;
    text.append(buffer.data(), size);
    if (text.size() > limit) return fail(Code::usage, "the file is larger than " + std::to_string(limit) + " bytes");
  }
}

Result<std::string> read_file(Kernel& kernel, int dirfd, const char* path, std::size_t limit) {
  LXCX_TRY(fd, kernel.openat(dirfd, path, O_RDONLY));
  return doing(read_all(kernel, fd.get(), limit), std::string("read '") + path + "'");
}

Result<void> write_all(Kernel& kernel, int fd, std::string_view text) {
  while (!text.empty()) {
    LXCX_TRY(size, kernel.write(fd, text.data(), text.size()));
    text.remove_prefix(size);
  }
  return {};
}

Result<void> replace_file(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, mode_t mode) {
  const std::string fresh = name + ".new";
  const auto write_fresh = [&]() -> Result<void> {
    LXCX_TRY(fd, kernel.openat(dirfd, fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
    LXCX_CHECK(write_all(kernel, fd.get(), text));
    return kernel.renameat2(dirfd, fresh.c_str(), dirfd, name.c_str(), 0);
  };
  Result<void> done = write_fresh();
  if (!done) (void)kernel.unlinkat(dirfd, fresh.c_str(), 0);
  return doing(std::move(done), "write '" + name + "'");
}

Result<bool> make_directories(Kernel& kernel, const std::string& path, mode_t mode) {
  const Result<void> made = kernel.mkdirat(AT_FDCWD, path.c_str(), mode);
  if (made) return true;
  if (made.error().sys_errno == EEXIST) return false;
  const std::size_t slash = path.find_last_of('/');
  if (made.error().sys_errno != ENOENT || slash == std::string::npos || slash == 0) return std::unexpected(made.error());
  LXCX_CHECK(make_directories(kernel, path.substr(0, slash), mode));
  return make_directories(kernel, path, mode);
}

}  // namespace lxcx::core
