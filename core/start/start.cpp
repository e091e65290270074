// SPDX-License-Identifier: Apache-2.0
// From the request to a running container: validate, fork the monitor to be, run the steps there, hear how it went.
#include "core/start/start.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/error_frame.hpp"
#include "core/base/text.hpp"
#include "core/container/container_log.hpp"
#include "core/kernel/files.hpp"
#include "core/monitor/monitor.hpp"
#include "core/start/child/child.hpp"
#include "core/start/context.hpp"
#include "core/start/error_place.hpp"
#include "core/start/frame_log.hpp"
#include "core/start/launch.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

constexpr int lock_timeout_ms = 5000;

/// What a teardown, and a start after a reboot, must choose again.
constexpr std::array<std::pair<std::string_view, std::string PluginSelection::*>, 4> selection_keys{
    {{"selection.storage", &PluginSelection::storage},
     {"selection.network", &PluginSelection::network},
     {"selection.security", &PluginSelection::security},
     {"selection.hook", &PluginSelection::hook}}};

std::string plugin_directory_key(std::size_t index) { return "plugin_directory." + std::to_string(index); }

/// The first ids that Debian gives to a user; what is his stands in the files.
constexpr const char* example_maps =
    "add lxc.idmap = u 0 100000 65536 and lxc.idmap = g 0 100000 65536, with your own numbers from /etc/subuid and /etc/subgid";

/// Without a map of its own kind nothing in the container could have a group, or a user. LXC starts such a container, whose root then has gid 65534.
Result<void> refuse_half_a_map(const ContainerConfig& config) {
  if (config.idmap.empty()) return {};
  const auto maps = [&](char kind) {
    return std::ranges::find(config.idmap, static_cast<std::uint32_t>(kind), &lxcx_idmap::kind) != config.idmap.end();
  };
  const bool has_users = maps('u');
  if (has_users && maps('g')) return {};
  Error error{Code::config, 0, has_users ? "lxc.idmap maps users, and no groups" : "lxc.idmap maps groups, and no users", {}, {}, {}, {}};
  error.hint = std::string("add a line of the other kind, such as lxc.idmap = ") + (has_users ? "g" : "u") + " 0 100000 65536";
  if (const auto line = std::ranges::find(config.settings, "lxc.idmap", &Setting::key); line != config.settings.end()) error.where = line->where;
  return std::unexpected(std::move(error));
}

constexpr std::size_t longest_map = 64 * 1024;

/// Whether one range of /proc/PID/uid_map (or several that follow each other) holds all host ids of a map.
bool has_ids(std::string_view own_map, const lxcx_idmap& wanted) {
  std::uint64_t next = wanted.host_id;
  const std::uint64_t end = next + wanted.range;
  const std::vector<std::string> lines = split(own_map, '\n');
  for (bool grows = true; grows && next < end;) {
    grows = false;
    for (const std::string& line : lines) {
      const std::vector<std::string> numbers = split_blanks(line);
      if (numbers.size() != 3) continue;
      const auto first = static_cast<std::uint64_t>(parse_integer(numbers[0]).value_or(0));
      const auto count = static_cast<std::uint64_t>(parse_integer(numbers[2]).value_or(0));
      if (next < first || next >= first + count) continue;
      next = first + count;
      grows = true;
    }
  }
  return next >= end;
}

/// user_namespaces(7): an id is only another's to give when it is mapped here. Root of the machine has all.
Result<void> refuse_foreign_ids(Kernel& kernel, const ContainerConfig& config) {
  for (const char kind : {'u', 'g'}) {
    const std::string file = std::string("/proc/self/") + kind + "id_map";
    LXCX_TRY(text, read_file(kernel, AT_FDCWD, file.c_str(), longest_map));
    for (const lxcx_idmap& map : config.idmap) {
      if (map.kind != static_cast<std::uint32_t>(kind) || has_ids(text, map)) continue;
      Error error{Code::config, 0, {}, {}, {}, {}, {}};
      error.message = "lxc.idmap = " + std::string(1, kind) + " " + std::to_string(map.container_id) + " " + std::to_string(map.host_id) + " " +
                      std::to_string(map.range) + " gives away ids that this user does not have";
      error.hint =
          ::geteuid() == 0 ? file + " lists those that there are in this user namespace" : std::string("/etc/sub") + kind + "id says which are yours";
      if (const auto line = std::ranges::find(config.settings, "lxc.idmap", &Setting::key); line != config.settings.end()) error.where = line->where;
      return std::unexpected(std::move(error));
    }
  }
  return {};
}

}  // namespace

