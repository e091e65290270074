// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "core/base/text.hpp"
#include "core/checkpoint/arguments.hpp"
#include "core/checkpoint/cgroup_yard.hpp"
#include "core/checkpoint/checkpoint.hpp"
#include "core/checkpoint/mount_table.hpp"
#include "core/checkpoint/network_lock.hpp"
#include "core/checkpoint/refusals.hpp"
#include "core/container/container_log.hpp"
#include "core/criu/criu.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/signals.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_file = std::size_t{4} << 20;

/// A running container, and what its dump must know of it.
struct Subject {
  Host& host;
  const ContainerPaths& paths;
  RunDirectory run;
  RunState state;
  ContainerConfig config;
  Journal journal;
  std::optional<Cgroups> cgroups;  ///< none: it runs without
};

Result<Subject> find_subject(Host& host, const ContainerPaths& paths) {
  LXCX_CHECK(finish_stale_teardown(host, paths));
  const Observed seen = observe(host, paths);
  if (!seen.exists && runs_under_lxc(paths))
    return fail(Code::busy, "'" + paths.name + "' is running under LXC", "use lxc-checkpoint, or restart it with lxcx");
  if (!seen.init_alive || !is_up(seen.run.state)) return std::unexpected(not_running(host, paths));
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths));
  LXCX_TRY(file, run.config_path());
  LXCX_TRY(config, load_config(file, host.source, nullptr));
  config.file = seen.run.config_file;
  follow_log_if_possible(host, paths, config);
  LXCX_TRY(journal, run.journal(false));
  Subject subject{host, paths, std::move(run), seen.run, std::move(config), std::move(journal), std::nullopt};
  if (subject.state.cgroup.empty()) return subject;
  LXCX_TRY(cgroups, Cgroups::open(host.kernel, host.log, subject.state.cgroup_base));
  subject.cgroups = std::move(cgroups);
  return subject;
}

Result<void> refuse_frozen(const Subject& subject) {
  if (!subject.cgroups) return {};
  LXCX_TRY(frozen, subject.cgroups->is_frozen(subject.state.cgroup));
  if (!frozen) return {};
  return fail(Code::busy, "'" + subject.paths.name + "' is frozen", "lxcx unfreeze " + subject.paths.name);
}

/// "/dev/tty3" -> 3, "/dev/console" -> 0, with lxc.tty.dir between them or not; anything else: -1.
int terminal_number(const ContainerConfig& config, std::string_view place) {
  constexpr std::string_view dev = "/dev/", tty = "tty";
  if (!place.starts_with(dev)) return -1;
  place.remove_prefix(dev.size());
  if (const std::string directory = config.tty_directory + "/"; directory.size() > 1 && place.starts_with(directory))
    place.remove_prefix(directory.size());
  if (place == "console") return 0;
  if (!place.starts_with(tty)) return -1;
  const Result<std::int64_t> number = parse_integer(place.substr(tty.size()));
  return number && *number > 0 && *number <= config.tty_max ? static_cast<int>(*number) : -1;
}

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(value));
  return text.data();
}

Result<std::vector<MountLine>> mounts_of(Kernel& kernel, const std::string& process) {
  LXCX_TRY(text, read_file(kernel, AT_FDCWD, ("/proc/" + process + "/mountinfo").c_str(), largest_file));
  return parse_mountinfo(text);
}

/// The pseudo-terminals whose masters the monitor has, by their mounts. Nothing is looked up inside the container.
std::vector<TerminalFact> find_terminals(const ContainerConfig& config, const std::vector<MountLine>& mounts) {
  constexpr unsigned slave_major = 136;  // Documentation/admin-guide/devices.txt: Unix98 PTY slaves
  std::vector<std::pair<int, TerminalFact>> found;
  for (const MountLine& mount : mounts) {
    const Result<std::int64_t> index = parse_integer(mount.root.empty() ? std::string_view() : std::string_view(mount.root).substr(1));
    const int number = terminal_number(config, mount.point);
    if (mount.type != "devpts" || !index || number < 0) continue;
    const std::string tty = "tty[" + hexadecimal(::gnu_dev_makedev(slave_major, static_cast<unsigned>(*index))) + ":" +
                            hexadecimal(::gnu_dev_makedev(mount.major, mount.minor)) + "]";
    auto known = std::ranges::find(found, number, &std::pair<int, TerminalFact>::first);
    if (known == found.end()) known = found.insert(found.end(), {number, {number == 0 ? "console" : "tty" + std::to_string(number), tty, {}}});
    known->second.mounts.push_back(mount.point);
  }
  std::ranges::sort(found, {}, &std::pair<int, TerminalFact>::first);
  std::vector<TerminalFact> terminals;
  for (auto& [number, terminal] : found) terminals.push_back(std::move(terminal));
  return terminals;
}

