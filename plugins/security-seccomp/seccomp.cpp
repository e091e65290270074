// SPDX-License-Identifier: Apache-2.0
// security-seccomp: lxc.seccomp.profile, compiled on the host into the program that lxcx installs in init and in every attach.
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>

#include "filter.hpp"
#include "lxcx/fd.hpp"
#include "lxcx/plugin.hpp"

namespace lxcx {
namespace {

constexpr off_t max_policy_bytes = 1 << 20;
constexpr std::size_t max_cookie_bytes = 1024;

Result<std::string> read_policy(const std::string& path) {
  const std::string what = "seccomp policy '" + path + "'";
  // O_NONBLOCK: a FIFO must not hang the start.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return fail_errno(errno, "open " + what, errno == ENOENT ? "lxc.seccomp.profile must name an existing file" : "");
  struct stat status{};
  if (fstat(file.get(), &status) < 0) return fail_errno(errno, "fstat " + what);
  if (!S_ISREG(status.st_mode)) return fail(Code::config, what + " is not a regular file");
  if (status.st_size > max_policy_bytes) return fail(Code::config, what + " is larger than 1 MiB");
  std::string text;
  char chunk[4096];
  while (text.size() <= static_cast<std::size_t>(max_policy_bytes)) {
    const ssize_t count = ::read(file.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, "read " + what);
    if (count == 0) return text;
    text.append(chunk, static_cast<std::size_t>(count));
  }
  return fail(Code::config, what + " grew beyond 1 MiB while it was read");
}

Result<bool> allows_nesting(const Call& call) {
  const std::string_view value = call.setting("lxc.seccomp.allow_nesting");
  if (value.empty() || value == "0") return false;
  if (value == "1") return true;
  return fail(Code::config, "lxc.seccomp.allow_nesting must be 0 or 1, not '" + std::string(value) + "'",
              "1 adds the filter to one that lxcx itself runs under");
}

Result<void> check_notify(const Call& call) {
  constexpr std::string_view scheme = "unix:";
  const std::string_view proxy = call.setting("lxc.seccomp.notify.proxy");
  if (!proxy.empty() && !proxy.starts_with("unix:/") && !proxy.starts_with("unix:@"))
    return fail(Code::config, "lxc.seccomp.notify.proxy must be an address such as unix:/PATH or unix:@NAME, not '" + std::string(proxy) + "'");
  if (proxy.size() - std::min(proxy.size(), scheme.size()) >= sizeof(sockaddr_un::sun_path))
    return fail(Code::config, "the path in lxc.seccomp.notify.proxy is longer than " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes",
                "unix(7) takes no more; use a symbolic link");
  if (call.setting("lxc.seccomp.notify.cookie").size() > max_cookie_bytes)
    return fail(Code::config, "lxc.seccomp.notify.cookie is longer than " + std::to_string(max_cookie_bytes) + " bytes");
  return {};
}

class Seccomp final : public Security {
 public:
  Result<void> validate(Call& call, const Confinement&) override {
    LXCX_TRY(filter, compiled(call));
    if (filter.notifies && call.setting("lxc.seccomp.notify.proxy").empty())
      call.log(LXCX_WARN, "the seccomp policy has notify rules and there is no lxc.seccomp.notify.proxy: those calls will fail with ENOSYS");
    return {};
  }

  Result<void> compile(Call& call, const Confinement&) override {
    LXCX_TRY(filter, compiled(call));
    if (filter.program.empty()) return {};
    LXCX_TRY(nesting, allows_nesting(call));
    // LXC's rule: a filter of the caller stays in force for the container, and one filter is thought enough unless nesting is allowed.
    if (!nesting && prctl(PR_GET_SECCOMP) > 0) {
      call.log(LXCX_NOTICE, "lxcx itself runs under seccomp: the policy is not added (lxc.seccomp.allow_nesting = 1 would add it)");
      return {};
    }
    for (const std::string& note : filter.notes) call.log(LXCX_WARN, note);
    call.result("payload.seccomp", filter.program);
    call.result("payload.seccomp.flags", std::to_string(filter.notifies ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0UL));
    if (!filter.notifies) return {};
    call.result("monitor.seccomp.proxy", call.setting("lxc.seccomp.notify.proxy"));
    call.result("monitor.seccomp.cookie", call.setting("lxc.seccomp.notify.cookie"));
    return {};
  }

 private:
  /// An empty program when the configuration names no policy.
  static Result<seccomp::Filter> compiled(const Call& call) {
    LXCX_CHECK(check_notify(call));
    LXCX_CHECK(allows_nesting(call));
    const std::string path(call.setting("lxc.seccomp.profile"));
    if (path.empty()) return seccomp::Filter{};
    LXCX_TRY(text, read_policy(path));
    LXCX_TRY(policy, seccomp::parse_policy(text, path));
    return seccomp::build_filter(policy);
  }
};

}  // namespace
}  // namespace lxcx

LXCX_PLUGIN(security, lxcx::Seccomp, "seccomp", LXCX_PLUGIN_VERSION, "System call filters: LXC's policy files, versions 1 and 2", "Apache-2.0");