Result<void> refuse_unmapped(Kernel& kernel, const ContainerConfig& config) {
  if (::geteuid() != 0 && config.idmap.empty())
    return fail(Code::config, "the configuration has no lxc.idmap, which a container of an ordinary user needs", example_maps);
  LXCX_CHECK(refuse_half_a_map(config));
  return refuse_foreign_ids(kernel, config);
}

namespace {

Result<void> refuse_unfinished(Host& host, const ContainerPaths& paths) {
  LXCX_TRY(creation, creation_of(host.kernel, paths));
  if (creation == Creation::going_on) return fail(Code::busy, "'" + paths.name + "' is being created");
  if (creation == Creation::finished) return {};
  return fail(Code::busy, "the creation of '" + paths.name + "' was cut short: it is not whole",
              "`lxcx create` makes it anew, `lxcx destroy " + paths.name + "` removes it");
}

/// The file that this start's log goes to: the command line's, else the configuration's. Empty: none.
std::string log_file_of(const StartContext& context) {
  std::string file = context.config.log_file;
  constexpr std::string_view option = "--logfile=";
  for (const std::string& word : context.host.teardown_options)
    if (word.starts_with(option)) file = word.substr(option.size());
  return file == "none" ? std::string() : file;
}

/// The monitor's handover: everything it needs by number.
MonitorHandover handover_of(StartContext& context) {
  MonitorHandover handover;
  const Host& host = context.host;
  handover.program = host.layout.program_directory + "/lxcx-monitor";
  handover.title = "[lxc monitor] " + context.paths.lxcpath + " " + context.paths.name;
  handover.run_directory = context.run->path();
  handover.init = context.init;
  handover.init_pidfd = context.init_pidfd.get();
  handover.console_master = context.terminals.console_master.get();
  handover.console_peer = context.terminals.console_peer.get();
  handover.console_log = context.config.console_logfile;
  handover.console_log_size = context.config.console_log_size;
  handover.console_rotate = context.config.console_rotate;
  handover.console_buffer_size = context.config.console_buffer_size;
  for (const UniqueFd& master : context.terminals.tty_masters) handover.tty_masters.push_back(master.get());
  for (const auto& [ns, fd] : context.held_namespaces) handover.kept_fds.push_back(fd.get());
  for (const UniqueFd& listener : context.seccomp_listeners) handover.seccomp_listeners.push_back(listener.get());
  handover.notify_proxy = context.notify_proxy;
  handover.notify_cookie = context.notify_cookie;
  if (!context.seccomp_listeners.empty()) handover.log_file = log_file_of(context);  // the monitor logs nothing else
  handover.log_name = "lxcx " + context.paths.name;
  handover.foreground = context.request.foreground;
  handover.teardown = {host.layout.executable, "--internal-teardown", context.run->path()};
  handover.teardown.insert(handover.teardown.end(), host.teardown_options.begin(), host.teardown_options.end());
  return handover;
}

Result<void> restrict_monitor(StartContext& context) {
  for (const UniqueFd& ruleset : context.monitor_rulesets) LXCX_CHECK(context.kernel.landlock_restrict_self(ruleset.get()));
  return {};
}

/// chdir, session and streams of a daemon; what the caller leaked is closed but for what the start itself holds (close-on-exec does the rest).
Result<void> daemonize(StartContext& context) {
  Kernel& kernel = context.kernel;
  LXCX_CHECK(kernel.setsid());
  LXCX_CHECK(kernel.chdir("/"));
  LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDWR));
  for (int fd = 0; fd < 3; ++fd) LXCX_CHECK(kernel.dup2(null.get(), fd));
  return {};
}

void send_trace(StartContext& context, int fd) {
  for (const StepTime& step : context.trace)
    (void)send_frame(context.kernel, fd, Frame::step,
                     std::string(step.side) + "\t" + std::to_string(step.took.count()) + "\t" + std::string(step.name));
  context.trace.clear();  // once
}