/// Whether two paths of this machine are one file or directory.
bool are_one(Kernel& kernel, const std::string& first, const std::string& second) {
  const Result<struct stat> one = kernel.fstatat(AT_FDCWD, first.c_str(), 0), other = kernel.fstatat(AT_FDCWD, second.c_str(), AT_SYMLINK_NOFOLLOW);
  return one && other && one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

Result<std::vector<MountEntry>> configured_mounts(Kernel& kernel, const ContainerConfig& config) {
  std::vector<MountEntry> entries = config.mounts;
  if (config.fstab.empty()) return entries;
  LXCX_TRY(text, read_file(kernel, AT_FDCWD, config.fstab.c_str(), largest_file));
  LXCX_TRY(more, parse_fstab(text, config.fstab));
  entries.insert(entries.end(), more.begin(), more.end());
  return entries;
}

std::string point_of(const MountEntry& entry) {
  const std::size_t begin = entry.target.find_first_not_of('/');
  std::string point = "/" + (begin == std::string::npos ? std::string() : entry.target.substr(begin));
  while (point.size() > 1 && point.ends_with('/')) point.pop_back();
  return point;
}

/// What is mounted from this machine where the configuration says so, and the nodes of /dev. Of these a restore mounts the configuration's own
/// source, as a start would. All else was mounted by the container itself, who may have made the path lead elsewhere by then: refused,
/// since criu would follow it (mount(2)). What this machine has no path to is left to criu.
Result<std::vector<MountFact>> find_outside_mounts(Kernel& kernel, const ContainerConfig& config, const std::vector<MountLine>& mounts) {
  LXCX_TRY(machine, mounts_of(kernel, "self"));
  LXCX_TRY(entries, configured_mounts(kernel, config));
  std::vector<MountFact> facts;
  for (const MountLine& mount : outside_mounts(mounts)) {
    const std::vector<std::string> places = places_outside(mount, machine);
    const bool is_node = mount.type == "devtmpfs" && std::ranges::find(places, mount.point) != places.end();
    if (is_node) facts.push_back({mount.point, mount.point});
    if (is_node) continue;
    const auto is_source = [&](const MountEntry& entry) {
      return entry.source.starts_with('/') && point_of(entry) == mount.point &&
             std::ranges::any_of(places, [&](const std::string& place) { return are_one(kernel, entry.source, place); });
    };
    const auto entry = std::ranges::find_if(entries, is_source);
    if (entry != entries.end()) {
      facts.push_back({mount.point, entry->source});
    } else if (!places.empty()) {
      return fail(Code::unsupported, "'" + escape_line(mount.point) + "' is mounted from this machine, and by no line of the configuration",
                  "unmount it inside, or give it to the container by lxc.mount.entry");
    }
  }
  return facts;
}

/// A socket in the container's network namespace; this process is back in its own when it returns.
Result<UniqueFd> socket_inside(Kernel& kernel, pid_t init) {
  LXCX_TRY(own, kernel.openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY));
  LXCX_TRY(theirs, kernel.openat(AT_FDCWD, ("/proc/" + std::to_string(init) + "/ns/net").c_str(), O_RDONLY));
  LXCX_CHECK(kernel.setns(theirs.get(), CLONE_NEWNET));
  Result<UniqueFd> socket = kernel.socket(AF_INET, SOCK_DGRAM, 0);
  LXCX_CHECK(doing(kernel.setns(own.get(), CLONE_NEWNET), "come back to the own network"));
  return socket;
}

/// What the container calls its end of the pair, whatever it was called at first: by the index that the host's end knows it by.
Result<std::string> inside_name(const Subject& subject, int socket, const std::string& host_name) {
  Kernel& kernel = subject.host.kernel;
  LXCX_TRY(text, doing(read_file(kernel, AT_FDCWD, ("/sys/class/net/" + host_name + "/iflink").c_str(), 64), "find the peer of '" + host_name + "'"));
  LXCX_TRY(index, parse_integer(trim(text)));
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(index);
  LXCX_CHECK(doing(kernel.ioctl(socket, SIOCGIFNAME, &request), "find the peer of '" + host_name + "' in the container"));
  return std::string(request.ifr_name, ::strnlen(request.ifr_name, IFNAMSIZ));
}

