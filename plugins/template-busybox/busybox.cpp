// SPDX-License-Identifier: Apache-2.0
// A system of one static binary: its applets as links, an init that is configured to be a container's, nothing of the host's.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "elf.hpp"
#include "lxcx/plugin.hpp"
#include "storage-common/os_error.hpp"
#include "template-common/arguments.hpp"
#include "template-common/process.hpp"
#include "template-common/rootfs.hpp"

namespace {
using namespace lxcx;
using namespace lxcx::templates;

constexpr std::array options_table{
    Option{"busybox-path", 0, "FILE", "the first static busybox in PATH", "The busybox to install; it must be statically linked"},
};

struct Folder {
  const char* path;
  mode_t mode;
};
constexpr std::array folders{
    Folder{"bin", 0755},        Folder{"dev", 0755},
    Folder{"dev/pts", 0755},    Folder{"etc", 0755},
    Folder{"etc/init.d", 0755}, Folder{"home", 0755},
    Folder{"etc/udhcpc", 0755}, Folder{"lib", 0755},
    Folder{"mnt", 0755},        Folder{"proc", 0555},
    Folder{"root", 0700},       Folder{"run", 0755},
    Folder{"sbin", 0755},       Folder{"sys", 0555},
    Folder{"tmp", 01777},       Folder{"usr", 0755},
    Folder{"usr/bin", 0755},    Folder{"usr/lib", 0755},
    Folder{"usr/sbin", 0755},   Folder{"usr/share", 0755},
    Folder{"var", 0755},        Folder{"usr/share/udhcpc", 0755},
    Folder{"var/log", 0755},    Folder{"var/run", 0755},
};

struct TextFile {
  const char* path;
  mode_t mode;
  std::string_view text;
};
// The password is locked, not empty: a login takes `passwd` from inside first. The console's shell asks for none, as it is root's on the host.
constexpr std::array files{
    TextFile{"etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"},
    TextFile{"etc/group", 0644, "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"},
    TextFile{"etc/shadow", 0600, "root:!:0:0:99999:7:::\nnobody:*:0:0:99999:7:::\n"},
    TextFile{"etc/fstab", 0644, ""},
    TextFile{"etc/resolv.conf", 0644, ""},
    TextFile{"etc/inittab", 0644,
             "::sysinit:/etc/init.d/rcS\n"
             "tty1::respawn:/bin/getty -L tty1 115200 vt100\n"
             "console::askfirst:/bin/sh\n"
             "::ctrlaltdel:/bin/reboot\n"},
    // In the background: a network without a DHCP server must not hold up the boot. An address that is there already, given by the
    // configuration or by the host whose network this is, is left alone.
    TextFile{"etc/init.d/rcS", 0744,
             "#!/bin/sh\n"
             "syslogd\n"
             "mount -a\n"
             "if [ -e /sys/class/net/eth0 ] && ! ip -4 addr show dev eth0 | grep -q inet; then\n"
             "  ip link set dev eth0 up\n"
             "  udhcpc -b -i eth0 -p /var/run/udhcpc.eth0.pid -s /etc/udhcpc/default.script >/dev/null 2>&1 &\n"
             "fi\n"},
    TextFile{"etc/udhcpc/default.script", 0755,
             "#!/bin/sh\n"
             "case \"$1\" in\n"
             "deconfig)\n"
             "  ip addr flush dev \"$interface\"\n"
             "  ip link set dev \"$interface\" up\n"
             "  ;;\n"
             "renew|bound)\n"
             "  ip addr flush dev \"$interface\"\n"
             "  ip addr add \"$ip/${mask:-24}\" dev \"$interface\"\n"
             "  for gateway in $router; do\n"
             "    ip route add default via \"$gateway\" dev \"$interface\" && break\n"
             "  done\n"
             "  : >/etc/resolv.conf\n"
             "  [ -z \"$domain\" ] || echo \"search $domain\" >>/etc/resolv.conf\n"
             "  for server in $dns; do\n"
             "    echo \"nameserver $server\" >>/etc/resolv.conf\n"
             "  done\n"
             "  ;;\n"
             "esac\n"},
};

// What lxc-start understands as well. busybox init halts on SIGUSR1 and reboots on SIGTERM.
constexpr std::array<std::string_view, 9> config_lines{
    "lxc.signal.halt = SIGUSR1",
    "lxc.signal.reboot = SIGTERM",
    "lxc.autodev = 1",
    "lxc.tty.max = 5",
    "lxc.pty.max = 1",
    "lxc.cap.drop = sys_module mac_admin mac_override sys_time",
    "lxc.mount.auto = cgroup:mixed proc:mixed sys:ro",
    "lxc.mount.entry = shm dev/shm tmpfs nosuid,nodev,create=dir 0 0",
    "lxc.mount.entry = mqueue dev/mqueue mqueue defaults,optional,create=dir 0 0",
};

constexpr const char* static_hint = "apt-get install busybox-static, or name another with -- --busybox-path=FILE";

struct Binary {
  std::string path;
  Fd file;
};

Result<Binary> open_static(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return os_error(errno, "cannot open busybox '" + path + "'", static_hint);
  struct stat status{};
  if (::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode)) return fail(Code::config, "busybox '" + path + "' is not a file", static_hint);
  Result<std::string> interpreter = busybox::interpreter_of(file.get());
  if (!interpreter) return fail(Code::config, "busybox '" + path + "' cannot be used: " + interpreter.error().message, static_hint);
  if (!interpreter->empty())
    return fail(Code::config,
                "busybox '" + path + "' is dynamically linked (it needs " + *interpreter + "), and a container has none of the host's libraries",
                static_hint);
  return Binary{path, std::move(file)};
}