/// Tells the caller that init runs, and hears that it was told: a start that nobody knows of is taken back.
Result<void> announce(StartContext& context, int caller) {
  if (context.request.trace_steps) send_trace(context, caller);
  LXCX_CHECK(send_frame(context.kernel, caller, Frame::ready, std::to_string(context.init)));
  Message answer{};
  LXCX_TRY(closed, receive_or_closed(context.kernel, caller, answer));
  if (closed || answer.frame != Frame::go) return fail(Code::cancelled, "the command that started it ended before it could be told");
  return {};
}

Result<void> run_steps_of(StartContext& context) { return context.run_steps != nullptr ? context.run_steps(context) : run_start_steps(context); }

/// The daemon's whole life as lxcx: it ends as the monitor, or with an error sent to the caller.
[[noreturn]] void run_daemon(StartContext& context, int caller) {
  DaemonLog log(context.kernel, caller, context.host.log);
  context.forked_log = &log;
  Result<void> done = daemonize(context);
  if (!done) take_back(context);
  if (done) done = run_steps_of(context);
  if (done) done = become_its_monitor(context, caller);
  if (context.request.trace_steps) send_trace(context, caller);
  (void)send_frame(context.kernel, caller, Frame::error, pack_error(done.error()));
  ::_exit(static_cast<int>(done.error().code));
}

void take_step(StartOutcome& outcome, std::string_view payload, std::vector<std::string>& names) {
  const std::vector<std::string> parts = split(payload, '\t');
  if (parts.size() != 3) return;
  names.push_back(parts[2]);
  const bool is_child = parts[0] == "child";
  outcome.trace.push_back(
      {step_name(is_child, parts[2]), std::chrono::nanoseconds(parse_integer(parts[1]).value_or(0)), is_child ? "child" : "parent"});
}

/// The next message of the daemon; nothing when its end closed.
Result<std::optional<Message>> next_message(Kernel& kernel, int fd, std::chrono::milliseconds timeout) {
  if (timeout.count() > 0) {
    pollfd ready{fd, POLLIN, 0};
    LXCX_TRY(count, kernel.poll({&ready, 1}, static_cast<int>(timeout.count())));
    if (count == 0) return fail(Code::timeout, "the container did not start within " + std::to_string(timeout.count()) + " ms");
  }
  Message message{};
  LXCX_TRY(closed, receive_or_closed(kernel, fd, message));
  if (closed) return std::nullopt;
  if (message.frame == Frame::error) return std::unexpected(unpack_error(message.payload));
  return message;
}

void show_warning(Log& log, const Message& message) {
  if (message.frame != Frame::log) return;
  if (const std::optional<LogLine> line = read_log_line(message.payload)) log.show(line->level, line->text);
}

/// Whatever goes wrong here, the daemon sees this end close and takes the start back.
Result<void> hear_daemon(Host& host, int fd, const StartRequest& request, StartOutcome& outcome) {
  std::vector<std::string> names;
  while (outcome.init == 0) {
    LXCX_TRY(message, next_message(host.kernel, fd, request.timeout));
    if (!message) return fail(Code::internal, "the process that started it ended without a word", "see the kernel's log: was it killed?");
    show_warning(host.log, *message);
    if (message->frame == Frame::step) take_step(outcome, message->payload, names);
    if (message->frame == Frame::ready) outcome.init = static_cast<pid_t>(parse_integer(message->payload).value_or(-1));
  }
  LXCX_CHECK(send_frame(host.kernel, fd, Frame::go));
  // Its end closes when it becomes the monitor (close-on-exec); a word before that is the error that kept it from it. What goes wrong with
  // hearing it changes nothing: it was told to go on.
  while (true) {
    Message last{};
    const Result<bool> closed = receive_or_closed(host.kernel, fd, last);
    if (!closed || *closed) return {};
    if (last.frame == Frame::error) return std::unexpected(unpack_error(last.payload));
    show_warning(host.log, last);
  }
}

void show_trace(const StartRequest& request, const std::vector<StepTime>& trace) {
  if (request.trace_steps && request.on_trace && !trace.empty()) request.on_trace(trace);
}

