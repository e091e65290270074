// SPDX-License-Identifier: Apache-2.0
#include <sys/xattr.h>

#include <algorithm>
#include <sstream>

#include "plugin_under_test.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

const lxcx_template_ops& local() {
  static const lxcx_template_ops& ops = load<lxcx_template_ops>(TEMPLATE_LOCAL);
  return ops;
}

/// An image in the making: fill tree/ and meta/, then pack.
class Image {
 public:
  explicit Image(const Scratch& scratch) : path(scratch.path + "/image") {
    std::filesystem::create_directories(path + "/tree/etc");
    std::filesystem::create_directories(path + "/meta");
    write_file(path + "/tree/etc/hostname", "LXC_NAME\n");
    write_file(path + "/meta/config", "# a comment\nlxc.include = LXC_TEMPLATE_CONFIG/common.conf\n\nlxc.arch = x86_64\n");
  }
  std::string tree(const std::string& name) const { return path + "/tree/" + name; }
  std::string meta(const std::string& name) const { return path + "/meta/" + name; }
  void pack(const std::string& suffix = "tar.xz", const std::string& more = "") const {
    REQUIRE(shell("cd '" + path + "' && tar -caf fs." + suffix + " --xattrs --xattrs-include='*' -C tree . " + more +
                  " && tar -caf meta.tar.xz -C meta .")
                .status == 0);
  }
  std::vector<std::string> args(const std::string& suffix = "tar.xz") const {
    return {"--metadata=" + path + "/meta.tar.xz", "-f", path + "/fs." + suffix};
  }
  std::string path;
};

std::vector<std::string> leftovers() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path()))
    if (entry.path().filename().string().starts_with("lxcx-metadata-")) found.push_back(entry.path());
  return found;
}

void built(TestBuild& build, FakeCall& call) {
  const lxcx_code code = build.run(local(), call);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
}

}  // namespace

TEST_CASE("an image becomes a container, in any compression") {
  const std::string suffix = GENERATE("tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst");
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  write_file(image.meta("templates"), "/etc/hostname\n");
  write_file(image.meta("fstab"), "proc proc proc ro,nodev 0 0\n");
  write_file(image.meta("create-message"), "You made LXC_NAME.");
  write_file(image.meta("excludes-system"), "./left-out\n");
  write_file(image.tree("left-out"), "x");
  write_file(image.tree("suid"), "x");
  ::chown(image.tree("suid").c_str(), 12, 34);
  ::chmod(image.tree("suid").c_str(), 04755);
  REQUIRE(::setxattr(image.tree("suid").c_str(), "user.note", "hi", 2, 0) == 0);
  image.pack(suffix);
  TestBuild build(scratch);
  build.args = image.args(suffix);
  built(build, call);
  CHECK(read_file(build.rootfs + "/etc/hostname") == "web\n");
  CHECK_FALSE(exists(build.rootfs + "/left-out"));
  CHECK(exists(build.rootfs + "/dev/pts"));
  CHECK(status_of(build.rootfs + "/suid").st_uid == 12);
  CHECK(status_of(build.rootfs + "/suid").st_mode == (S_IFREG | 04755));
  char value[8];
  CHECK(::getxattr((build.rootfs + "/suid").c_str(), "user.note", value, sizeof value) == 2);
  CHECK(call.all("config") == std::vector<std::string>{"lxc.include = /usr/share/lxc/config/common.conf", "lxc.arch = x86_64",
                                                       "lxc.mount.fstab = " + build.directory + "/fstab", "lxc.uts.name = web"});
  CHECK(read_file(build.directory + "/fstab") == "proc proc proc ro,nodev 0 0\n");
  CHECK(call.result("message") == "You made web.");
  CHECK(call.progress == std::filesystem::file_size(image.path + "/fs." + suffix));
  CHECK(leftovers().empty());
}

TEST_CASE("members have variants for the mode and the level of compatibility") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  write_file(image.meta("config-user"), "lxc.arch = user\n");
  write_file(image.meta("config-user.5"), "lxc.arch = user5\n");
  write_file(image.meta("config.5"), "lxc.arch = plain5\n");
  image.pack();
  TestBuild build(scratch);
  build.args = image.args();
  SECTION("system") {
    built(build, call);
    CHECK(call.all("config")[0] == "lxc.arch = plain5");
  }
  SECTION("user, with every id shifted by the kernel") {
    build.idmap = shifted_map();
    write_file(image.tree("capable"), "x");
    const unsigned char capability[] = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    REQUIRE(::setxattr(image.tree("capable").c_str(), "security.capability", capability, sizeof capability, 0) == 0);
    std::filesystem::create_directory(image.tree("dev"));
    REQUIRE(::mknod(image.tree("dev/null").c_str(), S_IFCHR | 0666, 259) == 0);
    image.pack();
    ::chmod((image.path + "/fs.tar.xz").c_str(), 0600);
    ::chown(build.rootfs.c_str(), 100000, 200000);
    built(build, call);
    CHECK(call.all("config")[0] == "lxc.arch = user5");
    CHECK(shell("find '" + build.rootfs + "' -not \\( -uid 100000 -gid 200000 \\)").output.empty());
    char value[64];
    CHECK(::getxattr((build.rootfs + "/capable").c_str(), "security.capability", value, sizeof value) == 24);  // version 3, with its root id
  }
}