Result<std::vector<NicFact>> find_nics(const Subject& subject) {
  std::vector<NicFact> nics;
  if ((subject.state.clone_flags & CLONE_NEWNET) == 0) return nics;
  LXCX_TRY(socket, socket_inside(subject.host.kernel, subject.state.init.pid));
  for (const NicConfig& nic : subject.config.nics) {
    const std::string* host_name = subject.journal.last("network " + std::to_string(nic.index), "core.host_name");
    if (host_name == nullptr || host_name->empty()) continue;  // of a type without a device
    LXCX_TRY(name, inside_name(subject, socket.get(), *host_name));
    nics.push_back({nic.index, std::move(name)});
  }
  return nics;
}

Result<CheckpointFacts> gather(const Subject& subject, const DumpRequest& request) {
  CheckpointFacts facts;
  facts.name = subject.paths.name;
  facts.lxcpath = subject.paths.lxcpath;
  facts.config_file = subject.state.config_file;
  facts.cgroup = subject.state.cgroup;
  facts.clone_flags = subject.state.clone_flags;
  facts.network_lock = network_lock_table(subject.state.init.pid);
  facts.pre_dump = request.pre_dump;
  LXCX_TRY(mounts, mounts_of(subject.host.kernel, std::to_string(subject.state.init.pid)));
  facts.terminals = find_terminals(subject.config, mounts);
  LXCX_TRY(outside, find_outside_mounts(subject.host.kernel, subject.config, mounts));
  facts.mounts = std::move(outside);
  LXCX_TRY(nics, find_nics(subject));
  facts.nics = std::move(nics);
  return facts;
}

Result<std::vector<std::string>> dump_arguments(const Subject& subject, const CheckpointFacts& facts, const ImageDirectory& images,
                                                const DumpRequest& request, const std::optional<CgroupYard>& yard) {
  std::vector<std::string> arguments = common_arguments(request.pre_dump ? "pre-dump" : "dump", images, dump_log, request.verbose);
  const auto add = [&](std::initializer_list<std::string> words) { arguments.insert(arguments.end(), words); };
  // A busy machine needs more than criu's 10 s until all stand still.
  add({"--timeout", "60", "--tree", std::to_string(subject.state.init.pid)});
  for (const TerminalFact& terminal : facts.terminals) {
    add({"--external", terminal.tty});
    for (std::size_t i = 0; i < terminal.mounts.size(); ++i) add({"--external", "mnt[" + terminal.mounts[i] + "]:" + mount_key(terminal, i)});
  }
  for (std::size_t i = 0; i < facts.mounts.size(); ++i) add({"--external", "mnt[" + facts.mounts[i].point + "]:" + outside_key(i)});
  if (yard) {
    add_cgroup_yard(arguments, *yard);
    add_cgroup_roots(arguments, *subject.cgroups, facts.cgroup);
  }
  // Kernels without it cannot know what has changed since the pre-dump; criu says so.
  if (request.pre_dump) add({"--track-mem"});
  if (!request.previous.empty()) add({"--track-mem", "--prev-images-dir", previous_for_criu(request.previous)});
  if (!request.stop && !request.pre_dump) add({"--leave-running"});
  // Packets wait outside meanwhile; without iptables by nftables, which criu knows itself.
  if (!criu_can_run(subject.host.kernel, "iptables-restore")) add({"--network-lock", "nftables"});
  if (!request.action_script.empty()) add({"--action-script", request.action_script});
  return arguments;
}

/// lxcx itself may not be interrupted meanwhile: what criu has begun it also ends, and then nobody would look after what came of it.
Result<void> run_criu(Subject& subject, const ImageDirectory& images, const CriuRun& run) {
  Kernel& kernel = subject.host.kernel;
  LXCX_TRY(signals, BlockedSignals::block({SIGINT, SIGTERM, SIGHUP, SIGQUIT}));
  LXCX_TRY(running, start_criu(kernel, run));
  LXCX_TRY(status, await_criu(kernel, running));
  if (status.as_shell() == 0) return {};
  return std::unexpected(criu_error(images, dump_log, "criu could not dump it", output_of(kernel, running)));
}

