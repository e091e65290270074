// SPDX-License-Identifier: Apache-2.0
#include "host/output.hpp"

#include <sys/ioctl.h>
#include <termios.h>

#include <utility>

namespace lxcx::host {
namespace {

Result<void> write_all(core::Kernel& kernel, int fd, std::string_view text) {
  while (!text.empty()) {
    LXCX_TRY(written, kernel.write(fd, text.data(), text.size()));
    text.remove_prefix(written);
  }
  return {};
}

}  // namespace

Result<void> Output::flush() {
  const std::string text = std::exchange(pending_, {});
  return doing(write_all(kernel_, STDOUT_FILENO, text), "write to standard output");
}

void Output::complain(std::string_view text) {
  if (!quiet_) (void)write_all(kernel_, STDERR_FILENO, text);
}

bool Output::is_terminal(int fd) {
  termios attributes{};
  return kernel_.ioctl(fd, TCGETS, &attributes).has_value();
}

std::size_t Output::columns() {
  winsize size{};
  return kernel_.ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

}  // namespace lxcx::host
