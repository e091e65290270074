// SPDX-License-Identifier: Apache-2.0
#include "filter.hpp"

#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>

#include "lxcx/fd.hpp"

namespace lxcx::seccomp {
namespace {

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

struct SectionArch {
  Section section;
  std::uint32_t arch;
  std::string_view name;
};
constexpr std::array section_archs{
    SectionArch{Section::x86, SCMP_ARCH_X86, "x86"},
    SectionArch{Section::x32, SCMP_ARCH_X32, "x32"},
    SectionArch{Section::x86_64, SCMP_ARCH_X86_64, "x86_64"},
    SectionArch{Section::arm, SCMP_ARCH_ARM, "arm"},
    SectionArch{Section::arm64, SCMP_ARCH_AARCH64, "arm64"},
    SectionArch{Section::ppc, SCMP_ARCH_PPC, "ppc"},
    SectionArch{Section::ppc64, SCMP_ARCH_PPC64, "ppc64"},
    SectionArch{Section::ppc64le, SCMP_ARCH_PPC64LE, "ppc64le"},
    SectionArch{Section::mips, SCMP_ARCH_MIPS, "mips"},
    SectionArch{Section::mips64, SCMP_ARCH_MIPS64, "mips64"},
    SectionArch{Section::mips64n32, SCMP_ARCH_MIPS64N32, "mips64n32"},
    SectionArch{Section::mipsel, SCMP_ARCH_MIPSEL, "mipsel"},
    SectionArch{Section::mipsel64, SCMP_ARCH_MIPSEL64, "mipsel64"},
    SectionArch{Section::mipsel64n32, SCMP_ARCH_MIPSEL64N32, "mipsel64n32"},
    SectionArch{Section::s390, SCMP_ARCH_S390, "s390"},
    SectionArch{Section::s390x, SCMP_ARCH_S390X, "s390x"},
    SectionArch{Section::riscv64, SCMP_ARCH_RISCV64, "riscv64"},
#ifdef SCMP_ARCH_LOONGARCH64
    SectionArch{Section::loongarch64, SCMP_ARCH_LOONGARCH64, "loongarch64"},
#endif
};

/// What a 64-bit kernel runs besides its own; 0 is no entry.
struct Machine {
  std::uint32_t native;
  std::array<std::uint32_t, 2> compat;
};
constexpr std::array machines{
    Machine{SCMP_ARCH_X86_64, {SCMP_ARCH_X86, SCMP_ARCH_X32}},
    Machine{SCMP_ARCH_AARCH64, {SCMP_ARCH_ARM, 0}},
    Machine{SCMP_ARCH_PPC64, {SCMP_ARCH_PPC, 0}},
    Machine{SCMP_ARCH_S390X, {SCMP_ARCH_S390, 0}},
    Machine{SCMP_ARCH_MIPS64, {SCMP_ARCH_MIPS, SCMP_ARCH_MIPS64N32}},
    Machine{SCMP_ARCH_MIPSEL64, {SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPSEL64N32}},
};

std::string_view arch_name(std::uint32_t arch) {
  const auto found = std::ranges::find(section_archs, arch, &SectionArch::arch);
  return found == section_archs.end() ? "native" : found->name;
}

std::uint32_t to_scmp(const Action& action) {
  switch (action.type) {
    case Action::Type::kill: return SCMP_ACT_KILL_THREAD;  // as LXC's: the thread, not the process
    case Action::Type::trap: return SCMP_ACT_TRAP;
    case Action::Type::allow: return SCMP_ACT_ALLOW;
    case Action::Type::notify: return SCMP_ACT_NOTIFY;
    case Action::Type::error: break;
  }
  return SCMP_ACT_ERRNO(std::uint32_t{action.error});
}

scmp_arg_cmp to_scmp(const Argument& argument) {
  constexpr std::array operators{SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};
  const bool masked = argument.compare == Argument::Compare::masked_eq;
  return {argument.index, operators[static_cast<std::size_t>(argument.compare)], masked ? argument.mask : argument.value,
          masked ? argument.value : 0};
}

Failure libseccomp_failed(int result, std::string what) { return fail_errno(-result, "libseccomp: " + std::move(what)); }

bool applies(const Rule& rule, std::uint32_t arch) {
  if (rule.section == Section::all) return true;
  const auto found = std::ranges::find(section_archs, rule.section, &SectionArch::section);
  return found != section_archs.end() && found->arch == arch;
}

/// One architecture's part of the filter. (Rules of one context go to all of its architectures, so each has a context of its own.)
class ArchFilter {
 public:
  ArchFilter(const Policy& policy, std::uint32_t arch, Filter& filter) : policy_(policy), arch_(arch), filter_(filter) {}