Result<StartOutcome> start_daemon(StartContext& context) {
  Kernel& kernel = context.kernel;
  // Until there is a daemon, the run directory is this process's to remove.
  const auto without_daemon = [&context](const Error& error) -> Result<StartOutcome> {
    (void)context.run->remove();
    return std::unexpected(error);
  };
  Result<std::pair<UniqueFd, UniqueFd>> pair = kernel.socketpair(SOCK_SEQPACKET);
  if (!pair) return without_daemon(pair.error());
  std::pair<UniqueFd, UniqueFd> ends = std::move(*pair);
  context.waiting_command = ::getpid();
  const Result<pid_t> forked = kernel.fork();
  if (!forked) return without_daemon(forked.error());
  if (*forked == 0) {
    ends.first.reset();
    run_daemon(context, ends.second.get());
  }
  ends.second.reset();
  StartOutcome outcome;
  const Result<void> heard = hear_daemon(context.host, ends.first.get(), context.request, outcome);
  if (heard) return outcome;
  show_trace(context.request, outcome.trace);
  return std::unexpected(heard.error());
}

Result<StartOutcome> start_foreground(StartContext& context) {
  const Result<void> done = run_steps_of(context);
  show_trace(context.request, context.trace);
  return std::unexpected(done ? become_its_monitor(context).error() : done.error());
}

}  // namespace

Result<StartOutcome> launch(StartContext& context) { return context.request.foreground ? start_foreground(context) : start_daemon(context); }

std::string_view step_name(bool is_child, std::string_view name) {
  if (is_child) {
    for (std::size_t i = 0; i < child_step_count(); ++i)
      if (child_step_name(i) == name) return child_step_name(i);
  }
  for (const StartStep& step : start_steps)
    if (step.name == name) return step.name;
  return "another step";
}

Result<void> become_its_monitor(StartContext& context, int caller) {
  const auto hand_over = [&]() -> Result<void> {
    LXCX_CHECK(restrict_monitor(context));
    MonitorHandover handover = handover_of(context);
    LXCX_TRY(control, make_control_socket(context.kernel, context.run->fd()));
    handover.control_fd = control.get();
    for (const auto& [ns, fd] : context.held_namespaces)
      context.state.extra["held." + std::string(namespace_names[static_cast<std::size_t>(ns)])] = std::to_string(fd.get());
    LXCX_CHECK(context.kernel.faccessat(AT_FDCWD, handover.program.c_str(), X_OK, 0));
    LXCX_CHECK(context.run->write_state(context.state));
    // Telling the caller comes last before the exec: what it sees as running has a monitor.
    if (caller >= 0) LXCX_CHECK(announce(context, caller));
    return become_monitor(context.kernel, handover);
  };
  Result<void> failed = doing(hand_over(), "hand over to the monitor");
  take_back(context);
  return failed;
}

Result<ContainerConfig> load_start_config(Host& host, const ContainerPaths& paths, const StartRequest& request, Warnings& warnings) {
  const std::string file = request.config_file.empty() ? paths.config() : request.config_file;
  Overrides overrides = request.overrides;
  if (!request.console_path.empty()) overrides.emplace_back("lxc.console.path", request.console_path);
  if (!request.console_log.empty()) overrides.emplace_back("lxc.console.logfile", request.console_log);
  Result<ContainerConfig> config = load_config(file, host.source, &warnings, overrides);
  if (!config && config.error().code == Code::not_found && request.config_file.empty()) {
    if (request.execute) {
      // An application container needs no definition: it shares the host's root.
      ParsedConfig parsed = parse_config("", "", host.source, overrides);
      if (parsed.has_errors())
        return fail(Code::config, "the overriding settings are wrong: " + parsed.diagnostics.front().message, parsed.diagnostics.front().hint);
      config = std::move(parsed.config);
    } else {
      return std::unexpected(no_container(host.kernel, paths));
    }
  }
  if (!config) return config;
  LXCX_CHECK(refuse_unmapped(host.kernel, *config));
  select_network(*config, host.selection);
  if (config->rootfs.empty() && !request.execute && request.command.empty() && config->init_command.empty())
    return fail(Code::config, "'" + paths.name + "' has no lxc.rootfs.path: the host's own /sbin/init would be run",
                "set lxc.rootfs.path, or give a command after --");
  return config;
}

