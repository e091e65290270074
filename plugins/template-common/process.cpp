// SPDX-License-Identifier: Apache-2.0
#include "template-common/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>

#include "storage-common/os_error.hpp"

namespace lxcx::templates {
namespace {

constexpr std::size_t longest_line = 8192;
constexpr std::size_t tail_lines = 10;
constexpr int pause_ms = 100;

/// Output becomes lines; the last ones are kept.
class Lines {
 public:
  explicit Lines(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}
  void add(std::string_view text) {
    for (const char c : text) {
      if (c != '\n') pending_ += c;
      if (c == '\n' || pending_.size() >= longest_line) finish();
    }
  }
  void flush() {
    if (!pending_.empty()) finish();
  }
  std::string tail() const {
    std::string text;
    for (const std::string& line : kept_) text += (text.empty() ? "" : "\n") + line;
    return text;
  }

 private:
  void finish() {
    if (pending_.ends_with('\r')) pending_.pop_back();
    if (on_line_) on_line_(pending_);
    if (!pending_.empty()) kept_.push_back(std::exchange(pending_, {}));
    if (kept_.size() > tail_lines) kept_.pop_front();
  }
  const std::function<void(std::string_view)>& on_line_;
  std::string pending_;
  std::deque<std::string> kept_;
};

struct Pipe {
  Fd read_end, write_end;
  static Result<Pipe> make() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) < 0) return os_error(errno, "cannot make a pipe");
    return Pipe{Fd(fds[0]), Fd(fds[1])};
  }
};

int join_user_namespace(int user_namespace) {
  if (user_namespace < 0) return 0;
  if (::setns(user_namespace, CLONE_NEWUSER) < 0) return errno;
  if (::setgroups(0, nullptr) < 0 || ::setresgid(0, 0, 0) < 0 || ::setresuid(0, 0, 0) < 0) return errno;
  // The change of ids cleared it, and made the process undumpable, so that /proc/self would be the host root's.
  return ::prctl(PR_SET_DUMPABLE, 1) < 0 ? errno : 0;
}

/// In the child. Returns only when the program did not begin; then errno says why.
int become(const Program& program, char* const* argv, int output, int input, bool own_group) {
  if (own_group && ::setpgid(0, 0) < 0) return errno;
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) return errno;
  if (input == 0 && ::fcntl(0, F_SETFD, 0) < 0) return errno;
  if (program.prepare)
    if (const int error = program.prepare(); error != 0) return error;
  if (const int error = join_user_namespace(program.user_namespace); error != 0) return error;
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return errno;
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execv(argv[0], argv);
  return errno;
}

/// Killed and reaped on every way out.
class Child {
 public:
  Child(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill();
    wait();
  }
  void kill() const { ::kill(own_group_ ? -pid_ : pid_, SIGKILL); }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
  bool own_group_;
};

/// Until its output ends: something it left running in the background may hold that open, which is waited for too, as a shell's $(…) does.
Result<void> follow(const Program& program, int output, Lines& lines) {
  for (;;) {
    pollfd ready{output, POLLIN, 0};
    const int count = ::poll(&ready, 1, pause_ms);
    if (count < 0 && errno != EINTR) return os_error(errno, "cannot wait for output");
    if (program.cancelled && program.cancelled())
      return fail(Code::cancelled, "'" + program.argv[0] + "' was cancelled", "what it made is incomplete; create the container again");
    if (count <= 0) {
      lines.flush();
      if (program.on_pause) program.on_pause();
      continue;
    }
    char text[16384];
    const ssize_t size = ::read(output, text, sizeof text);
    if (size == 0) return {};
    if (size < 0 && errno != EINTR) return os_error(errno, "cannot read output");
    if (size > 0) lines.add({text, static_cast<std::size_t>(size)});
  }
}

}  // namespace

Result<Ended> run(const Program& program) {
  LXCX_TRY(output, Pipe::make());
  LXCX_TRY(trouble, Pipe::make());
  Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return os_error(errno, "cannot open /dev/null");
  const int input = program.input < 0 ? null.get() : program.input;
  // A group of its own can be killed as a whole; but out of the terminal's group it could not be asked anything.
  const bool own_group = ::isatty(input) == 0;
  std::vector<char*> argv;
  for (const std::string& word : program.argv) argv.push_back(const_cast<char*>(word.c_str()));  // execv(3) does not write to them
  argv.push_back(nullptr);

  const pid_t pid = ::fork();
  if (pid < 0) return os_error(errno, "cannot fork");
  if (pid == 0) {
    const int error = become(program, argv.data(), output.write_end.get(), input, own_group);
    [[maybe_unused]] const ssize_t told = ::write(trouble.write_end.get(), &error, sizeof error);
    ::_exit(127);
  }
  if (own_group) ::setpgid(pid, pid);  // here too: whichever comes first
  Child child(pid, own_group);
  output.write_end.reset();
  trouble.write_end.reset();
  int error = 0;
  if (::read(trouble.read_end.get(), &error, sizeof error) == sizeof error)
    return os_error(error, "cannot run '" + program.argv[0] + "'",
                    error == ENOENT    ? "if it is a script, the interpreter in its first line must exist"
                    : error == ENOEXEC ? "it is not a program for this machine, or a script without #! line"
                                       : "");
  Lines lines(program.on_line);
  LXCX_CHECK(follow(program, output.read_end.get(), lines));
  lines.flush();
  const int status = child.wait();
  return Ended{status, lines.tail()};
}

Result<void> check_ended(const Ended& ended, const std::string& name, std::string hint) {
  if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0) return {};
  std::string how = "'" + name + "' ";
  if (WIFSIGNALED(ended.status))
    how += std::string("was killed by signal ") + std::to_string(WTERMSIG(ended.status)) + " (" + ::strsignal(WTERMSIG(ended.status)) + ")";
  else
    how += "ended with exit status " + std::to_string(WEXITSTATUS(ended.status));
  Failure failure = fail(Code::plugin, how, hint.empty() ? "its last lines say why, if anything does; -l info shows all of them" : std::move(hint));
  failure.error().details = ended.tail;
  return failure;
}

std::vector<std::string> find_programs(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string places = std::string(path != nullptr ? path : "") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::vector<std::string> found;
  for (std::size_t start = 0; start < places.size();) {
    const std::size_t colon = std::min(places.find(':', start), places.size());
    const std::string candidate = places.substr(start, colon - start) + "/" + name;
    start = colon + 1;
    struct stat status{};
    const bool runs =
        candidate.starts_with('/') && ::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(candidate.c_str(), X_OK) == 0;
    if (runs && std::ranges::find(found, candidate) == found.end()) found.push_back(candidate);
  }
  return found;
}

Result<std::string> find_program(const std::string& name) {
  const std::vector<std::string> found = find_programs(name);
  if (found.empty()) return fail(Code::not_found, "the program '" + name + "' is not installed", "apt-get install " + name);
  return found.front();
}

}  // namespace lxcx::templates
