// SPDX-License-Identifier: Apache-2.0
// Where configuration comes from outside of tests: files, read through fds; never written.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "core/base/unique_fd.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/limits.hpp"
#include "core/config/parse.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {
namespace {

/// What a shell makes of <(…), and the standard input: somebody writes to it.
bool is_handed_over(const std::string& path) { return path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/") || path == "/dev/stdin"; }

enum class Whose {
  anybodys,
  own
};

/// Also of a pipe or /dev/null, which people pass on command lines; whatever it is, one byte more than the limit is the last one read. A FIFO that
/// only stands there is no file: nobody may ever write to it.
Result<std::string> read_file(const std::string& path, Whose whose = Whose::anybodys) {
  const int waits = is_handed_over(path) ? 0 : O_NONBLOCK;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | waits));
  if (!fd) return fail_errno(errno, "cannot open " + shown(path, 4096));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "cannot stat " + shown(path, 4096));
  if (whose == Whose::own) LXCX_CHECK(check_owner(path, status));
  if (waits != 0 && S_ISFIFO(status.st_mode)) return fail(Code::config, shown(path, 4096) + " is a FIFO", "a configuration is an ordinary file");
  std::string text;
  text.resize(S_ISREG(status.st_mode) ? std::min<std::size_t>(static_cast<std::size_t>(status.st_size), limits::file_bytes) + 1 : 65536);
  std::size_t size = 0;
  while (size <= limits::file_bytes) {
    if (size == text.size()) text.resize(std::min(2 * size, limits::file_bytes + 1));
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "cannot read " + shown(path, 4096));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limits::file_bytes)
    return fail(Code::config, shown(path, 4096) + " is larger than 1 MiB", "a configuration is a few kilobytes; is this one?");
  text.resize(size);
  return text;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::vector<std::string>> list_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NONBLOCK));
  if (!fd && errno == ENOTDIR) return fail(Code::not_found, shown(path, 4096) + " is not a directory");
  if (!fd) return fail_errno(errno, "cannot open " + shown(path, 4096));
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (!directory) return fail_errno(errno, "cannot read " + shown(path, 4096));
  fd.release();  // the DIR's now
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(".conf")) names.emplace_back(name);
  }
  if (errno != 0) return fail_errno(errno, "cannot read " + shown(path, 4096));
  std::ranges::sort(names);
  return names;
}

}  // namespace

ConfigSource real_config_source() {
  return {[](const std::string& path) { return read_file(path); }, list_directory, [](const char* name) -> const char* { return std::getenv(name); }};
}

ConfigSource own_config_source(const ConfigSource& source, std::string directory) {
  ConfigSource own = source;
  own.read = [anybodys = source.read, beginning = std::move(directory) + "/"](const std::string& path) {
    return path.starts_with(beginning) ? read_file(path, Whose::own) : anybodys(path);
  };
  return own;
}

}  // namespace lxcx::core
