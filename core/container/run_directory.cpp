// SPDX-License-Identifier: Apache-2.0
#include "core/container/run_directory.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>

#include <array>
#include <chrono>
#include <limits>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_state = 64 << 10;
/// Several freezes and thaws between two looks of the slowest reader.
constexpr std::size_t most_changes = 32;
constexpr int longest_hold_ms = 200;

std::string print(const ProcessId& process) { return std::to_string(process.pid) + " " + std::to_string(process.start_time); }

ProcessId parse_process(std::string_view text) {
  const std::vector<std::string> parts = split(text, ' ');
  if (parts.size() != 2) return {};
  const Result<std::int64_t> pid = parse_integer(parts[0]);
  const Result<std::int64_t> start = parse_integer(parts[1]);
  if (!pid || !start || *pid < 0 || *pid > std::numeric_limits<pid_t>::max() || *start < 0) return {};
  return {static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*start)};
}

std::int64_t number(std::string_view text, std::int64_t otherwise) { return parse_integer(text).value_or(otherwise); }

std::string print(const std::vector<StateChange>& changes) {
  std::vector<std::string> words;
  for (const StateChange& change : changes)
    words.push_back(std::to_string(change.number) + ":" + std::to_string(change.time_us) + ":" + std::string(state_name(change.state)));
  return join(words, " ");
}

std::vector<StateChange> parse_changes(std::string_view text) {
  std::vector<StateChange> changes;
  for (const std::string& word : split(text, ' ')) {
    const std::vector<std::string> parts = split(word, ':');
    if (parts.size() != 3) continue;
    const std::int64_t number_of = number(parts[0], -1);
    const std::optional<State> state = parse_state(parts[2]);
    if (number_of > 0 && state) changes.push_back({static_cast<std::uint64_t>(number_of), number(parts[1], 0), *state});
  }
  return changes;
}

std::string print(const RunState& state) {
  std::string text;
  const auto line = [&](std::string_view key, std::string_view value) { text += std::string(key) + "\t" + escape_line(value) + "\n"; };
  line("state", state_name(state.state));
  line("init", print(state.init));
  line("monitor", print(state.monitor));
  line("started_at", std::to_string(state.started_at));
  line("lxcpath", state.lxcpath);
  line("name", state.name);
  line("config_file", state.config_file);
  line("cgroup", state.cgroup);
  line("monitor_cgroup", state.monitor_cgroup);
  if (!state.cgroup_base.empty()) line("cgroup_base", state.cgroup_base);
  line("exit_status", std::to_string(state.exit_status));
  line("target", state.target);
  line("clone_flags", std::to_string(state.clone_flags));
  line("changes", print(state.changes));
  for (const auto& [key, value] : state.extra) line(key, value);
  return text;
}

}  // namespace

RunState parse_run_state(std::string_view text) {
  RunState state;
  for (const std::string& each : split(text, '\n')) {
    const std::size_t tab = each.find('\t');
    if (tab == std::string::npos) continue;
    const std::string key = each.substr(0, tab);
    const std::string value = unescape_line(std::string_view(each).substr(tab + 1));
    if (key == "state")
      state.state = parse_state(value).value_or(State::starting);
    else if (key == "init")
      state.init = parse_process(value);
    else if (key == "monitor")
      state.monitor = parse_process(value);
    else if (key == "started_at")
      state.started_at = number(value, 0);
    else if (key == "lxcpath")
      state.lxcpath = value;
    else if (key == "name")
      state.name = value;
    else if (key == "config_file")
      state.config_file = value;
    else if (key == "cgroup")
      state.cgroup = value;
    else if (key == "monitor_cgroup")
      state.monitor_cgroup = value;
    else if (key == "cgroup_base")
      state.cgroup_base = value;
    else if (key == "exit_status")
      state.exit_status = static_cast<int>(number(value, -1));
    else if (key == "target")
      state.target = value;
    else if (key == "clone_flags")
      state.clone_flags = static_cast<unsigned>(number(value, 0));
    else if (key == "changes")
      state.changes = parse_changes(value);
    else
      state.extra[key] = value;
  }
  return state;
}

