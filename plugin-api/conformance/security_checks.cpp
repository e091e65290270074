// SPDX-License-Identifier: Apache-2.0
// SEC-n: a security plugin's verbs, and whether the kernel takes what it compiles.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/text.hpp"
#include "core/plugin/capabilities.hpp"
#include "crash.hpp"
#include "subject.hpp"
#include "tree.hpp"

namespace lxcx::conformance {

namespace {

constexpr std::array<std::string_view, 5> known_results{"payload.seccomp", "payload.seccomp.flags", "payload.label", "monitor.seccomp.proxy",
                                                        "monitor.seccomp.cookie"};
constexpr std::array<std::string_view, 2> known_fds{"payload.landlock", "monitor.landlock"};

using Results = std::vector<std::pair<std::string, std::string>>;

class SecurityBench {
 public:
  explicit SecurityBench(Subject& subject) : subject_(subject), security_(core::make_proxy(subject.table<lxcx_security_ops>())) {}

  Result<void> validate(std::vector<core::Setting> changes = {}) {
    return run_verb(subject_, "validate", {nullptr, std::move(changes)},
                    [&](Call& call, core::HostCall&) { return security_->validate(call, confinement()); });
  }
  /// `use` sees the results while their fds are open.
  template <class Use>
  Checked compile(Journal* journal, Use use) {
    Checked used;
    const Result<void> compiled = run_verb(subject_, "compile", {journal}, [&](Call& call, core::HostCall& host) -> Result<void> {
      LXCX_CHECK(security_->compile(call, confinement()));
      used = use(host);
      return {};
    });
    LXCX_CHECK(worked(subject_, compiled, "compile"));
    return used;
  }
  Result<void> unload(Journal* journal) {
    return run_verb(subject_, "unload", {journal},
                    [&](Call& call, core::HostCall&) { return core::unloads_of(*security_)->unload(call, confinement()); });
  }
  bool unloads() { return core::unloads_of(*security_) != nullptr; }

 private:
  Confinement confinement() const { return {"lxcx-check", subject_.scratch, {}}; }
  Subject& subject_;
  std::unique_ptr<Security> security_;
};

/// Runs `confine` in a child that then exits with 7. Empty when that worked.
template <class Confine>
std::string confined_exit(Confine confine) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !confine()) ::_exit(1);
    ::syscall(SYS_exit_group, 7);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 7) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) return "the kernel refuses it";
  return "a process under it cannot even exit";
}

Checked seccomp_loads(const std::string& bytes, const std::string& flags_text) {
  const std::size_t count = bytes.size() / sizeof(sock_filter);
  LXCX_CHECK(ensure(!bytes.empty() && bytes.size() % sizeof(sock_filter) == 0 && count <= BPF_MAXINSNS,
                    "\"payload.seccomp\" of " + std::to_string(bytes.size()) + " bytes is no struct sock_filter[]"));
  std::vector<sock_filter> filter(count);
  std::memcpy(filter.data(), bytes.data(), bytes.size());
  const Result<std::int64_t> flags = core::parse_integer(flags_text.empty() ? "0" : flags_text);
  LXCX_CHECK(ensure(flags.has_value(), "\"payload.seccomp.flags\" is no number: " + flags_text));
  const std::string trouble = confined_exit([&] {
    sock_fprog program{static_cast<unsigned short>(count), filter.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, static_cast<unsigned>(*flags) & ~SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) == 0;
  });
  return ensure(trouble.empty(), "\"payload.seccomp\": " + trouble);
}

Checked emits_what_lxcx_can_apply(Subject& subject) {
  SecurityBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  return bench.compile(&journal, [](core::HostCall& host) -> Checked {
    const std::string flags(host.result("payload.seccomp.flags"));
    for (const auto& [key, value] : host.results) {
      LXCX_CHECK(ensure(std::ranges::find(known_results, key) != known_results.end(), "compile emits the unknown \"" + key + "\""));
      if (key == "payload.seccomp") LXCX_CHECK(seccomp_loads(value, flags));
      if (key == "payload.label")
        LXCX_CHECK(ensure(!value.empty() && value.find('\n') == std::string::npos, "\"payload.label\" is empty or has a line break"));
    }
    for (const auto& [key, fd] : host.result_fds) {
      LXCX_CHECK(ensure(std::ranges::find(known_fds, key) != known_fds.end(), "compile emits the unknown fd \"" + key + "\""));
      const std::string trouble = confined_exit([&, number = fd.get()] { return ::syscall(SYS_landlock_restrict_self, number, 0U) == 0; });
      LXCX_CHECK(ensure(trouble.empty(), "\"" + key + "\": " + trouble));
    }
    if (host.results.empty() && host.result_fds.empty()) return skipped("with the given settings compile emits nothing; name some with --set");
    return {};
  });
}

