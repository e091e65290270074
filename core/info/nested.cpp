// SPDX-License-Identifier: Apache-2.0
// Containers in containers. What is read here belongs to the container: through fds that cannot leave its root, ordinary files only, bounded in size
// and number. Nothing of it is acted on, it is shown.
#include <fcntl.h>

#include <algorithm>
#include <map>

#include "core/base/text.hpp"
#include "core/cgroup/cgroup_layout.hpp"
#include "core/config/limits.hpp"
#include "core/config/system_config.hpp"
#include "core/container/run_directory.hpp"
#include "core/info/listing.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t most_names = 4096;  // of one container

/// The parent of each process and its pids, from the host's namespace to its own (proc_pid_status(5), NSpid).
class Processes {
 public:
  explicit Processes(Kernel& kernel) {
    const Result<UniqueFd> proc = kernel.openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
    if (!proc) return;
    for (const std::string& name : kernel.getdents(proc->get()).value_or(std::vector<std::string>{})) {
      const Result<std::int64_t> pid = parse_integer(name);
      if (!pid) continue;
      if (const Result<std::string> status = read_file(kernel, proc->get(), (name + "/status").c_str(), 65536)) add(*pid, *status);
    }
  }

  /// Which process of the host's is `pid` to a process in the pid namespace of `outer`, if it is the init of a namespace below; 0: none.
  pid_t init_called(pid_t pid, pid_t outer) const {
    const auto around = all_.find(outer);
    if (around == all_.end()) return 0;
    const std::size_t level = around->second.pids.size() - 1;
    for (const auto& [candidate, process] : all_) {
      const bool is_init = process.pids.size() == level + 2 && process.pids[level] == pid && process.pids[level + 1] == 1;
      if (is_init && descends(candidate, outer)) return static_cast<pid_t>(candidate);
    }
    return 0;
  }

 private:
  struct Process {
    std::int64_t parent = 0;
    std::vector<std::int64_t> pids;
  };

  void add(std::int64_t pid, std::string_view status) {
    Process process;
    for (const std::string& line : split(status, '\n')) {
      if (line.starts_with("PPid:")) process.parent = parse_integer(trim(std::string_view(line).substr(5))).value_or(0);
      if (!line.starts_with("NSpid:")) continue;
      for (const std::string& word : split_blanks(trim(std::string_view(line).substr(6)))) process.pids.push_back(parse_integer(word).value_or(0));
    }
    if (!process.pids.empty()) all_.emplace(pid, std::move(process));
  }
  bool descends(std::int64_t pid, std::int64_t from) const {
    // The table is no snapshot: a loop in it must end.
    for (std::size_t steps = 0; pid > 1 && steps <= all_.size(); ++steps) {
      if (pid == from) return true;
      const auto found = all_.find(pid);
      pid = found == all_.end() ? 0 : found->second.parent;
    }
    return false;
  }

  std::map<std::int64_t, Process> all_;
};

/// The files of one container, as it sees them.
class Inside {
 public:
  Inside(Kernel& kernel, UniqueFd root) : kernel_(kernel), root_(std::move(root)) {}

