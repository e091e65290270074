// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/doctor.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/text.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/criu/criu.hpp"
#include "core/device/device.hpp"
#include "core/doctor/checkconfig.hpp"
#include "core/doctor/probes.hpp"
#include "core/kernel/files.hpp"
#include "core/unshare/id_maps.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;
constexpr const char* default_containers = "every container";

/// What is asked, and what to say when the answer is no.
struct Question {
  const char *area, *name;
  bool is_essential;
  const char *needed_for, *mend;
};

std::string reason(const Error& error) {
  const char* text = error.sys_errno != 0 ? ::strerrordesc_np(error.sys_errno) : nullptr;
  return error.message + (text != nullptr ? ": " + std::string(text) : std::string());
}

class Doctor {
 public:
  Doctor(Host& host, const std::string& lxcpath, const std::string& default_config)
      : host_(host), lxcpath_(lxcpath), default_config_(default_config) {}

  Diagnosis examine() {
    ask_kernel();
    ask_network();
    ask_cgroups();
    look_at_helpers();
    look_at_places();
    look_at_plugins();
    look_at_default_config();
    return std::move(diagnosis_);
  }

 private:
  void say(const Question& question, Health health, std::string detail) {
    HealthCheck check{question.area, question.name, health, question.is_essential, std::move(detail), {}, {}};
    if (health == Health::missing || health == Health::broken) {
      check.needed_for = question.needed_for;
      check.mend = question.mend;
    }
    if (health == Health::unknown) check.mend = "run it as root";
    diagnosis_.checks.push_back(std::move(check));
  }

  void say(const Question& question, const ProbeAnswer& answer) {
    if (answer.error == 0) return say(question, Health::ok, {});
    const char* text = ::strerrordesc_np(answer.error);
    std::string detail = answer.detail.empty() ? std::string(text != nullptr ? text : "") : answer.detail;
    say(question, answer.is_unknown() && ::geteuid() != 0 ? Health::unknown : Health::missing, std::move(detail));
  }