Checked validates(Subject& subject) {
  SecurityBench bench(subject);
  LXCX_CHECK(worked(subject, bench.validate(), "validate of the given settings"));
  return worked(subject, bench.validate(), "a second validate");
}

Checked refuses_what_cannot_work(Subject& subject) {
  SecurityBench bench(subject);
  bool asked = false;
  for (const core::SettingSchema& setting : subject.manifest->settings) {
    std::string bad;
    if (setting.type == "path") bad = "/lxcx-no-such-file";
    if (setting.type == "boolean") bad = "lxcx-neither";
    if (setting.type == "integer" || setting.type == "size") bad = "lxcx-no-number";
    if (bad.empty()) continue;
    asked = true;
    LXCX_CHECK(ensure(!bench.validate({{setting.name, bad, {}}}), "validate accepts " + setting.name + " = " + bad));
  }
  if (!asked) return skipped("it declares no setting with a value that is wrong for certain");
  return {};
}

Checked compiles_the_same_again(Subject& subject) {
  SecurityBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  Results first, second;
  LXCX_CHECK(bench.compile(&journal, [&](core::HostCall& host) -> Checked { return first = host.results, Checked{}; }));
  LXCX_CHECK(bench.compile(&journal, [&](core::HostCall& host) -> Checked { return second = host.results, Checked{}; }));
  return ensure(first == second, "the second compile emits something else");
}

Checked unloads_twice(Subject& subject) {
  SecurityBench bench(subject);
  if (!bench.unloads()) return skipped("the plugin does not have the capability \"unload\"");
  Journal journal(subject.scratch + "/journal");
  LXCX_CHECK(bench.compile(&journal, [](core::HostCall&) -> Checked { return {}; }));
  LXCX_CHECK(worked(subject, bench.unload(&journal), "unload"));
  return worked(subject, bench.unload(&journal), "a second unload");
}

Checked survives_a_kill(Subject& subject) {
  SecurityBench bench(subject);
  if (!bench.unloads()) return skipped("the plugin does not have the capability \"unload\"");
  const auto act = [&](Journal& journal) { (void)bench.compile(&journal, [](core::HostCall&) -> Checked { return {}; }); };
  return kill_at_every_record(subject.scratch, act, [&](Journal& journal, const std::string& when) {
    return worked(subject, bench.unload(&journal), "unload, compile " + when);
  });
}

Checked touches_no_files(Subject& subject) {
  SecurityBench bench(subject);
  Journal journal(subject.scratch + "/../journal");
  const auto before = tree_of(subject.scratch);
  LXCX_CHECK(worked(subject, bench.validate(), "validate"));
  LXCX_CHECK(bench.compile(&journal, [](core::HostCall&) -> Checked { return {}; }));
  const std::string difference = first_difference(before, tree_of(subject.scratch));
  return ensure(difference.empty(), "validate or compile changed the container's directory: " + difference);
}

constexpr std::array requirements{
    Requirement{"SEC-1", "validate accepts settings that work, any number of times.", validates},
    Requirement{"SEC-2", "compile emits only what lxcx can apply, and the kernel accepts it: a process under it can still exit.",
                emits_what_lxcx_can_apply},
    Requirement{"SEC-3", "compile with the same settings emits the same.", compiles_the_same_again},
    Requirement{"SEC-4", "validate refuses settings that cannot work, with a hint: a missing file, a malformed number or boolean.",
                refuses_what_cannot_work},
    Requirement{"SEC-5", "unload takes back what compile loaded; a second one is no error.", unloads_twice},
    Requirement{"SEC-6", "A process killed in compile: unload in another one, with the journal, succeeds.", survives_a_kill},
    Requirement{"SEC-7", "validate and compile write nothing into the container's directory.", touches_no_files},
};

}  // namespace

std::span<const Requirement> security_requirements() { return requirements; }

}  // namespace lxcx::conformance