namespace {

/// Makes a directory of ours, or checks that the one there is ours: nobody else's, no symlink (CVE-2015-1331).
Result<UniqueFd> own_directory(Kernel& kernel, const std::string& path, mode_t mode) {
  const Result<void> made = kernel.mkdirat(AT_FDCWD, path.c_str(), mode);
  if (!made && made.error().sys_errno != EEXIST) return std::unexpected(made.error());
  LXCX_TRY(fd, kernel.openat(AT_FDCWD, path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  LXCX_TRY(status, kernel.fstat(fd.get()));
  if (status.st_uid != ::geteuid() || (status.st_mode & 022) != 0)
    return fail(Code::denied, "'" + path + "' is not lxcx's own: it belongs to uid " + std::to_string(status.st_uid) + " or others can write it",
                "remove it, or give it to the user who runs lxcx with mode 0755 or less");
  return fd;
}

}  // namespace

void RunState::enter(State next) {
  const bool is_noted = !changes.empty() && changes.back().state == next;
  state = next;
  if (is_noted) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  changes.push_back({changes.empty() ? 1 : changes.back().number + 1, std::chrono::duration_cast<std::chrono::microseconds>(now).count(), next});
  if (changes.size() > most_changes) changes.erase(changes.begin());
}

Result<void> make_run_root(Kernel& kernel, const RuntimeRoot& root, const std::string& lxcpath) {
  const std::size_t slash = root.directory.find_last_of('/');
  LXCX_CHECK(make_directories(kernel, root.directory.substr(0, slash), 0755));
  // 0711: a user-namespaced child passes through to the place where its root is mounted, and lists nothing.
  LXCX_CHECK(own_directory(kernel, root.directory, 0711));
  LXCX_CHECK(own_directory(kernel, root.of_lxcpath(lxcpath), 0700));
  return {};
}

Result<RunDirectory> RunDirectory::create(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths) {
  LXCX_CHECK(make_run_root(kernel, root, paths.lxcpath));
  const std::string path = root.of_container(paths);
  if (const Result<void> made = kernel.mkdirat(AT_FDCWD, path.c_str(), 0700); !made) {
    if (made.error().sys_errno != EEXIST) return std::unexpected(made.error());
    return fail(Code::busy, "'" + paths.name + "' is being started or runs already");
  }
  Result<RunDirectory> opened = open_path(kernel, path);
  if (!opened) (void)kernel.unlinkat(AT_FDCWD, path.c_str(), AT_REMOVEDIR);
  return opened;
}

Result<RunDirectory> RunDirectory::open(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths) {
  return open_path(kernel, root.of_container(paths));
}

Result<RunDirectory> RunDirectory::open_path(Kernel& kernel, const std::string& path) {
  Result<UniqueFd> fd = kernel.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) {
    if (fd.error().sys_errno != ENOENT) return std::unexpected(std::move(fd).error());
    return fail(Code::not_running, "'" + path.substr(path.find_last_of('/') + 1) + "' is not running");
  }
  RunDirectory directory;
  directory.kernel_ = &kernel;
  directory.path_ = path;
  directory.fd_ = std::move(*fd);
  return directory;
}

Result<RunState> RunDirectory::read_state() const {
  LXCX_TRY(text, read_file(*kernel_, fd_.get(), "state", largest_state));
  return parse_run_state(text);
}

Result<void> RunDirectory::write_state(const RunState& state) const { return replace_file(*kernel_, fd_.get(), "state", print(state), 0600); }

Result<void> RunDirectory::write_config(std::string_view text) const { return replace_file(*kernel_, fd_.get(), "config", text, 0600); }

Result<std::string> RunDirectory::config_path() const { return path_ + "/config"; }

Result<Journal> RunDirectory::journal(bool create) const { return Journal::open(*kernel_, fd_.get(), create); }

void RunDirectory::hold() const { (void)kernel_->flock(fd_.get(), LOCK_SH | LOCK_NB); }
void RunDirectory::let_go() const { (void)kernel_->flock(fd_.get(), LOCK_UN); }

Result<void> RunDirectory::remove() {
  constexpr int look_again_ms = 5;
  for (int waited_ms = 0; waited_ms < longest_hold_ms; waited_ms += look_again_ms) {
    const Result<void> alone = kernel_->flock(fd_.get(), LOCK_EX | LOCK_NB);
    if (alone || alone.error().code != Code::busy) break;
    (void)kernel_->poll({}, look_again_ms);
  }
  // A directory that has a state is a teardown to finish, and that reads the configuration: the journal goes before both, so that without a state
  // nothing is left to undo.
  constexpr std::array files{"control", "exit", "exit.new", "journal", "config.new", "state.new", "state", "config"};
  for (const char* file : files)
    if (const Result<void> gone = kernel_->unlinkat(fd_.get(), file, 0); !gone && gone.error().sys_errno != ENOENT)
      return std::unexpected(gone.error());
  if (const Result<void> gone = kernel_->unlinkat(AT_FDCWD, path_.c_str(), AT_REMOVEDIR); !gone && gone.error().sys_errno != ENOENT)
    return std::unexpected(gone.error());
  return {};
}

}  // namespace lxcx::core