  Result<Context> build() {
    LXCX_CHECK(check_handover());
    if (policy_.default_action.type == Action::Type::notify) filter_.notifies = true;
    LXCX_TRY(context, make_context());
    rejects_forced_umount_ = std::ranges::any_of(policy_.rules, [&](const Rule& rule) { return rule.rejects_forced_umount && applies(rule, arch_); });
    for (const Rule& rule : policy_.rules)
      if (applies(rule, arch_)) LXCX_CHECK(add(context.get(), rule));
    return context;
  }

 private:
  /// Who loads the filter sends the listener on with sendmsg(2): a notification of that very call nobody could answer.
  Result<void> check_handover() const {
    if (arch_ != seccomp_arch_native()) return {};
    bool is_answered = policy_.default_action.type != Action::Type::notify;
    for (const Rule& rule : policy_.rules) {
      if (rule.syscall != "sendmsg" || !applies(rule, arch_)) continue;
      if (rule.action.type == Action::Type::notify)
        return bad_rule(rule, "'sendmsg' cannot have the action 'notify'", "lxcx hands the listener over by it");
      is_answered = is_answered || rule.arguments.empty();
    }
    if (is_answered) return {};
    Failure failure = fail(Code::config, "with the default action 'notify' the policy needs a rule for 'sendmsg'",
                           "add the line: sendmsg allow. lxcx hands the listener over by it");
    failure.error().where = Location{policy_.file, 2, 1};
    return failure;
  }

  Result<Context> make_context() const {
    Context context(seccomp_init(to_scmp(policy_.default_action)));
    if (!context) return fail(Code::internal, "libseccomp: seccomp_init failed");
    if (arch_ != seccomp_arch_native()) {
      int result = seccomp_arch_add(context.get(), arch_);
      if (result == 0) result = seccomp_arch_remove(context.get(), SCMP_ARCH_NATIVE);
      if (result < 0) return libseccomp_failed(result, "cannot make a filter for " + std::string(arch_name(arch_)));
    }
    // no_new_privs is lxc.no_new_privs' business. TSKIP: a tracer sets the number to -1 to skip a call; that must not be killed.
    int result = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_NNP, 0);
    if (result == 0) result = seccomp_attr_set(context.get(), SCMP_FLTATR_API_TSKIP, 1);
    if (result < 0) return libseccomp_failed(result, "cannot set the filter's attributes");
    return context;
  }

  Failure bad_rule(const Rule& rule, std::string message, std::string hint) const {
    Failure failure = fail(Code::config, std::move(message), std::move(hint));
    failure.error().where = policy_.place(rule);
    return failure;
  }

  std::string name_of(const Rule& rule) const { return rule.syscall.empty() ? std::to_string(rule.number) : rule.syscall; }

  /// libseccomp's number: the native one, also for another architecture (it translates), or a negative stand-in for a call that this
  /// machine's own table lacks. Nothing, with a note, for a name that no architecture has.
  std::optional<int> resolve(const Rule& rule) {
    if (rule.syscall.empty()) return rule.number;
    const int number = seccomp_syscall_resolve_name(rule.syscall.c_str());
    if (number != __NR_SCMP_ERROR) return number;
    if (arch_ == seccomp_arch_native() || rule.section != Section::all)
      filter_.notes.push_back(at(rule) + "libseccomp knows no system call '" + rule.syscall + "': rule skipped");
    return std::nullopt;
  }