void select_network(ContainerConfig& config, const PluginSelection& selection) {
  if (selection.network.empty()) return;
  if (config.nics.empty()) config.nics.push_back({0, selection.network, {}, {{"flags", "up", {}}}});
  for (NicConfig& nic : config.nics) nic.type = selection.network;
}

void save_selection(const Host& host, RunState& state) {
  for (const auto& [key, member] : selection_keys)
    if (!(host.selection.*member).empty()) state.extra[std::string(key)] = host.selection.*member;
  const std::vector<std::string> directories = host.plugins.asked_for();
  for (std::size_t i = 0; i < directories.size(); ++i) state.extra[plugin_directory_key(i)] = directories[i];
}

void restore_selection(const RunState& state, Host& host) {
  for (const auto& [key, member] : selection_keys)
    if (const auto found = state.extra.find(std::string(key)); found != state.extra.end()) host.selection.*member = found->second;
  std::vector<std::string> directories;
  for (auto found = state.extra.find(plugin_directory_key(0)); found != state.extra.end();
       found = state.extra.find(plugin_directory_key(directories.size())))
    directories.push_back(found->second);
  if (!directories.empty()) host.plugins.search_first(directories);
}

Result<void> prepare_run(StartContext& context) {
  LXCX_TRY(run, RunDirectory::create(context.kernel, context.host.root, context.paths));
  context.run.emplace(std::move(run));
  const auto fill = [&]() -> Result<void> {
    LXCX_TRY(journal, context.run->journal(true));
    context.journal = std::move(journal);
    context.state.lxcpath = context.paths.lxcpath;
    context.state.name = context.paths.name;
    context.state.config_file = context.config.file;
    context.state.enter(State::starting);
    save_selection(context.host, context.state);
    if (!context.request.reports_status) context.state.extra[std::string(unreported_status)] = "1";
    context.state.monitor = this_process();
    LXCX_TRY(text, print_config(context.config));
    LXCX_CHECK(context.run->write_config(text));
    return context.run->write_state(context.state);
  };
  Result<void> done = doing(fill(), "fill the run directory");
  if (!done) (void)context.run->remove();
  return done;
}

Result<void> refuse_second_start(Host& host, const ContainerPaths& paths) {
  const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths);
  if (!run) return {};
  const Result<RunState> state = run->read_state();
  return fail(
      Code::busy,
      "'" + paths.name + "' is running already" + (state && state->init.pid > 0 ? " (init is process " + std::to_string(state->init.pid) + ")" : ""),
      "`lxcx attach " + paths.name + "` enters it");
}

namespace {

Result<StartOutcome> start_loaded(StartContext& context) {
  const ContainerPaths& paths = context.paths;
  if (runs_under_lxc(paths)) return fail(Code::busy, "'" + paths.name + "' is running under LXC", "stop it there first: lxc-stop -n " + paths.name);
  LXCX_TRY(plugins, load_plugins(context.host, context.config));
  context.plugins = std::move(plugins);
  LXCX_CHECK(validate_with_plugins(context));
  LXCX_TRY(lock, lock_container(context.kernel, context.host.root, paths, lock_timeout_ms));
  LXCX_CHECK(refuse_second_start(context.host, paths));
  LXCX_CHECK(refuse_unfinished(context.host, paths));
  LXCX_CHECK(prepare_run(context));
  return launch(context);
}

}  // namespace

Result<StartOutcome> start_container(Host& host, const ContainerPaths& paths, const StartRequest& request) {
  LXCX_CHECK(check_name(paths.name));
  Warnings warnings;
  LXCX_TRY(config, load_start_config(host, paths, request, warnings));
  LXCX_CHECK(follow_log(host, paths, config));
  StartContext context(host, paths, std::move(config));
  context.request = request;
  Result<StartOutcome> outcome = start_loaded(context);
  if (outcome)
    outcome->warnings = std::move(warnings);
  else
    add_place(context.config, outcome.error());
  return outcome;
}

}  // namespace lxcx::core