  bool exists(const std::string& path, int how = F_OK) { return host_.kernel.faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS).has_value(); }

  std::string first_line(const char* path) {
    const std::string text = read_file(host_.kernel, AT_FDCWD, path, largest_file).value_or("");
    return std::string(trim(text.substr(0, text.find('\n'))));
  }

  void ask_kernel() {
    struct Namespace {
      int flag;
      Question question;
    };
    constexpr std::array namespaces{
        Namespace{CLONE_NEWNS, {"kernel", "mount namespace", true, default_containers, "build a kernel with it"}},
        Namespace{CLONE_NEWPID, {"kernel", "pid namespace", true, default_containers, "build a kernel with CONFIG_PID_NS"}},
        Namespace{CLONE_NEWUTS, {"kernel", "uts namespace", true, default_containers, "build a kernel with CONFIG_UTS_NS"}},
        Namespace{CLONE_NEWIPC, {"kernel", "ipc namespace", true, default_containers, "build a kernel with CONFIG_IPC_NS"}},
        Namespace{CLONE_NEWNET, {"kernel", "net namespace", true, "containers with a network of their own", "build a kernel with CONFIG_NET_NS"}},
        Namespace{CLONE_NEWCGROUP,
                  {"kernel", "cgroup namespace", false, "containers that see no more than their own cgroup", "use Linux 4.6 or later"}},
        Namespace{CLONE_NEWUSER,
                  {"kernel", "user namespace", false, "containers with mapped ids (lxc.idmap)", "sysctl -w user.max_user_namespaces=15000"}},
    };
    for (const Namespace& one : namespaces) say(one.question, ask_for_namespace(host_.kernel, one.flag));
    say({"kernel", "overlayfs", false, "storage overlay", "modprobe overlay"}, ask_for_filesystem(host_.kernel, "overlay"));
    const std::string directory = exists(lxcpath_) ? lxcpath_ : "/";
    say({"kernel", "idmapped mounts", false, "mapped ids without changing the owner of every file",
         "use Linux 5.12 or later, and ext4, xfs or btrfs"},
        ask_for_idmapped_mounts(host_.kernel, directory));
    say({"kernel", "seccomp", false, "system call filters (lxc.seccomp.profile)", "build a kernel with CONFIG_SECCOMP_FILTER"},
        ask_for_seccomp(host_.kernel));
    say({"kernel", "landlock", false, "security landlock", "add landlock to lsm= of the kernel's command line"}, ask_for_landlock(host_.kernel));
    const Question fuse{"kernel", "/dev/fuse", false, "lxcfs, and FUSE inside containers", "modprobe fuse"};
    say(fuse, exists("/dev/fuse") ? Health::ok : Health::missing, {});
  }

  void ask_network() {
    struct Kind {
      const char* kind;
      Question question;
    };
    constexpr std::array kinds{
        Kind{"veth", {"network", "veth", false, "network veth", "modprobe veth"}},
        Kind{"bridge", {"network", "bridge", false, "a bridge for network veth", "modprobe bridge"}},
        Kind{"macvlan", {"network", "macvlan", false, "network macvlan", "modprobe macvlan"}},
    };
    for (const Kind& one : kinds) say(one.question, ask_for_link_kind(host_.kernel, one.kind));
    const bool forwards = first_line("/proc/sys/net/ipv4/ip_forward") == "1";
    say({"network", "IPv4 forwarding", false, "containers that reach other machines by routing or NAT", "sysctl -w net.ipv4.ip_forward=1"},
        forwards ? Health::ok : Health::missing, {});
    look_at_network_service();
  }

  /// lxcx-netd, by its socket; and whether the list has a line that could be this user's.
  void look_at_network_service() {
    constexpr const char *socket = "/run/lxcx/net.sock", *usernet = "/etc/lxc/lxc-usernet";
    say({"network", "lxcx-netd", false, "network veth of ordinary users", "systemctl enable --now lxcx-netd.socket"},
        exists(socket, W_OK) ? Health::ok : Health::missing, socket);
    const std::string name = user_name();
    const std::string text = read_file(host_.kernel, AT_FDCWD, usernet, largest_file).value_or("");
    const bool has_line = std::ranges::any_of(split(text, '\n'), [&](const std::string& line) {
      const std::string_view start = trim(line);
      return start.starts_with('@') || (::geteuid() == 0 && !start.empty() && !start.starts_with('#')) || start.starts_with(name + " ") ||
             start.starts_with(name + "\t");
    });
    const std::string mend = "echo '" + (::geteuid() == 0 ? "NAME" : name) + " veth lxcbr0 10' >>" + usernet;
    say({"network", "lxc-usernet", false, "network veth of ordinary users", mend.c_str()}, has_line ? Health::ok : Health::missing, usernet);
  }

  void ask_cgroups() {
    const Question question{"cgroup", "hierarchies", true, "limits, freezing, and ending all that a container runs",
                            "mount -t cgroup2 none /sys/fs/cgroup"};
    const Result<Cgroups> cgroups = Cgroups::open(host_.kernel, host_.log, ::geteuid() == 0 ? "" : Cgroups::own_base(host_.kernel).value_or(""));
    if (!cgroups) return say(question, Health::broken, reason(cgroups.error()));
    constexpr std::array<const char*, 4> layouts{"none that can be written to", "v1", "hybrid", "v2"};
    const char* layout = layouts[static_cast<std::size_t>(cgroups->layout())];
    const bool is_there = cgroups->layout() != CgroupLayout::none;
    say(question, is_there ? Health::ok : (::geteuid() == 0 ? Health::missing : Health::unknown), layout);
    for (const char* controller : {"memory", "cpu", "cpuset", "pids"}) {
      const bool found = std::ranges::any_of(cgroups->hierarchies(), [&](const Hierarchy& hierarchy) {
        return std::ranges::find(hierarchy.controllers, controller) != hierarchy.controllers.end();
      });
      const std::string limits = std::string("limits of ") + controller;
      say({"cgroup", controller, false, limits.c_str(), "enable it: cgroup.subtree_control on v2, cgroup_enable= on the kernel's command line"},
          found ? Health::ok : Health::missing, {});
    }
  }

  void look_at_helpers() {
    for (const char* name : {"lxcx-monitor", "lxcx-enter", "lxcx-init"}) {
      const std::string path = host_.layout.program_directory + "/" + name;
      say({"programs", name, true, default_containers, "install lxcx again"}, exists(path, X_OK) ? Health::ok : Health::missing, path);
    }
    for (const char* name : {"newuidmap", "newgidmap"}) {
      std::string path;
      const std::string problem = helper_problem(host_.kernel, name, &path);
      const Health health = problem.empty() ? Health::ok : (path.empty() ? Health::missing : Health::broken);
      say({"programs", name, false, "containers of ordinary users", path.empty() ? "apt-get install uidmap" : "give it set-user-ID root: chmod u+s"},
          health, problem.empty() ? path : problem);
    }
    look_at_criu();
    for (const char* file : {"/etc/subuid", "/etc/subgid"}) look_at_subordinate_ids(file);
  }

  static std::string user_name() {
    const passwd* user = ::getpwuid(::geteuid());
    return user != nullptr ? user->pw_name : std::to_string(::geteuid());
  }

  void look_at_criu() {
    const Result<std::string> program = find_criu(host_.kernel);
    const std::string mend = program ? "use another kernel or a newer criu" : "apt-get install criu";
    const Question question{"programs", "criu", false, "checkpoint: to dump and restore containers", mend.c_str()};
    if (!program) return say(question, Health::missing, {});
    if (::geteuid() != 0) return say(question, Health::unknown, *program);
    const Result<void> checked = check_criu(host_.kernel, *program);
    say(question, checked ? Health::ok : Health::broken, checked ? *program : reason(checked.error()));
  }

  void look_at_subordinate_ids(const char* file) {
    const std::string name = user_name();
    const std::string text = read_file(host_.kernel, AT_FDCWD, file, largest_file).value_or("");
    const std::vector<SubordinateIds> ids = subordinate_ids(text, name, ::geteuid());
    const std::string found = ids.empty() ? std::string() : std::to_string(ids.front().count) + " from " + std::to_string(ids.front().first);
    const std::string option = file == std::string_view("/etc/subuid") ? "--add-subuids" : "--add-subgids";
    const std::string mend = "usermod " + option + " 100000-165535 " + name;
    say({"programs", file, false, "mapped ids of this user", mend.c_str()}, found.empty() ? Health::missing : Health::ok, found);
  }

  void look_at_places() {
    look_at_run_directory();
    if (!exists(lxcpath_)) return say({"places", "lxcpath", false, "", ""}, Health::ok, lxcpath_ + ": made by the first create");
    const Result<struct stat> status = host_.kernel.fstatat(AT_FDCWD, lxcpath_.c_str(), 0);
    const bool is_open = status && (status->st_mode & S_IWOTH) != 0 && (status->st_mode & S_ISVTX) == 0;
    const std::string close = "chmod o-w " + lxcpath_, open = "chmod o+x " + lxcpath_;
    say({"places", "lxcpath", true, "containers that nobody else can replace", close.c_str()}, is_open ? Health::broken : Health::ok,
        is_open ? lxcpath_ + ": everybody can write to it" : lxcpath_);
    if (!status || ::geteuid() != 0) return;
    const bool is_passable = (status->st_mode & S_IXOTH) != 0;
    say({"places", "way to the containers", false, "containers with mapped ids, whose root is nobody's here", open.c_str()},
        is_passable ? Health::ok : Health::broken, {});
  }

  /// The first start makes it, and what is missing above it.
  void look_at_run_directory() {
    const std::string& run = host_.root.directory;
    std::string there = run;
    while (there.size() > 1 && !exists(there)) there.erase(std::max<std::size_t>(there.find_last_of('/'), 1));
    const bool can_run = exists(there, W_OK | X_OK);
    const Result<struct stat> status = host_.kernel.fstatat(AT_FDCWD, there.c_str(), 0);
    std::string mend = "set XDG_RUNTIME_DIR to a directory of this user's";
    if (::geteuid() == 0)
      mend = "make '" + there + "' writable: its file system is mounted read-only";
    else if (status && status->st_uid == ::geteuid())
      mend = "chmod u+rwx " + there;
    const std::string detail = there == run ? run : run + ": '" + there + "' cannot be written to";
    say({"places", "run directory", true, default_containers, mend.c_str()}, can_run ? Health::ok : Health::broken, can_run ? run : detail);
  }

  void look_at_plugins() {
    bool has_dir = false;
    for (const RegistryEntry& entry : host_.plugins.list()) {
      if (entry.state == "masked" || entry.state == "shadowed") continue;
      std::string name = entry.name.empty() ? entry.path : std::string(kind_name(entry.kind)) + " " + entry.name;
      const Question question{"plugins", name.c_str(), false, "what it serves", "mend or remove its manifest, or install it again"};
      if (entry.state == "refused") {
        say(question, Health::broken, entry.path + ": " + entry.why);
        continue;
      }
      const Result<std::string> checked = host_.plugins.check_library(entry.manifest.library_path);
      say(question, checked ? Health::ok : Health::broken, checked ? entry.manifest.version : reason(checked.error()));
      has_dir = has_dir || (checked && entry.kind == Kind::storage && entry.name == "dir");
      if (checked) look_at_needs(entry);
    }
    if (!has_dir) say({"plugins", "storage dir", true, default_containers, "install it, or `lxcx plugin enable storage dir`"}, Health::missing, {});
  }

  /// The programs that a plugin's manifest says it runs.
  void look_at_needs(const RegistryEntry& entry) {
    constexpr std::string_view prefix = "program:";
    for (const std::string& need : entry.manifest.needs) {
      if (!need.starts_with(prefix)) continue;
      const std::string program = need.substr(prefix.size()), path = find_program(host_.kernel, program);
      const std::string needed_for = std::string(kind_name(entry.kind)) + " " + entry.name, mend = "install " + program;
      say({"programs", program.c_str(), false, needed_for.c_str(), mend.c_str()}, path.empty() ? Health::missing : Health::ok, path);
    }
  }

  void look_at_default_config() {
    const Question question{"configuration", "default", true, "every new container", "mend it: `lxcx config check -f FILE` says where"};
    if (!exists(default_config_)) return say(question, Health::ok, default_config_ + ": there is none, so that a new container has no network");
    const Result<ContainerConfig> config = load_config(default_config_, host_.source, nullptr);
    say(question, config ? Health::ok : Health::broken, config ? default_config_ : reason(config.error()));
    if (!config) return;
    for (const NicConfig& nic : config->nics) {
      const std::string name = "lxc.net." + std::to_string(nic.index), link(nic.get("link"));
      const std::string kind = nic.type;
      const bool has_plugin = host_.plugins.find(Kind::network, kind).has_value();
      const std::string mend =
          has_plugin ? "ip link add " + link + " type bridge && ip link set " + link + " up" : "install or enable the plugin network " + kind;
      if (has_plugin && link.empty()) continue;
      const bool is_fit = has_plugin && is_interface(host_.kernel, link);
      say({"configuration", name.c_str(), true, "the network of every new container", mend.c_str()}, is_fit ? Health::ok : Health::missing,
          has_plugin ? "link " + link : "type " + kind);
    }
  }

  Host& host_;
  const std::string &lxcpath_, &default_config_;
  Diagnosis diagnosis_;
};

}  // namespace

Diagnosis diagnose(Host& host, const std::string& lxcpath, const std::string& default_config) {
  return Doctor(host, lxcpath, default_config).examine();
}

}  // namespace lxcx::core