  Result<void> add(void* context, const Rule& rule) {
    if (rule.action == policy_.default_action)
      return bad_rule(rule, "'" + describe(rule.action) + "' is already what this policy does by default",
                      "remove the rule, or change the default action in line 2");
    const std::optional<int> number = resolve(rule);
    if (!number) return {};
    std::vector<scmp_arg_cmp> arguments;
    for (const Argument& argument : rule.arguments) arguments.push_back(to_scmp(argument));
    // A rule without arguments replaces those with (seccomp_rule_add(3)), and would silently undo reject_force_umount.
    if (rejects_forced_umount_ && rule.syscall == "umount2" && arguments.empty())
      arguments.push_back(scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, MNT_FORCE, 0});
    note_replacement(rule, arguments.empty());
    if (rule.action.type == Action::Type::notify) filter_.notifies = true;
    const int result = seccomp_rule_add_array(context, to_scmp(rule.action), *number, static_cast<unsigned>(arguments.size()), arguments.data());
    if (result == -EEXIST)
      return bad_rule(rule, "'" + name_of(rule) + "' has a rule with these arguments and another action already", "keep one of them");
    if (result < 0)
      return bad_rule(
          rule, "libseccomp refuses the rule for '" + name_of(rule) + "' on " + std::string(arch_name(arch_)) + ": " + std::strerror(-result), "");
    return {};
  }

  /// A rule without arguments beats those with, and of two such the first wins; libseccomp says nothing of either.
  void note_replacement(const Rule& rule, bool unconditional) {
    Seen& seen = seen_[name_of(rule)];
    if (seen.unconditional) return note_pointless(rule, *seen.unconditional);
    if (!unconditional) return seen.conditional.push_back(&rule);
    seen.unconditional = &rule;
    for (const Rule* other : seen.conditional) note_pointless(*other, rule);
  }

  void note_pointless(const Rule& rule, const Rule& winner) {
    if (rule.action == winner.action || (arch_ != seccomp_arch_native() && rule.section == Section::all)) return;
    filter_.notes.push_back(at(rule) + "the rule for '" + name_of(rule) + "' has no effect: that in line " + std::to_string(winner.line) +
                            " has no arguments and takes its place");
  }

  std::string at(const Rule& rule) const { return policy_.file + ":" + std::to_string(rule.line) + ":" + std::to_string(rule.column) + ": "; }

  struct Seen {
    const Rule* unconditional = nullptr;
    std::vector<const Rule*> conditional;
  };

  const Policy& policy_;
  std::uint32_t arch_;
  Filter& filter_;
  bool rejects_forced_umount_ = false;
  std::map<std::string, Seen> seen_;
};

std::vector<std::uint32_t> archs_of(const Policy& policy) {
  std::vector<std::uint32_t> archs{seccomp_arch_native()};
  // Version 1 has numbers, which mean something on one architecture only; what another calls is killed.
  if (policy.version == 1) return archs;
  for (const Machine& machine : machines)
    if (machine.native == archs.front())
      for (const std::uint32_t compat : machine.compat)
        if (compat != 0) archs.push_back(compat);
  return archs;
}

Result<std::string> export_program(void* context) {
  const Fd memory(memfd_create("lxcx-seccomp", MFD_CLOEXEC));
  if (!memory) return fail_errno(errno, "memfd_create");
  if (const int result = seccomp_export_bpf(context, memory.get()); result < 0) return libseccomp_failed(result, "cannot generate the filter");
  struct stat status{};
  if (fstat(memory.get(), &status) < 0) return fail_errno(errno, "fstat of the filter");
  std::string program(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t done = 0; done < program.size();) {
    const ssize_t count = pread(memory.get(), program.data() + done, program.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail_errno(errno, "read the filter back");
    done += static_cast<std::size_t>(count);
  }
  return program;
}

}  // namespace

Result<Filter> build_filter(const Policy& policy) {
  Filter filter;
  Context whole;
  for (const std::uint32_t arch : archs_of(policy)) {
    LXCX_TRY(context, ArchFilter(policy, arch, filter).build());
    if (!whole) {
      whole = std::move(context);
      continue;
    }
    if (const int result = seccomp_merge(whole.get(), context.get()); result < 0)
      return libseccomp_failed(result, "cannot merge the filter for " + std::string(arch_name(arch)));
    static_cast<void>(context.release());  // seccomp_merge(3) has freed it
  }
  LXCX_TRY(program, export_program(whole.get()));
  const std::size_t length = program.size() / sizeof(sock_filter);
  if (length > BPF_MAXINSNS)
    return fail(Code::unsupported,
                policy.file + " makes a filter of " + std::to_string(length) + " instructions; the kernel takes " + std::to_string(BPF_MAXINSNS),
                "use fewer rules or fewer argument filters");
  filter.program = std::move(program);
  return filter;
}

}  // namespace lxcx::seccomp