  Result<std::string> read(const std::string& path) const {
    // Not blocking: a FIFO may stand there.
    LXCX_TRY(fd, open_beneath(kernel_, root_.get(), path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
    LXCX_TRY(status, kernel_.fstat(fd.get()));
    if (!S_ISREG(status.st_mode)) return fail(Code::config, "'" + path + "' is no ordinary file");
    return read_all(kernel_, fd.get(), limits::file_bytes);
  }
  /// What is in a directory, sorted; nothing for what is none.
  std::vector<std::string> names(const std::string& path) const {
    const Result<UniqueFd> fd = open_beneath(kernel_, root_.get(), path.c_str(), O_RDONLY | O_DIRECTORY);
    std::vector<std::string> names = fd ? kernel_.getdents(fd->get()).value_or(std::vector<std::string>{}) : std::vector<std::string>{};
    std::erase_if(names, [](const std::string& name) { return !check_name(name); });
    std::ranges::sort(names);
    names.resize(std::min(names.size(), most_names));
    return names;
  }
  bool has(const std::string& path) const { return open_beneath(kernel_, root_.get(), path.c_str(), O_PATH).has_value(); }

  ConfigSource source() const {
    const auto list = [this](const std::string& path) -> Result<std::vector<std::string>> {
      std::vector<std::string> found = names(path);
      std::erase_if(found, [](const std::string& name) { return !name.ends_with(".conf"); });
      if (found.empty()) return fail(Code::not_found, "'" + path + "' is no directory of configurations");
      return found;
    };
    return {[this](const std::string& path) { return read(path); }, list, [](const char*) -> const char* { return nullptr; }};
  }

 private:
  Kernel& kernel_;
  UniqueFd root_;
};

std::optional<Inside> enter(Kernel& kernel, pid_t init) {
  const std::string path = "/proc/" + std::to_string(init) + "/root";
  Result<UniqueFd> root = kernel.openat(AT_FDCWD, path.c_str(), O_PATH | O_DIRECTORY);
  if (!root) return std::nullopt;
  return std::optional<Inside>(std::in_place, kernel, std::move(*root));
}

/// A container that lxcx runs in there: which process it is, from what its state file says and the host's own list of processes.
void fill_from_state(const Inside& inside, const Processes& processes, const std::string& file, const ContainerSummary& outer,
                     ContainerSummary& summary) {
  const Result<std::string> text = inside.read(file);
  if (!text) return;
  const RunState run = parse_run_state(*text);
  const pid_t init = processes.init_called(run.init.pid, outer.init);
  if (init == 0) return;
  summary.state = is_up(run.state) ? State::running : run.state;
  summary.manager = "lxcx";
  summary.init = init;
  if (!outer.cgroup.empty() && check_group_path(run.cgroup)) summary.cgroup = outer.cgroup + "/" + run.cgroup;
}

std::vector<ContainerSummary> containers_in(Kernel& kernel, const Processes& processes, const ContainerSummary& outer, bool details) {
  const std::optional<Inside> inside = enter(kernel, outer.init);
  if (!inside) return {};
  const ConfigSource source = inside->source();
  const SystemConfig system = parse_system_config(inside->read("/etc/lxc/lxc.conf").value_or(""), "/etc/lxc/lxc.conf", source, true);
  const RuntimeRoot run{"/run/lxcx"};
  std::set<std::string> defined;
  for (const std::string& name : inside->names(system.lxcpath))
    if (inside->has(ContainerPaths{system.lxcpath, name}.config())) defined.insert(name);
  const std::vector<std::string> started = inside->names(run.of_lxcpath(system.lxcpath));
  const std::set<std::string> under_lxc = names_under_lxc(kernel, "/proc/" + std::to_string(outer.init) + "/net/unix", system.lxcpath, defined);
  std::set<std::string> all = defined;
  all.insert(started.begin(), started.end());
  all.insert(under_lxc.begin(), under_lxc.end());

  std::vector<ContainerSummary> found;
  for (const std::string& name : all) {
    const ContainerPaths paths{system.lxcpath, name};
    ContainerSummary summary;
    summary.name = name;
    summary.inside = outer.inside;
    summary.inside.push_back(outer.name);
    summary.defined = defined.contains(name);
    if (under_lxc.contains(name)) {
      summary.state = State::running;
      summary.manager = "lxc";
    }
    fill_from_state(*inside, processes, run.of_container(paths) + "/state", outer, summary);
    if (!summary.defined && summary.state == State::stopped) continue;
    if (details && summary.defined) (void)fill_from_config(source, paths.config(), summary);  // the lxcx inside says what is wrong with it
    found.push_back(std::move(summary));
  }
  return found;
}

}  // namespace

void add_nested(Kernel& kernel, unsigned depth, bool details, std::vector<ContainerSummary>& summaries) {
  const Processes processes(kernel);
  for (std::size_t at = 0; at < summaries.size(); ++at) {
    if (summaries[at].init <= 0 || summaries[at].inside.size() >= depth) continue;
    std::vector<ContainerSummary> nested = containers_in(kernel, processes, summaries[at], details);
    summaries.insert(summaries.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::make_move_iterator(nested.begin()),
                     std::make_move_iterator(nested.end()));
  }
}

}  // namespace lxcx::core
