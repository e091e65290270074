// SPDX-License-Identifier: Apache-2.0
#include "core/config/names.hpp"

#include <signal.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.hpp"
#include "core/config/diagnostics.hpp"

namespace lxcx::core {
namespace {

// In the order of linux/capability.h.
constexpr std::array<std::string_view, capability_count> capabilities{"chown",
                                                                      "dac_override",
                                                                      "dac_read_search",
                                                                      "fowner",
                                                                      "fsetid",
                                                                      "kill",
                                                                      "setgid",
                                                                      "setuid",
                                                                      "setpcap",
                                                                      "linux_immutable",
                                                                      "net_bind_service",
                                                                      "net_broadcast",
                                                                      "net_admin",
                                                                      "net_raw",
                                                                      "ipc_lock",
                                                                      "ipc_owner",
                                                                      "sys_module",
                                                                      "sys_rawio",
                                                                      "sys_chroot",
                                                                      "sys_ptrace",
                                                                      "sys_pacct",
                                                                      "sys_admin",
                                                                      "sys_boot",
                                                                      "sys_nice",
                                                                      "sys_resource",
                                                                      "sys_time",
                                                                      "sys_tty_config",
                                                                      "mknod",
                                                                      "lease",
                                                                      "audit_write",
                                                                      "audit_control",
                                                                      "setfcap",
                                                                      "mac_override",
                                                                      "mac_admin",
                                                                      "syslog",
                                                                      "wake_alarm",
                                                                      "block_suspend",
                                                                      "audit_read",
                                                                      "perfmon",
                                                                      "bpf",
                                                                      "checkpoint_restore"};

template <class T>
struct Named {
  std::string_view name;
  T value;
};

// Where two names have one number, the one to show comes first.
constexpr std::array signals{
    Named{"HUP", SIGHUP},       Named{"INT", SIGINT},   Named{"QUIT", SIGQUIT}, Named{"ILL", SIGILL},       Named{"ABRT", SIGABRT},
    Named{"FPE", SIGFPE},       Named{"KILL", SIGKILL}, Named{"SEGV", SIGSEGV}, Named{"PIPE", SIGPIPE},     Named{"ALRM", SIGALRM},
    Named{"TERM", SIGTERM},     Named{"USR1", SIGUSR1}, Named{"USR2", SIGUSR2}, Named{"CHLD", SIGCHLD},     Named{"CONT", SIGCONT},
    Named{"STOP", SIGSTOP},     Named{"TSTP", SIGTSTP}, Named{"TTIN", SIGTTIN}, Named{"TTOU", SIGTTOU},     Named{"TRAP", SIGTRAP},
    Named{"IOT", SIGIOT},       Named{"BUS", SIGBUS},
#ifdef SIGSTKFLT
    Named{"STKFLT", SIGSTKFLT},
#endif
#ifdef SIGCLD
    Named{"CLD", SIGCLD},
#endif
    Named{"URG", SIGURG},       Named{"XCPU", SIGXCPU}, Named{"XFSZ", SIGXFSZ}, Named{"VTALRM", SIGVTALRM}, Named{"PROF", SIGPROF},
    Named{"WINCH", SIGWINCH},   Named{"IO", SIGIO},     Named{"POLL", SIGPOLL}, Named{"PWR", SIGPWR},       Named{"SYS", SIGSYS},
#ifdef SIGEMT
    Named{"EMT", SIGEMT},
#endif
#ifdef SIGINFO
    Named{"INFO", SIGINFO},
#endif
#ifdef SIGLOST
    Named{"LOST", SIGLOST},
#endif
#ifdef SIGUNUSED
    Named{"UNUSED", SIGUNUSED},
#endif
};

constexpr int highest_signal = 64;  // _NSIG on every Linux architecture but MIPS

constexpr std::array rlimits{
    Named<int>{"as", RLIMIT_AS},           Named<int>{"core", RLIMIT_CORE},         Named<int>{"cpu", RLIMIT_CPU},
    Named<int>{"data", RLIMIT_DATA},       Named<int>{"fsize", RLIMIT_FSIZE},       Named<int>{"locks", RLIMIT_LOCKS},
    Named<int>{"memlock", RLIMIT_MEMLOCK}, Named<int>{"msgqueue", RLIMIT_MSGQUEUE}, Named<int>{"nice", RLIMIT_NICE},
    Named<int>{"nofile", RLIMIT_NOFILE},   Named<int>{"nproc", RLIMIT_NPROC},       Named<int>{"rss", RLIMIT_RSS},
    Named<int>{"rtprio", RLIMIT_RTPRIO},   Named<int>{"rttime", RLIMIT_RTTIME},     Named<int>{"sigpending", RLIMIT_SIGPENDING},
    Named<int>{"stack", RLIMIT_STACK}};

constexpr unsigned long bits32 = PER_LINUX32, bits64 = PER_LINUX;
constexpr std::array architectures{Named{"arm", bits32},         Named{"armel", bits32},   Named{"armhf", bits32},   Named{"armv7l", bits32},
                                   Named{"athlon", bits32},      Named{"i386", bits32},    Named{"i486", bits32},    Named{"i586", bits32},
                                   Named{"i686", bits32},        Named{"linux32", bits32}, Named{"mips", bits32},    Named{"mipsel", bits32},
                                   Named{"ppc", bits32},         Named{"powerpc", bits32}, Named{"x32", bits32},     Named{"x86", bits32},
                                   Named{"aarch64", bits64},     Named{"amd64", bits64},   Named{"arm64", bits64},   Named{"linux64", bits64},
                                   Named{"loongarch64", bits64}, Named{"loong64", bits64}, Named{"mips64", bits64},  Named{"mips64el", bits64},
                                   Named{"ppc64", bits64},       Named{"ppc64el", bits64}, Named{"ppc64le", bits64}, Named{"powerpc64", bits64},
                                   Named{"riscv64", bits64},     Named{"s390x", bits64},   Named{"x86_64", bits64}};

template <class Table>
auto find(const Table& rows, std::string_view name) {
  const auto found = std::ranges::find_if(rows, [&](const auto& row) { return row.name == name; });
  return found == rows.end() ? std::nullopt : std::optional(found->value);
}

template <class Table>
std::vector<std::string_view> names_of(const Table& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

std::optional<int> small_number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

/// What follows SIGRTMIN or SIGRTMAX: an offset with the sign that leads into the range.
std::optional<int> real_time_signal(std::string_view name) {
  const bool from_min = name.starts_with("RTMIN+");
  if (!from_min && !name.starts_with("RTMAX-")) return std::nullopt;
  const std::optional<int> offset = small_number(name.substr(6));
  if (!offset || *offset > SIGRTMAX - SIGRTMIN) return std::nullopt;
  return from_min ? SIGRTMIN + *offset : SIGRTMAX - *offset;
}

}  // namespace

std::optional<int> capability_number(std::string_view name) {
  const auto found = std::ranges::find(capabilities, name);
  return found == capabilities.end() ? std::nullopt : std::optional(static_cast<int>(found - capabilities.begin()));
}

std::string_view capability_name(int number) {
  return number >= 0 && number < capability_count ? capabilities[static_cast<std::size_t>(number)] : std::string_view{};
}

std::vector<std::string_view> capability_names() { return {capabilities.begin(), capabilities.end()}; }

Result<int> parse_signal(std::string_view text) {
  if (const std::optional<int> number = small_number(text)) {
    if (*number <= highest_signal) return *number;
    return fail(Code::usage, shown(text) + " is no signal: numbers end at 64");
  }
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const std::string_view name = upper;
  const bool has_prefix = name.starts_with("SIG");
  const std::string_view bare = has_prefix ? name.substr(3) : name;
  std::optional<int> number = find(signals, bare);
  if (!number) number = real_time_signal(bare);
  if (number && has_prefix) return *number;
  if (number) return fail(Code::usage, shown(text) + " is no signal", "write SIG" + std::string(bare));
  if (bare == "RTMIN" || bare == "RTMAX") return fail(Code::usage, shown(text) + " lacks its offset", "write SIGRTMIN+0, or SIGRTMAX-0");
  const std::string_view near = nearest(bare, names_of(signals));
  return fail(Code::usage, shown(text) + " is no signal",
              near.empty() ? "a number, a name such as SIGTERM, or SIGRTMIN+N" : "did you mean SIG" + std::string(near) + "?");
}

std::string signal_name(int number) {
  const auto found = std::ranges::find_if(signals, [&](const auto& row) { return row.value == number; });
  if (found != signals.end()) return "SIG" + std::string(found->name);
  if (number >= SIGRTMIN && number <= SIGRTMAX) return "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
  return std::to_string(number);
}

std::optional<int> rlimit_number(std::string_view name) { return find(rlimits, name); }
std::vector<std::string_view> rlimit_names() { return names_of(rlimits); }
std::optional<unsigned long> architecture_personality(std::string_view name) { return find(architectures, name); }
std::vector<std::string_view> architecture_names() { return names_of(architectures); }

}  // namespace lxcx::core