Result<Binary> find_static() {
  Result<Binary> best = fail(Code::not_found, "there is no busybox in PATH", static_hint);
  for (const std::string& path : find_programs("busybox")) {
    Result<Binary> binary = open_static(path);
    if (binary) return binary;
    if (best.error().code == Code::not_found) best = std::move(binary);
  }
  return best;
}

Result<std::vector<std::string>> applets_of(const std::string& path) {
  std::vector<std::string> applets;
  Program list;
  list.argv = {path, "--list"};
  list.on_line = [&](std::string_view line) {
    if (!line.empty() && line != "busybox" && line.find('/') == std::string_view::npos) applets.emplace_back(line);
  };
  LXCX_TRY(ended, run(list));
  LXCX_CHECK(check_ended(ended, path + " --list"));
  for (const char* needed : {"init", "sh", "getty"})
    if (std::ranges::find(applets, needed) == applets.end())
      return fail(Code::config, "busybox '" + path + "' has no applet '" + needed + "'",
                  "use one that is built to be a system, such as Debian's busybox-static");
  return applets;
}

Result<void> fill(const Rootfs& rootfs, const Binary& binary, const std::vector<std::string>& applets) {
  for (const Folder& folder : folders) LXCX_CHECK(rootfs.make_directory(folder.path, folder.mode));
  for (const TextFile& file : files) LXCX_CHECK(rootfs.write_file(file.path, file.text, file.mode));
  LXCX_CHECK(rootfs.copy_file(binary.file.get(), "bin/busybox", 0755));
  for (const std::string& applet : applets) LXCX_CHECK(rootfs.symlink("busybox", "bin/" + applet));
  // Where lxc.init.cmd's default looks; where busybox itself looks for its DHCP script.
  LXCX_CHECK(rootfs.hard_link("bin/busybox", "sbin/init"));
  return rootfs.symlink("../../../etc/udhcpc/default.script", "usr/share/udhcpc/default.script");
}

class Busybox final : public Template {
 public:
  Result<void> build(Call& call, const Build& build) override {
    LXCX_TRY(arguments, parse_arguments(options_table, build.args));
    const auto named = arguments.find("busybox-path");
    LXCX_TRY(binary, named == arguments.end() ? find_static() : open_static(named->second));
    LXCX_TRY(applets, applets_of(binary.path));
    LXCX_TRY(owner, storage::container_root(build.idmap));
    LXCX_TRY(rootfs, Rootfs::open(build.rootfs, owner));
    LXCX_CHECK(fill(rootfs, binary, applets));
    LXCX_CHECK(rootfs.write_file("etc/hostname", std::string(build.container) + "\n", 0644));
    LXCX_CHECK(rootfs.write_file("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 " + std::string(build.container) + "\n", 0644));
    call.log(LXCX_INFO, "installed " + binary.path + " with " + std::to_string(applets.size()) + " applets");
    call.result("config", "lxc.uts.name = " + std::string(build.container));
    for (const std::string_view line : config_lines) call.result("config", line);
    return {};
  }

  Result<void> options(Call& call, const Build&) override {
    emit_options(call, options_table);
    return {};
  }
};

}  // namespace

LXCX_PLUGIN(template, Busybox, "busybox", LXCX_PLUGIN_VERSION, "A small system from the host's static busybox; no download, a few milliseconds",
            "Apache-2.0");