TEST_CASE("an archive alone will do, and says what is missing") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  image.pack("tar.gz");
  TestBuild build(scratch);
  build.args = {"--fstree", image.path + "/fs.tar.gz"};
  built(build, call);
  CHECK(call.result("message").find("without metadata") != std::string::npos);
  CHECK(call.all("config") == std::vector<std::string>{"lxc.uts.name = web"});
}

TEST_CASE("wrong arguments and wrong files change nothing") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  image.pack();
  write_file(scratch.path + "/text", "not an archive");
  TestBuild build(scratch);
  // "@" is the scratch directory, which is another for each row.
  const auto [words, code] = GENERATE(table<std::string, lxcx_code>({
      {"", LXCX_USAGE},
      {"--metadata=@/image/meta.tar.xz", LXCX_USAGE},
      {"--fstree", LXCX_USAGE},
      {"--fstree=@/image/fs.tar.xz --no-dev=1", LXCX_USAGE},
      {"--fstree=@/image/fs.tar.xz more", LXCX_USAGE},
      {"--fstree=@/missing", LXCX_NOT_FOUND},
      {"--fstree=@/text", LXCX_CONFIG},
      {"--fstree=@", LXCX_CONFIG},
      {"--fstree=@/image/fs.tar.xz --metadata=@/missing", LXCX_NOT_FOUND},
      {"--fstree=@/image/fs.tar.xz --metadata=@/text", LXCX_CONFIG},
  }));
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    if (const auto at = word.find('@'); at != std::string::npos) word.replace(at, 1, scratch.path);
    build.args.push_back(word);
  }
  CAPTURE(words);
  CHECK(build.run(local(), call) == code);
  CHECK(std::filesystem::is_empty(build.rootfs));
  CHECK(call.all("config").empty());
  CHECK(leftovers().empty());
}

TEST_CASE("a damaged archive fails with tar's words") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  write_file(image.tree("big"), std::string(100000, 'x') + shell("head -c 300000 /dev/urandom").output);
  image.pack();
  std::filesystem::resize_file(image.path + "/fs.tar.xz", 100000);
  TestBuild build(scratch);
  build.args = image.args();
  CHECK(build.run(local(), call) != LXCX_OK);
  CHECK(call.message.find("exit status") != std::string::npos);
  CHECK(call.message.find("tar:") != std::string::npos);
}

TEST_CASE("a hostile image reaches nothing of the host") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  const std::string victim = scratch.path + "/victim";
  write_file(victim, "LXC_NAME");
  TestBuild build(scratch);
  build.args = image.args();
  SECTION("links as files to substitute in resolve inside its root") {
    const std::string target = GENERATE("", "../../../../../../../../../..", "/proc/self/root") + victim;
    std::filesystem::create_symlink(target, image.tree("link"));
    std::filesystem::create_symlink("/", image.tree("up"));
    write_file(image.meta("templates"), "link\nup" + victim + "\n../../victim\n/../../victim\n");
    image.pack();
    built(build, call);
    CHECK(call.logged("link"));
  }
  SECTION("a FIFO as a file to substitute in does not hang it") {
    ::mkfifo(image.tree("fifo").c_str(), 0666);
    write_file(image.meta("templates"), "fifo\n");
    image.pack();
    CHECK(build.run(local(), call) == LXCX_PLUGIN);
    CHECK(call.message.find("not a regular file") != std::string::npos);
  }
  SECTION("archive members written through a link") {
    std::filesystem::create_symlink(scratch.path, image.tree("way-out"));
    std::filesystem::create_directory(image.path + "/second");
    std::filesystem::create_directory(image.path + "/second/way-out");
    write_file(image.path + "/second/way-out/victim", "owned");
    REQUIRE(shell("cd '" + image.path + "' && tar -cf fs.tar -C tree . && tar -rf fs.tar -C second way-out/victim && tar -caf meta.tar.xz -C meta .")
                .status == 0);
    build.args = image.args("tar");
    build.run(local(), call);
  }
  SECTION("absolute member names and dot-dot") {
    write_file(image.path + "/evil", "owned");
    REQUIRE(shell("cd '" + image.path + "' && tar -cPf fs.tar --transform='s|evil|" + victim +
                  "|' evil && tar -rPf fs.tar --transform='s|evil|../../victim|' evil && tar -caf meta.tar.xz -C meta .")
                .status == 0);
    build.args = image.args("tar");
    build.run(local(), call);
  }
  SECTION("metadata members that are links") {
    std::filesystem::remove(image.meta("config"));
    std::filesystem::create_symlink("/etc/shadow", image.meta("config"));
    image.pack();
    CHECK(build.run(local(), call) != LXCX_OK);
    CHECK(call.all("config").empty());
    CHECK(std::filesystem::is_empty(build.rootfs));
  }
  SECTION("metadata members that are huge") {
    write_file(image.meta("config"), std::string(2 << 20, '\n'));
    image.pack();
    CHECK(build.run(local(), call) == LXCX_PLUGIN);
    CHECK(call.message.find("larger than") != std::string::npos);
  }
  SECTION("metadata that unpacks to no end is cut off") {
    REQUIRE(shell("truncate -s 32M '" + image.meta("bomb") + "'").status == 0);
    image.pack();
    CHECK(build.run(local(), call) != LXCX_OK);
  }
  CHECK(read_file(victim) == "LXC_NAME");
  CHECK(leftovers().empty());
}

