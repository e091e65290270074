// SPDX-License-Identifier: Apache-2.0
#include "crash.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcx::conformance {

namespace {

constexpr int most_records = 64;
constexpr int finished_signal = SIGTERM;  // how a child says that it was not killed inside the verb

/// True when the child was killed inside a record; false when the verb had returned.
Expected<bool> was_killed_inside(const std::function<void(Journal&)>& act, const std::string& path, int nth) {
  const pid_t child = ::fork();
  if (child < 0) return failed("fork failed");
  if (child == 0) {
    Journal journal(path);
    journal.kill_at_record(nth);
    act(journal);
    ::signal(finished_signal, SIG_DFL);
    ::kill(::getpid(), finished_signal);
    ::_exit(1);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  if (WIFSIGNALED(status) && WTERMSIG(status) == finished_signal) return false;
  return failed("the plugin ended its process (wait status " + std::to_string(status) + ")");
}

}  // namespace

Checked kill_at_every_record(const std::string& directory, const std::function<void(Journal&)>& act,
                             const std::function<Checked(Journal&, const std::string& when)>& recover) {
  for (int nth = 1; nth <= most_records; ++nth) {
    const std::string path = directory + "/journal-" + std::to_string(nth);
    LXCX_TRY(killed, was_killed_inside(act, path, nth));
    Journal journal(path);
    LXCX_CHECK(recover(journal, killed ? "killed inside its record number " + std::to_string(nth) : "killed after the verb had returned"));
    if (!killed) return {};
  }
  return failed("it writes more than " + std::to_string(most_records) + " undo records");
}

}  // namespace lxcx::conformance
