// SPDX-License-Identifier: Apache-2.0
// hook-audit: an account of what happened to containers, one line each. Events inside the container's namespaces are left to others: the
// file is the host's, and lxcx opens nothing of the host from there.
#include <fcntl.h>
#include <sys/stat.h>

#include <system_error>

#include "lxcx/fd.hpp"
#include "lxcx/plugin.hpp"
#include "record.hpp"

namespace lxcx {
namespace {

constexpr std::string_view file_key = "lxcx.hook.audit.file", require_key = "lxcx.hook.audit.require";

struct Settings {
  std::string file;  ///< empty: no audit
  bool is_required = false;
};

Result<Settings> read_settings(const Call& call) {
  Settings settings{std::string(call.setting(file_key)), false};
  const std::string_view require = call.setting(require_key);
  settings.is_required = require == "1" || require == "yes" || require == "true";
  if (!settings.is_required && !require.empty() && require != "0" && require != "no" && require != "false")
    return fail(Code::config, std::string(require_key) + " must be 0 or 1, not '" + std::string(require) + "'",
                "with 1 an event that cannot be written fails");
  if (!settings.file.empty() && !settings.file.starts_with('/'))
    return fail(Code::config, std::string(file_key) + ": '" + settings.file + "' is not an absolute path", "begin it with '/'");
  if (settings.is_required && settings.file.empty()) return fail(Code::config, std::string(require_key) + " is set without " + std::string(file_key));
  return settings;
}

Result<Fd> open_log(const std::string& path) {
  // O_NONBLOCK: no FIFO may hang a start. O_NOFOLLOW: whoever may write to the directory does not choose another file for us.
  constexpr int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  Fd file(::open(path.c_str(), flags, 0600));
  if (!file) return fail_errno(errno, "open audit file '" + path + "'", errno == ELOOP ? "it is a symbolic link; name the file itself" : "");
  struct stat status{};
  if (::fstat(file.get(), &status) < 0) return fail_errno(errno, "fstat audit file '" + path + "'");
  if (!S_ISREG(status.st_mode)) return fail(Code::config, "audit file '" + path + "' is not a regular file");
  return file;
}

/// True when the last write was cut short (a full disk): the next record must not be glued to its remains.
bool ends_in_mid_line(const Fd& file) {
  struct stat status{};
  char last = '\n';
  if (::fstat(file.get(), &status) < 0 || status.st_size == 0) return false;
  return ::pread(file.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

/// In one write(2), which O_APPEND makes atomic against other writers of the file.
Result<void> append(const std::string& path, std::string line) {
  LXCX_TRY(file, open_log(path));
  if (ends_in_mid_line(file)) line.insert(0, 1, '\n');
  ssize_t count = 0;
  do count = ::write(file.get(), line.data(), line.size());
  while (count < 0 && errno == EINTR);
  if (count < 0) return fail_errno(errno, "write audit file '" + path + "'");
  if (static_cast<std::size_t>(count) != line.size()) return fail_errno(ENOSPC, "write audit file '" + path + "': the record was cut short");
  return {};
}

class Audit final : public Hook {
 public:
  static constexpr std::uint64_t wants = event_bit(LXCX_EVENT_PRE_START) | event_bit(LXCX_EVENT_START_HOST) | event_bit(LXCX_EVENT_RUNNING) |
                                         event_bit(LXCX_EVENT_STOP) | event_bit(LXCX_EVENT_POST_STOP) | event_bit(LXCX_EVENT_CREATE) |
                                         event_bit(LXCX_EVENT_CLONE) | event_bit(LXCX_EVENT_DESTROY) | event_bit(LXCX_EVENT_NET_UP) |
                                         event_bit(LXCX_EVENT_NET_DOWN);

  Result<void> run(Call& call, const Event& event) override {
    LXCX_TRY(settings, read_settings(call));
    if (settings.file.empty()) return {};
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    Result<void> written = append(settings.file, audit::record(event, now));
    if (written || settings.is_required) return written;
    const Error& error = written.error();
    call.log(LXCX_WARN, error.message + (error.sys_errno != 0 ? ": " + std::generic_category().message(error.sys_errno) : "") + ", ignoring");
    return {};
  }

  Result<void> validate(Call& call, const Event&) override {
    LXCX_CHECK(read_settings(call));
    return {};
  }
};

}  // namespace
}  // namespace lxcx

LXCX_PLUGIN(hook, lxcx::Audit, "audit", LXCX_PLUGIN_VERSION, "One JSON line per lifecycle event, appended to a file", "Apache-2.0");
