# SPDX-License-Identifier: Apache-2.0
"""How each program is told to do what is compared: one class for each, with the same verbs, which return command lines."""
import json
import os
import pathlib
import shutil
import subprocess

STAY = ["/bin/sleep", "1000000"]
NETWORKS = {
    "empty": ["lxc.net.0.type = empty"],
    "veth": ["lxc.net.0.type = veth", "lxc.net.0.link = lxcxt-br0", "lxc.net.0.flags = up"],
}


def make_rootfs(path):
    """A root file system of one static busybox."""
    for name in ("bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp"):
        (path / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), path / "bin/busybox")
    for applet in ("sh", "sleep", "true"):
        (path / "bin" / applet).symlink_to("busybox")
    (path / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (path / "etc/group").write_text("root:x:0:\n")


def first_line(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


class LikeLxc:
    """What lxcx and LXC have in common: the configuration, and how many may be defined."""

    def __init__(self, scratch, rootfs):
        self.path = scratch / self.kind
        self.path.mkdir()
        self.rootfs = rootfs

    def define(self, name, network="empty"):
        lines = [
            f"lxc.rootfs.path = dir:{self.rootfs}",
            f"lxc.uts.name = {name}",
            "lxc.init.cmd = " + " ".join(STAY),
            "lxc.mount.auto = proc:mixed sys:mixed",
            "lxc.tty.max = 1",
            "lxc.pty.max = 1024",
            *NETWORKS[network],
        ]
        (self.path / name).mkdir()
        (self.path / name / "config").write_text("\n".join(lines) + "\n")

    def undefine(self, name):
        shutil.rmtree(self.path / name)

    def is_defined(self, name):
        return (self.path / name / "config").exists()

    def names(self):
        return [entry.name for entry in self.path.iterdir()]


class Lxcx(LikeLxc):
    kind = "lxcx"

    def __init__(self, program, scratch, rootfs):
        super().__init__(scratch, rootfs)
        self.program = str(program)
        self.title = "lxcx " + first_line([self.program, "version"]).split()[1].rstrip(',')

    def command(self, verb, *rest):
        return [self.program, "-P", str(self.path), verb, *rest]

    def start(self, name): return self.command("start", "-d", name)
    def kill(self, name): return self.command("stop", "-k", name)
    def execute(self, name): return self.command("execute", name, "--", "/bin/true")
    def attach(self, name): return self.command("attach", name, "--", "/bin/true")
    def info(self, name): return self.command("info", name)
    def state(self, name): return self.command("info", "-s", "-H", name)
    def freeze(self, name): return self.command("freeze", name)
    def unfreeze(self, name): return self.command("unfreeze", name)
    def ls(self): return self.command("ls", "-1")
    def fancy(self): return self.command("ls", "--fancy")
    def create(self, name): return self.command("create", "-t", "busybox", "-f", "none", name)
    def destroy(self, name): return self.command("destroy", name)
    def init(self, name): return int(first_line(self.command("info", "-p", "-H", name)))


class Lxc(LikeLxc):
    kind = "lxc"

    def __init__(self, scratch, rootfs):
        super().__init__(scratch, rootfs)
        self.title = "LXC " + first_line(["lxc-start", "--version"])

    def command(self, verb, *rest):
        return ["lxc-" + verb, "-P", str(self.path), *rest]

    def start(self, name): return self.command("start", "-n", name, "-d")
    def kill(self, name): return self.command("stop", "-n", name, "-k")
    def execute(self, name): return self.command("execute", "-n", name, "--", "/bin/true")
    def attach(self, name): return self.command("attach", "-n", name, "--", "/bin/true")
    def info(self, name): return self.command("info", "-n", name)
    def state(self, name): return self.command("info", "-n", name, "-s", "-H")
    def freeze(self, name): return self.command("freeze", "-n", name)
    def unfreeze(self, name): return self.command("unfreeze", "-n", name)
    def ls(self): return self.command("ls", "-1")
    def fancy(self): return self.command("ls", "--fancy")
    def create(self, name): return self.command("create", "-n", name, "-t", "busybox", "-f", "/dev/null")
    def destroy(self, name): return self.command("destroy", "-n", name)
    def init(self, name): return int(first_line(self.command("info", "-n", name, "-p", "-H")))


class Command(list):
    """A command line, and the mount namespace (an fd) it runs in unless that is everybody's."""

    mounts = None


def mounts_without(path):
    """A mount namespace where nothing is mounted on `path`."""
    holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", 'umount "$0" && echo && exec sleep 1000', path], stdout=subprocess.PIPE)
    try:
        if not holder.stdout.readline():
            raise OSError(f"cannot unmount {path} in a namespace of its own")
        return os.open(f"/proc/{holder.pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


class Crun:
    """A runtime for OCI bundles: nothing is defined beforehand, nothing stays with the container, and networks are somebody else's.

    It refuses the hybrid layout when its cgroup2 has controllers, so there it does not get to see that one."""

    kind = "crun"
    unified = "/sys/fs/cgroup/unified"

    def __init__(self, scratch, rootfs):
        self.path = scratch / self.kind
        self.root = scratch / "crun-root"
        self.rootfs = rootfs
        self.title = "crun " + first_line(["crun", "--version"]).split()[-1]
        self.made = set()
        self.mounts = mounts_without(self.unified) if os.path.ismount(self.unified) else None
        for arguments in (STAY, ["/bin/true"]):
            self.bundle(arguments)

    def bundle(self, arguments):
        directory = self.path / pathlib.Path(arguments[0]).name
        directory.mkdir(parents=True, exist_ok=True)
        mount = lambda at, kind, source, *options: {"destination": at, "type": kind, "source": source, "options": list(options)}
        (directory / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.0",
            "process": {"terminal": False, "user": {"uid": 0, "gid": 0}, "args": arguments, "env": ["PATH=/bin:/sbin"], "cwd": "/"},
            "root": {"path": str(self.rootfs), "readonly": False},
            "hostname": "lxcxt",
            "mounts": [
                mount("/proc", "proc", "proc"),
                mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
                mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount", "cgroup")]},
        }))
        return str(directory)

    def command(self, verb, *rest):
        command = Command(["crun", "--root", str(self.root), "--cgroup-manager", "cgroupfs", verb, *rest])
        command.mounts = self.mounts
        return command

    def start(self, name):
        self.made.add(name)
        return self.command("run", "-d", "-b", str(self.path / "sleep"), name)

    def execute(self, name):
        self.made.add(name)
        return self.command("run", "-b", str(self.path / "true"), name)

    def define(self, name, network="empty"): pass
    def undefine(self, name): pass
    def kill(self, name): return self.command("delete", "-f", name)
    def attach(self, name): return self.command("exec", name, "/bin/true")
    def info(self, name): return self.command("state", name)
    def state(self, name): return self.command("state", name)
    def freeze(self, name): return self.command("pause", name)
    def unfreeze(self, name): return self.command("resume", name)
    def names(self): return sorted(self.made)


def floor_program(source, scratch):
    """The bare C program, if there is a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = scratch / "floor-program"
    subprocess.run([compiler, "-O2", "-static", "-o", program, source], check=True)
    return program


class Floor:
    """The least that makes a container, as a bare static C program (floor.c)."""

    kind = "floor"
    title = "floor"

    def __init__(self, program, scratch, rootfs):
        self.program, self.rootfs = str(program), str(rootfs)
        self.path = scratch / self.kind
        self.path.mkdir()

    def start(self, name): return [self.program, "start", str(self.path / name), name, self.rootfs, *STAY]
    def execute(self, name): return [self.program, "execute", str(self.path / name), name, self.rootfs, "/bin/true"]
    def kill(self, name): return [self.program, "kill", str(self.path / name), name]
    def attach(self, name): return [self.program, "attach", str(self.path / name), name, "/bin/true"]
    def info(self, name): return [self.program, "nothing"]
    def define(self, name, network="empty"): pass
    def undefine(self, name): pass
    def names(self): return [entry.name for entry in self.path.iterdir()]
    def state(self, name): return [self.program, "nothing"]