TEST_CASE("configuration that reaches the host is refused unless it is trusted, before anything is unpacked") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  const std::string line = GENERATE(
      "lxc.hook.pre-start = /bin/sh -c evil", "lxc.hook.start-host=LXC_HOOK_DIR/../../../../bin/sh", "lxc.net.0.script.up = /tmp/x",
      "lxc.include = /etc/lxc/evil.conf", "lxc.rootfs.path = dir:/", "lxc.log.file = /etc/passwd", "lxc.mount.entry = / mnt none bind,rw 0 0",
      "lxc.mount.entry = /sys/../etc etc none bind 0 0", "lxc.mount.fstab = /etc/fstab", "lxc.idmap = u 0 0 1",
      "lxc.mount.entry = \"/etc etc none bind 0 0\"",
               // A relative source is the host's too, and so is what a magic link or a layer leads to.
      "lxc.mount.entry = . host none rbind,create=dir 0 0", "lxc.mount.entry = etc host-etc none bind,create=dir 0 0",
      "lxc.mount.entry = /proc/self/root host none bind,create=dir 0 0", "lxc.mount.entry = none host overlay create=dir,lowerdir=/etc 0 0",
      "lxc.mount.entry = dev/sda1 m ext4 create=dir 0 0", "lxc.mount.entry = tmpfs m tmpfs idmap=/proc/1/ns/user 0 0",
               // What a privileged container would turn on its host.
      "lxc.sysctl.kernel.core_pattern = |/bin/sh", "lxc.namespace.keep = net", "lxc.namespace.share.pid = 1",
      "lxc.seccomp.profile =", "lxc.cap.drop =", "lxc.cap.keep = sys_module", "lxc.mount.auto = proc:rw", "lxc.mount.auto = sys:mixed cgroup-full:rw",
      "lxc.mount.entry = proc proc proc nodev 0 0", "lxc.mount.entry = sysfs sys sysfs ro,rw 0 0", "lxc.apparmor.profile = unconfined",
      "lxc.cgroup.devices.allow = a", "lxc.net.0.type = none", "lxc.prlimit.nofile = 1", "lxcx.storage.overlay.lower = /");
  CAPTURE(line);
  write_file(image.meta("config"), line + "\n");
  image.pack();
  TestBuild build(scratch);
  build.args = image.args();
  CHECK(build.run(local(), call) == LXCX_CONFIG);
  CHECK(call.hint.find("--trust-metadata") != std::string::npos);
  CHECK(std::filesystem::is_empty(build.rootfs));
  build.args.push_back("--trust-metadata");
  FakeCall trusting;
  built(build, trusting);
  CHECK(trusting.all("config").size() == 2);
}

TEST_CASE("a /proc that may be written to is for containers with an id map") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  write_file(image.meta("fstab"), "proc proc proc nodev,noexec,nosuid 0 0\nsysfs sys sysfs defaults 0 0\n");
  image.pack();
  TestBuild build(scratch);
  build.args = image.args();
  SECTION("with one") {
    build.idmap = shifted_map();
    ::chown(build.rootfs.c_str(), 100000, 200000);
    built(build, call);
  }
  SECTION("without") { CHECK(build.run(local(), call) == LXCX_CONFIG); }
}

TEST_CASE("configuration that distributions use is taken") {
  Scratch scratch;
  FakeCall call;
  Image image(scratch);
  write_file(image.meta("config"),
             "lxc.hook.clone = LXC_HOOK_DIR/clonehostname\nlxc.mount.entry = /sys/kernel/debug sys/kernel/debug none bind,optional 0 0\n"
             "lxc.mount.entry = tmpfs run tmpfs rw,nosuid,mode=755,create=dir 0 0\nlxc.mount.entry = /opt/a opt/b none bind,relative,create=dir 0 0\n"
             "lxc.cap.drop = sys_rawio\nlxc.mount.auto = cgroup:mixed proc:mixed sys:mixed\nlxc.include = LXC_TEMPLATE_CONFIG/common.conf\n"
             "lxc.arch = linux64\nlxc.environment = TERM=linux\nlxc.apparmor.profile = generated\n");
  image.pack();
  TestBuild build(scratch);
  build.args = image.args();
  built(build, call);
  CHECK(call.all("config").size() == 11);
}
