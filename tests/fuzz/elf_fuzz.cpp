// SPDX-License-Identifier: Apache-2.0
// Any bytes as the busybox that a template copies: its interpreter is found, or the file refused.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "plugins/template-busybox/elf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int fd = ::memfd_create("program", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  const lxcx::Result<std::string> interpreter = lxcx::busybox::interpreter_of(fd);
  ::close(fd);
  if (interpreter && interpreter->size() >= 256) std::abort();
  if (!interpreter && interpreter.error().message.empty()) std::abort();
  return 0;
}
