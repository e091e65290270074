// SPDX-License-Identifier: Apache-2.0
#include "core/criu/criu.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <limits>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view program_directories = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t largest_output = std::size_t{1} << 20;

/// "(00.012) Error (criu/vdso.c:381): vdso: Unexpected …" -> "vdso: Unexpected …"; empty when the line is no error.
std::string_view error_text(std::string_view line) {
  constexpr std::string_view mark = "Error (";
  const std::size_t at = line.find(mark);
  if (at == std::string_view::npos) return {};
  const std::size_t end = line.find("): ", at);
  return end == std::string_view::npos ? std::string_view() : trim(line.substr(end + 3));
}

/// criu tries every iptables there is, and complains of each that is missing as if that were what went wrong.
bool says_nothing(std::string_view text) {
  return text.starts_with("exited, status=") || text.ends_with("-save -V failed") || (text.starts_with("execvp(\"ip") && text.contains("tables"));
}

Result<std::string> find_in_path(Kernel& kernel, std::string_view path, std::string_view name) {
  for (const std::string& directory : split(path, ':')) {
    std::string program = directory + "/" + std::string(name);
    if (program.starts_with('/') && kernel.faccessat(AT_FDCWD, program.c_str(), X_OK, 0)) return program;
  }
  return fail(Code::not_found, "'" + std::string(name) + "' is not installed");
}

/// In the child. Returns only to fail.
Result<void> become_criu(Kernel& kernel, const CriuRun& run, int output) {
  LXCX_CHECK(kernel.setsid());
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDONLY));
  LXCX_CHECK(kernel.dup2(null.get(), STDIN_FILENO));
  LXCX_CHECK(kernel.dup2(output, STDOUT_FILENO));
  LXCX_CHECK(kernel.dup2(output, STDERR_FILENO));
  if (run.prepare) LXCX_CHECK(run.prepare());
  LXCX_CHECK(kernel.close_range(3, std::numeric_limits<unsigned>::max(), CLOSE_RANGE_CLOEXEC));
  for (const int fd : run.inherited) LXCX_CHECK(kernel.fcntl(fd, F_SETFD, 0));
  std::vector<std::string> words{"criu"}, environment = run.environment;
  words.insert(words.end(), run.arguments.begin(), run.arguments.end());
  environment.push_back("PATH=" + std::string(program_directories));
  std::vector<char*> argv, envp;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& word : environment) envp.push_back(word.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  return kernel.execveat(AT_FDCWD, run.program.c_str(), argv.data(), envp.data(), 0);
}

}  // namespace

Result<std::string> find_criu(Kernel& kernel) {
  // Root's own PATH comes first, as for every program that an administrator may have put elsewhere.
  const char* path = ::secure_getenv("PATH");
  Result<std::string> found = find_in_path(kernel, path != nullptr ? std::string_view(path) : program_directories, "criu");
  if (found) return found;
  return fail(Code::unsupported, "criu is not installed", "install the package criu: apt-get install criu");
}

bool criu_can_run(Kernel& kernel, std::string_view program) { return find_in_path(kernel, program_directories, program).has_value(); }

Result<void> check_criu(Kernel& kernel, const std::string& program) {
  LXCX_TRY(running, start_criu(kernel, {program, {"check"}, {}, {}, nullptr}));
  LXCX_TRY(status, await_criu(kernel, running));
  if (status.as_shell() == 0) return {};
  const std::string output = output_of(kernel, running);
  const std::vector<std::string> errors = error_lines(output, 100);
  // The first one is the cause, the others are what came of it.
  Error error{Code::unsupported, 0, "criu does not work on this kernel", {}, {}, {}, {}};
  if (!errors.empty()) error.message += ": " + errors.front();
  if (errors.size() > 1) error.details = join({errors.begin() + 1, errors.end()}, "\n") + "\n";
  if (errors.empty()) error.details = output;
  error.hint = "`criu check` must succeed: use another kernel or a newer criu";
  return std::unexpected(std::move(error));
}

Result<RunningCriu> start_criu(Kernel& kernel, const CriuRun& run) {
  RunningCriu running;
  LXCX_TRY(output, kernel.memfd_create("lxcx-criu", 0));
  running.output = std::move(output);
  LXCX_TRY(pid, kernel.fork());
  if (pid == 0) {
    const Result<void> failed = become_criu(kernel, run, running.output.get());
    (void)write_all(kernel, STDERR_FILENO, "Error (lxcx): " + failed.error().message + "\n");
    ::_exit(127);
  }
  running.pid = pid;
  // Without it, it runs all the same, and what it has begun is the caller's to look after.
  if (Result<UniqueFd> pidfd = kernel.pidfd_open(pid)) running.pidfd = std::move(*pidfd);
  return running;
}

Result<ExitStatus> await_criu(Kernel& kernel, RunningCriu& running) {
  Result<ExitStatus> status = kernel.wait_pid(running.pid);
  if (!status && running.pidfd) (void)kernel.wait_pidfd(running.pidfd.get(), -1);
  return status;
}

std::string output_of(Kernel& kernel, const RunningCriu& running) {
  return read_file(kernel, AT_FDCWD, ("/proc/self/fd/" + std::to_string(running.output.get())).c_str(), largest_output).value_or("");
}

std::vector<std::string> error_lines(std::string_view log, std::size_t most) {
  std::vector<std::string> lines;
  for (const std::string& line : split(log, '\n'))
    if (const std::string_view text = error_text(line); !text.empty() && !says_nothing(text)) lines.emplace_back(text);
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  return lines;
}

}  // namespace lxcx::core
