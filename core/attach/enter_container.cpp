// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/attach/attach.hpp"
#include "core/attach/container_facts.hpp"
#include "core/attach/environment.hpp"
#include "core/attach/helper.hpp"
#include "core/attach/plan_writer.hpp"
#include "core/attach/relay.hpp"
#include "core/attach/streams.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/config/names.hpp"
#include "core/monitor/terminal.hpp"

namespace lxcx::core {
namespace {

constexpr std::array<std::uint32_t, 8> clone_flags{CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWUTS,
                                                   CLONE_NEWIPC,  CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWTIME};

/// The group that the command is to be in, and the way there.
struct CgroupEntry {
  UniqueFd v2;
  std::vector<UniqueFd> v1_tasks;
  std::optional<Cgroups> cgroups;
  std::string path;
};

Result<CgroupEntry> open_cgroups(Kernel& kernel, Log& log, const EnterTarget& target, const EnterOptions& options) {
  CgroupEntry entry;
  if (target.cgroup.empty() || options.elevate_cgroup) return entry;
  LXCX_TRY(cgroups, Cgroups::open(kernel, log, target.cgroup_base));
  if (cgroups.layout() == CgroupLayout::none) return entry;
  LXCX_TRY(is_frozen, cgroups.is_frozen(target.cgroup));
  if (is_frozen) return fail(Code::busy, "the container is frozen", "unfreeze it first");
  const std::string& inner = target.config.cgroup_dir_container_inner;
  entry.path = inner.empty() ? target.cgroup : target.cgroup + "/" + inner;
  LXCX_TRY(tasks, cgroups.open_v1_tasks(entry.path));
  entry.v1_tasks = std::move(tasks);
  LXCX_TRY(v2, cgroups.open_v2(entry.path));
  entry.v2 = std::move(v2);
  entry.cgroups.emplace(std::move(cgroups));
  return entry;
}

/// cgroup-v2.rst, "no internal processes": a group whose controllers serve its children takes no process itself. LXC's name for the leaf.
Result<UniqueFd> open_leaf(Kernel& kernel, const CgroupEntry& entry, unsigned number) {
  const std::string name = number == 0 ? ".lxc" : ".lxc-" + std::to_string(number);
  auto made = kernel.mkdirat(entry.v2.get(), name.c_str(), 0755);
  if (!made && made.error().sys_errno != EEXIST) return std::unexpected(std::move(made).error());
  return kernel.openat(entry.v2.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

/// The bounding set of the container: the configuration's, and no more than init has.
std::uint64_t bounding_set(const ContainerConfig& config, std::uint64_t of_init) {
  std::uint64_t kept = of_init;
  const auto bit = [](int capability) { return capability >= 0 && capability < 64 ? std::uint64_t{1} << capability : 0; };
  for (const int capability : config.cap_drop) kept &= ~bit(capability);
  if (!config.cap_keep) return kept;
  std::uint64_t listed = 0;
  for (const int capability : *config.cap_keep) listed |= bit(capability);
  return kept & listed;
}

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  bool becomes_root = false;
  uid_t host_uid = 0;  ///< for the terminal
};

Identity choose_identity(const ContainerFacts& facts, const EnterTarget& target, const EnterOptions& options) {
  Identity chosen;
  const bool in_user_namespace = facts.enters(Namespace::user);
  const bool has_root = to_host_id(facts.uid_map, 0).has_value() && to_host_id(facts.gid_map, 0).has_value();
  chosen.becomes_root = in_user_namespace && has_root;
  // A map without root leaves init's own ids to be.
  chosen.uid = options.uid.value_or(in_user_namespace && !has_root ? target.config.init_uid : 0);
  chosen.gid = options.gid.value_or(in_user_namespace && !has_root ? target.config.init_gid : 0);
  chosen.host_uid = in_user_namespace ? to_host_id(facts.uid_map, chosen.uid).value_or(static_cast<uid_t>(-1)) : chosen.uid;
  return chosen;
}

Result<std::vector<enter::LimitEntry>> limit_entries(const ContainerConfig& config) {
  std::vector<enter::LimitEntry> entries;
  for (const ContainerConfig::Rlimit& limit : config.rlimits) {
    const auto resource = rlimit_number(limit.name);
    if (!resource) return fail(Code::config, "'" + limit.name + "' is no resource limit", "see prlimit(2)");
    entries.push_back({*resource, limit.soft, limit.hard});
  }
  return entries;
}

void add_actions(PlanWriter& writer, const std::vector<SecurityAction>& actions, std::vector<int>& inherited) {
  std::vector<enter::FilterEntry> filters;
  std::vector<std::int32_t> landlocks;
  for (const SecurityAction& action : actions) {
    switch (action.type) {
      case SecurityAction::Type::seccomp: {
        constexpr std::uint32_t instruction = 8;  // struct sock_filter
        enter::Span instructions = writer.add_bytes(action.bytes);
        instructions.count /= instruction;
        filters.push_back({action.flags, instructions});
        break;
      }
      case SecurityAction::Type::label: writer.plan.label = writer.add_bytes("exec " + action.bytes); break;
      case SecurityAction::Type::landlock:
        landlocks.push_back(action.ruleset.get());
        inherited.push_back(action.ruleset.get());
        break;
    }
  }
  writer.plan.filters = writer.add<enter::FilterEntry>(filters);
  writer.plan.landlocks = writer.add<std::int32_t>(landlocks);
}

std::uint32_t plan_options(const ContainerFacts& facts, const EnterTarget& target, const EnterOptions& options, const Identity& identity) {
  const bool is_root = ::geteuid() == 0;
  std::uint32_t bits = 0;
  const auto set = [&](bool wanted, enter::Option option) { bits |= wanted ? option : 0U; };
  set(!is_root, enter::user_namespace_first);
  set(facts.enters(Namespace::mnt), enter::has_new_root);
  set(identity.becomes_root, enter::becomes_root);
  set(!is_root, enter::groups_may_stay);
  set(options.personality || target.config.personality, enter::sets_personality);
  set(!options.elevate_capabilities, enter::limits_capabilities);
  set(target.config.no_new_privs && !options.elevate_lsm, enter::no_new_privileges);
  set(!target.config.keep_keyring, enter::new_keyring);
  set(options.remount_sys_proc && !facts.enters(Namespace::mnt), enter::remounts_proc_and_sys);
  return bits;
}

struct PlanParts {
  const ContainerFacts& facts;
  const CgroupEntry& cgroup;
  const Streams& streams;
  const EnterTarget& target;
  const EnterOptions& options;
  const Identity& identity;
  int status_fd, listener_fd;
};

bool want_listener(const EnterTarget& target, const EnterOptions& options) {
  return !options.elevate_lsm && std::ranges::any_of(target.actions, [](const SecurityAction& action) {
    return action.type == SecurityAction::Type::seccomp && (action.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
  });
}

Result<std::string> write_plan(const PlanParts& parts, std::vector<int>& inherited) {
  PlanWriter writer;
  enter::Plan& plan = writer.plan;
  LXCX_TRY(limits, limit_entries(parts.target.config));
  LXCX_TRY(environment, command_environment(parts.options, parts.target.config, environ));

  plan.options = plan_options(parts.facts, parts.target, parts.options, parts.identity);
  plan.status_fd = parts.status_fd;
  plan.listener_fd = parts.listener_fd;
  plan.proc_fd = parts.facts.proc.get();
  plan.root_fd = parts.facts.enters(Namespace::mnt) ? parts.facts.root.get() : -1;
  plan.terminal_fd = parts.streams.terminal;
  std::copy(parts.streams.inside.begin(), parts.streams.inside.end(), plan.standard_fds);
  plan.uid = parts.identity.uid;
  plan.gid = parts.identity.gid;
  plan.core_sched_pid = parts.target.config.sched_core ? parts.target.init.pid : 0;
  plan.personality = parts.options.personality.value_or(parts.target.config.personality.value_or(0));
  plan.bounding = bounding_set(parts.target.config, parts.facts.bounding);

  for (const int fd : {plan.proc_fd, plan.root_fd, plan.terminal_fd, plan.standard_fds[0], plan.standard_fds[1], plan.standard_fds[2]})
    if (fd > 2) inherited.push_back(fd);
  std::vector<enter::NamespaceEntry> namespaces;
  for (const ContainerNamespace& one : parts.facts.namespaces) {
    namespaces.push_back({one.fd.get(), clone_flags[static_cast<std::size_t>(one.kind)]});
    inherited.push_back(one.fd.get());
  }
  std::vector<std::int32_t> tasks;
  for (const UniqueFd& one : parts.cgroup.v1_tasks) {
    tasks.push_back(one.get());
    inherited.push_back(one.get());
  }
  plan.namespaces = writer.add<enter::NamespaceEntry>(namespaces);
  plan.v1_tasks = writer.add<std::int32_t>(tasks);
  plan.groups = writer.add<gid_t>(parts.options.groups);
  plan.limits = writer.add<enter::LimitEntry>(limits);
  std::vector<std::string> files, values;
  for (const Setting& setting : parts.target.config.proc_writes) {
    files.push_back(setting.key);
    values.push_back(setting.value);
  }
  plan.proc_files = writer.add_strings(files);
  plan.proc_values = writer.add_strings(values);
  if (!parts.options.elevate_lsm) add_actions(writer, parts.target.actions, inherited);
  const bool goes_to_root = parts.facts.enters(Namespace::mnt) && parts.options.directory.empty();
  std::vector<std::string> directory;
  if (goes_to_root && !parts.options.directory_if_there.empty()) directory.push_back(parts.options.directory_if_there);
  if (goes_to_root) directory.emplace_back("/");
  if (!parts.options.directory.empty()) directory.push_back(parts.options.directory);
  plan.directory = writer.add_strings(directory);
  plan.arguments = writer.add_strings(parts.options.command);
  plan.environment = writer.add_strings(environment);
  return writer.finish();
}

/// Starts lxcx-enter in the container's v2 group, or in a leaf of it when that one has children.
Result<HelperOutcome> start_helper(Kernel& kernel, const PlanParts& parts_without_status, const std::string& helper, const BlockedSignals& signals) {
  LXCX_TRY(program, open_helper(kernel, helper));
  constexpr unsigned max_leaves = 16;
  UniqueFd leaf;
  for (unsigned attempt = 0;; ++attempt) {
    LXCX_TRY(status, kernel.pipe2(0));
    HelperRequest request;
    request.program = program.get();
    request.cgroup_v2 = leaf ? leaf.get() : parts_without_status.cgroup.v2.get();
    PlanParts parts = parts_without_status;
    parts.status_fd = status.second.get();
    if (want_listener(parts.target, parts.options)) {
      LXCX_TRY(ends, kernel.socketpair(SOCK_SEQPACKET));
      request.listener_read = std::move(ends.first);
      request.listener_write = std::move(ends.second);
      request.take_listener = parts.target.take_listener;
    }
    parts.listener_fd = request.listener_write ? request.listener_write.get() : -1;
    LXCX_TRY(plan, write_plan(parts, request.inherited));
    request.plan = std::move(plan);
    request.status_read = std::move(status.first);
    request.status_write = std::move(status.second);
    auto outcome = run_helper(kernel, std::move(request), signals);
    const bool is_no_leaf =
        !outcome && outcome.error().message == "clone3" && (outcome.error().sys_errno == EBUSY || outcome.error().sys_errno == EOPNOTSUPP);
    if (!is_no_leaf || !parts.cgroup.v2 || attempt == max_leaves) return outcome;
    LXCX_TRY(next, open_leaf(kernel, parts.cgroup, attempt));
    leaf = std::move(next);
  }
}

}  // namespace

Result<int> enter_container(Kernel& kernel, Log& log, const EnterTarget& target, const EnterOptions& options) {
  LXCX_TRY(placeholders, occupy_standard_streams(kernel));
  LXCX_TRY(facts, learn_container(kernel, target, options));
  LXCX_TRY(cgroup, open_cgroups(kernel, log, target, options));
  const Identity identity = choose_identity(facts, target, options);
  LXCX_TRY(streams, prepare_streams(kernel, log, facts, options, identity.host_uid));
  // From here on signals wait in an fd: they are the command's, and none may end us with the caller's terminal raw.
  LXCX_TRY(signals, BlockedSignals::block({SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE}));
  const PlanParts parts{facts, cgroup, streams, target, options, identity, -1, -1};
  LXCX_TRY(outcome, start_helper(kernel, parts, target.helper, signals));
  if (outcome.command == 0) {
    const bool is_missing = outcome.exit_status == 127;
    const Error why{is_missing ? Code::not_found : Code::denied,
                    0,
                    outcome.why + (is_missing ? ": not found inside the container" : ": cannot be executed inside the container"),
                    {},
                    {},
                    {},
                    {}};
    if (options.on_not_executed)
      options.on_not_executed(why);
    else
      log.error(why.message);
    return outcome.exit_status;
  }
  streams.close_inside();
  copy_window_size(kernel, streams.size_from, streams.master.get());
  std::optional<RawTerminal> raw;
  if (streams.is_raw) raw.emplace(kernel, 0);
  LXCX_TRY(command, kernel.pidfd_open(outcome.command));
  const auto relayed = relay(kernel, {streams.channels(), command.get(), streams.size_from, streams.master.get()}, signals);
  if (!relayed) log.warn("the terminal's relay ended: " + relayed.error().message + ", ignoring");
  // A relay that failed must not leave the command waiting for it for ever: a hangup tells it.
  if (!relayed) streams.master.reset();
  if (raw)
    if (const Result<void> back = raw->give_back(); !back)
      log.warn("give the terminal back: " + back.error().message + ": `stty sane` does it, ignoring");
  LXCX_TRY(status, kernel.wait_pid(outcome.command));
  return status.as_shell();
}

}  // namespace lxcx::core
