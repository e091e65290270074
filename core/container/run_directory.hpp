// SPDX-License-Identifier: Apache-2.0
// A started container's directory on tmpfs: its state, its journal, the configuration it was started with, its control socket.
//
//   state     the RunState below, replaced by rename(2)
//   journal   what was taken, one line each, written before it is taken
//   config    the configuration as started (teardown, attach and info use this, never the edited file)
//   control   the monitor's socket
//
// It exists from the first step of a start to the last of a teardown: a directory without a living init is a teardown to finish.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/container/name.hpp"
#include "core/container/states.hpp"
#include "core/kernel/kernel.hpp"
#include "core/plugin/host_call.hpp"

namespace lxcx::core {

/// A process, named so that a recycled pid is not mistaken for it.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  ///< field 22 of /proc/PID/stat, clock ticks since boot
};

/// A state that was entered. Numbers go up by one within a run.
struct StateChange {
  std::uint64_t number = 0;
  std::int64_t time_us = 0;  ///< since the epoch
  State state = State::starting;
};

struct RunState {
  /// Sets `state` and notes the change; nothing when it is in that state.
  void enter(State next);
  State state = State::starting;
  ProcessId init, monitor;
  std::int64_t started_at = 0;  ///< seconds since the epoch
  std::string lxcpath, name, config_file;
  std::string cgroup;           ///< the payload's path below each hierarchy: "lxc.payload.web"
  std::string monitor_cgroup;
  std::string cgroup_base;      ///< below which these are, as Cgroups::open takes it; empty: below process 1's
  int exit_status = -1;         ///< as wait(2) has it; -1 until init ended
  std::string target;           ///< "stop" or "reboot" once init ended
  unsigned clone_flags = 0;     ///< namespaces made, as clone(2) flags
  std::vector<StateChange> changes;  ///< the last ones, oldest first: who follows them misses none between two looks
  std::map<std::string, std::string> extra;  ///< forward compatible: unknown lines are kept
};

/// The text of a state file; what cannot be read in it is as if it were not there.
RunState parse_run_state(std::string_view text);

/// One journal line. scope: a step's name, or "storage", "network 0", "security seccomp" for a plugin's own records.
struct JournalEntry {
  std::string scope, key, value;
};

class Journal {
 public:
  Journal() = default;
  /// Opens (and with `create` makes) a journal in a directory; reads what is there. A torn last line is dropped.
  static Result<Journal> open(Kernel& kernel, int dirfd, bool create, const char* file_name = "journal");
  /// fcntl_locking(2), an open file description lock on the whole file, which LXC's own locks on `partial` conflict with; held until the last
  /// copy of the descriptor closes. False when another process has it.
  Result<bool> lock();
  /// Call it before the act. Outlives this process when it returns, and on tmpfs nothing outlives the machine.
  Result<void> append(std::string_view scope, std::string_view key, std::string_view value);
  /// On a disk: outlives a power cut when it returns.
  Result<void> sync() const { return kernel_->fsync(fd_.get()); }
  const std::vector<JournalEntry>& entries() const { return entries_; }
  const std::string* last(std::string_view scope, std::string_view key) const;
  std::vector<std::string> all(std::string_view scope, std::string_view key) const;

 private:
  Kernel* kernel_ = nullptr;
  UniqueFd fd_;
  std::vector<JournalEntry> entries_;
};

/// A plugin's view of the journal.
class JournalScope final : public RecordStore {
 public:
  JournalScope(Journal& journal, std::string scope) : journal_(journal), scope_(std::move(scope)) {}
  Result<void> record(std::string_view key, std::string_view value) override { return journal_.append(scope_, key, value); }
  const std::string* recall(std::string_view key) const override { return journal_.last(scope_, key); }

 private:
  Journal& journal_;
  std::string scope_;
};

/// Makes the directory of a lxcpath's run directories and its parents, or checks that they are this user's own.
Result<void> make_run_root(Kernel& kernel, const RuntimeRoot& root, const std::string& lxcpath);

class RunDirectory {
 public:
  /// Makes it (and its parents, 0711 and 0700). Errors: busy if it exists.
  static Result<RunDirectory> create(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths);
  /// Errors: not_running when there is none.
  static Result<RunDirectory> open(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths);
  /// The same from a path, for the teardown after the monitor.
  static Result<RunDirectory> open_path(Kernel& kernel, const std::string& path);

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  Result<RunState> read_state() const;
  Result<void> write_state(const RunState& state) const;
  Result<void> write_config(std::string_view text) const;
  Result<std::string> config_path() const;
  Result<Journal> journal(bool create) const;
  /// From now on remove() waits until this is let go of, or closed: who follows the states reads the last one. Where it cannot be held, it is not.
  void hold() const;
  void let_go() const;
  /// Removes the files lxcx makes, then the directory; waits 200 ms at most for those who hold it.
  Result<void> remove();

 private:
  Kernel* kernel_ = nullptr;
  std::string path_;
  UniqueFd fd_;
};

/// The start time of a living process (zombies count as dead), or nothing.
std::optional<std::uint64_t> start_time_of(pid_t pid);
bool is_alive(const ProcessId& process);
ProcessId this_process();

/// Whether a container was created to its end: while `partial` stands in its directory it was not, and whoever creates it holds a lock on that.
enum class Creation {
  finished,
  going_on,
  cut_short
};
Result<Creation> creation_of(Kernel& kernel, const ContainerPaths& paths);

/// For what has no configuration that can be seen: not_found, or denied when that may only be a matter of permission.
Error no_container(Kernel& kernel, const ContainerPaths& paths);

/// One container's exclusive lock (flock(2) on a file in the run root), held by every verb that changes it. A fork holds it too, until its copy of
/// the descriptor is closed. The file goes with the last trace of the container: when neither its directory nor its run directory is there at the
/// release.
class ContainerLock {
 public:
  ContainerLock(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths, UniqueFd fd);
  ContainerLock(ContainerLock&&) = default;
  ContainerLock& operator=(ContainerLock&&) = delete;
  ~ContainerLock();

 private:
  Kernel* kernel_;
  std::string directory_, run_directory_, file_, lxcpath_directory_;
  UniqueFd fd_;
};

/// Errors: busy when another process held it for `timeout_ms`.
Result<ContainerLock> lock_container(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths, int timeout_ms = 5000);

/// The abstract name of LXC's command socket for this container, without the NUL, as /proc/net/unix shows it behind an '@'.
std::string lxc_command_name(const ContainerPaths& paths);
/// True when that socket is in /proc/net/unix.
bool runs_under_lxc(const ContainerPaths& paths);

}  // namespace lxcx::core