Result<void> write_images(Subject& subject, const std::string& criu, const DumpRequest& request) {
  LXCX_TRY(facts, gather(subject, request));
  LXCX_TRY(images, ImageDirectory::make(subject.host.kernel, request.directory, request.makes_parents));
  const auto fill = [&]() -> Result<void> {
    if (!request.previous.empty()) LXCX_CHECK(images.check_previous(request.previous));
    LXCX_CHECK(images.write(facts_file, print(facts)));
    LXCX_TRY(config, print_config(subject.config));
    LXCX_CHECK(images.write(config_copy, config));
    CriuRun run{criu, {}, {}, {images.fd(), images.images_fd()}, nullptr};
    std::optional<CgroupYard> yard;
    if (subject.cgroups) {
      LXCX_TRY(made, CgroupYard::of_links(subject.host.kernel, *subject.cgroups));
      yard = std::move(made);
      run.inherited.push_back(yard->fd());
    }
    LXCX_TRY(arguments, dump_arguments(subject, facts, images, request, yard));
    run.arguments = std::move(arguments);
    subject.host.log.debug("criu " + join(run.arguments, " "));
    return run_criu(subject, images, run);
  };
  Result<void> done = fill();
  if (done) return done;
  // Of a container that has ended meanwhile the images may be all there is.
  if (is_alive(subject.state.init))
    images.discard();
  else
    done.error().hint = "'" + subject.paths.name + "' has ended: what was dumped of it is in '" + images.path() + "'";
  return done;
}

/// Relative to the directory of the dump, as criu has it.
Result<void> check_previous(Kernel& kernel, const DumpRequest& request) {
  if (request.previous.empty()) return {};
  LXCX_TRY(images, doing(ImageDirectory::open_previous(kernel, request.directory, request.previous), "the pre-dump"));
  LXCX_TRY(text, images.read(facts_file));
  LXCX_TRY(facts, parse_facts(text));
  if (facts.name == request.name && facts.pre_dump) return {};
  return fail(Code::usage, "'" + images.path() + "' is no pre-dump of '" + request.name + "'", "make one with --pre-dump");
}

/// What criu runs itself. Without them it fails late, and says little.
Result<void> check_helpers(Kernel& kernel) {
  constexpr std::array<std::pair<const char*, const char*>, 2> helpers{{{"ip", "iproute2"}, {"tar", "tar"}}};
  for (const auto& [program, package] : helpers)
    if (!criu_can_run(kernel, program))
      return fail(Code::unsupported, std::string("criu needs the program '") + program + "'", std::string("install the package ") + package);
  return {};
}

/// Its monitor sees init end, and takes the container down as after any end.
Result<void> await_teardown(Host& host, const ContainerPaths& paths, const RunState& dumped) {
  if (Result<UniqueFd> monitor = host.kernel.pidfd_open(dumped.monitor.pid); monitor && is_alive(dumped.monitor))
    LXCX_CHECK(host.kernel.wait_pidfd(monitor->get(), -1));
  LXCX_CHECK(finish_stale_teardown(host, paths));
  return {};
}

}  // namespace

Result<void> dump_container(Host& host, const ContainerPaths& paths, const DumpRequest& request) {
  LXCX_CHECK(check_name(paths.name));
  LXCX_TRY(subject, find_subject(host, paths));
  LXCX_CHECK(refuse_undumpable(host, subject.config, subject.state));
  if (request.stop && subject.config.ephemeral)
    return fail(Code::unsupported, "'" + paths.name + "' is ephemeral: with --stop its root file system would go, and the checkpoint be of no use",
                "dump it without --stop");
  if (!request.previous.empty() && !subject.config.idmap.empty())
    return fail(Code::unsupported, "a dump that builds on a pre-dump cannot be restored into mapped ids: these may not read the pre-dump's directory",
                "dump it without --predump-dir");
  LXCX_CHECK(refuse_frozen(subject));
  LXCX_CHECK(check_action_script(host.kernel, request.action_script));
  LXCX_CHECK(ImageDirectory::check_free(host.kernel, request.directory, request.makes_parents));
  LXCX_CHECK(check_previous(host.kernel, request));
  LXCX_TRY(criu, find_criu(host.kernel));
  LXCX_CHECK(check_helpers(host.kernel));
  LXCX_CHECK(check_criu(host.kernel, criu));
  {
    LXCX_TRY(lock, lock_container(host.kernel, host.root, paths));
    if (!is_alive(subject.state.init)) return std::unexpected(not_running(host, paths));
    // Once more: whoever freezes takes the lock, and may have been here in between.
    LXCX_CHECK(refuse_frozen(subject));
    LXCX_CHECK(write_images(subject, criu, request));
  }
  if (!request.stop || request.pre_dump) return {};
  return doing(await_teardown(host, paths, subject.state), "take it down, after its dump to '" + request.directory + "'");
}

}  // namespace lxcx::core
