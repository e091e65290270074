// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "core/base/unique_fd.hpp"
#include "core/container/run_directory.hpp"

namespace lxcx::core {

// proc_pid_stat(5): pid (comm) state ppid … starttime, the 22nd field. comm may hold blanks and parentheses: count from the last ')'.
std::optional<std::uint64_t> start_time_of(pid_t pid) {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/stat", pid);
  const UniqueFd fd(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::array<char, 1024> text{};
  const ssize_t size = ::read(fd.get(), text.data(), text.size() - 1);
  if (size <= 0) return std::nullopt;
  const char* at = std::strrchr(text.data(), ')');
  if (at == nullptr || at[1] != ' ') return std::nullopt;
  at += 2;
  if (*at == 'Z' || *at == 'X') return std::nullopt;
  for (int field = 3; field < 22; ++field) {
    at = std::strchr(at, ' ');
    if (at == nullptr) return std::nullopt;
    ++at;
  }
  std::uint64_t ticks = 0;
  const auto parsed = std::from_chars(at, text.data() + size, ticks);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return ticks;
}

bool is_alive(const ProcessId& process) {
  if (process.pid <= 0) return false;
  const std::optional<std::uint64_t> found = start_time_of(process.pid);
  return found && *found == process.start_time;
}

ProcessId this_process() {
  const pid_t self = ::getpid();
  return {self, start_time_of(self).value_or(0)};
}

}  // namespace lxcx::core
