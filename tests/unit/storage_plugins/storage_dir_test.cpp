// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "plugin_under_test.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

const lxcx_storage_ops& dir() {
  static const lxcx_storage_ops& ops = load<lxcx_storage_ops>(STORAGE_DIR);
  return ops;
}

TestVolume created(FakeCall& call, const Scratch& scratch) {
  TestVolume volume(scratch.path);
  const lxcx_volume raw = volume.raw();
  const lxcx_code code = dir().create(&call, &raw, 0);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
  volume.source = call.result("source");
  return volume;
}

lxcx_code destroy(FakeCall& call, const TestVolume& volume) {
  const lxcx_volume raw = volume.raw();
  return dir().destroy(&call, &raw);
}

lxcx_code attach(FakeCall& call, const TestVolume& volume, Fd& mount) {
  const lxcx_volume raw = volume.raw();
  int fd = -1;
  const lxcx_code code = dir().attach(&call, &raw, &fd);
  mount = Fd(fd);
  INFO(call.message);
  return code;
}

}  // namespace

TEST_CASE("create makes rootfs, 0755, in the container's directory") {
  Scratch scratch;
  FakeCall call;
  ::umask(077);
  const TestVolume volume = created(call, scratch);
  ::umask(022);
  CHECK(volume.source == scratch.path + "/rootfs");
  CHECK((status_of(volume.source).st_mode & 07777) == 0755);
  CHECK(call.records.at("rootfs") == "made " + volume.source);
}

TEST_CASE("create gives the directory to the container's root") {
  Scratch scratch;
  FakeCall call;
  TestVolume volume(scratch.path);
  volume.idmap = shifted_map();
  SECTION("as the host counts") {
    const lxcx_volume raw = volume.raw();
    REQUIRE(dir().create(&call, &raw, 0) == LXCX_OK);
    CHECK(status_of(scratch.path + "/rootfs").st_uid == 100000);
    CHECK(status_of(scratch.path + "/rootfs").st_gid == 200000);
  }
  SECTION("unshifted when the mount shifts") {
    volume.options = "idmap=container";
    const lxcx_volume raw = volume.raw();
    REQUIRE(dir().create(&call, &raw, 0) == LXCX_OK);
    CHECK(status_of(scratch.path + "/rootfs").st_uid == 0);
  }
  SECTION("and refuses a map without one, touching nothing") {
    volume.idmap = {{'u', 1, 100000, 10}, {'g', 1, 100000, 10}};
    const lxcx_volume raw = volume.raw();
    CHECK(dir().create(&call, &raw, 0) == LXCX_CONFIG);
    CHECK_FALSE(exists(scratch.path + "/rootfs"));
  }
}

TEST_CASE("create refuses what it cannot honour, and changes nothing") {
  Scratch scratch;
  FakeCall call;
  const TestVolume volume(scratch.path);
  const lxcx_volume raw = volume.raw();
  SECTION("a size") {
    CHECK(dir().create(&call, &raw, 1 << 20) == LXCX_UNSUPPORTED);
    CHECK_FALSE(call.hint.empty());
    CHECK_FALSE(exists(scratch.path + "/rootfs"));
  }
  SECTION("a directory with something in it") {
    std::filesystem::create_directory(scratch.path + "/rootfs");
    write_file(scratch.path + "/rootfs/keep", "me");
    CHECK(dir().create(&call, &raw, 0) == LXCX_BUSY);
    CHECK(call.message.find("keep") != std::string::npos);
    CHECK(read_file(scratch.path + "/rootfs/keep") == "me");
    CHECK(call.records.empty());
  }
  SECTION("a link in its place") {
    std::filesystem::create_directory(scratch.path + "/elsewhere");
    std::filesystem::create_directory_symlink(scratch.path + "/elsewhere", scratch.path + "/rootfs");
    CHECK(dir().create(&call, &raw, 0) == LXCX_BUSY);
  }
  SECTION("a relative dir setting") {
    call.settings = {{"dir", "here"}};
    CHECK(dir().create(&call, &raw, 0) == LXCX_CONFIG);
  }
  SECTION("a dir setting whose parent is missing") {
    call.settings = {{"dir", scratch.path + "/no/where"}};
    CHECK(dir().create(&call, &raw, 0) == LXCX_NOT_FOUND);
    CHECK_FALSE(exists(scratch.path + "/no"));
  }
}

TEST_CASE("create twice is create once") {
  Scratch scratch;
  FakeCall call;
  const TestVolume first = created(call, scratch);
  const TestVolume second = created(call, scratch);
  CHECK(first.source == second.source);
  CHECK(destroy(call, second) == LXCX_OK);
  CHECK_FALSE(exists(second.source));
  CHECK(destroy(call, second) == LXCX_OK);
}

TEST_CASE("an adopted directory is emptied by destroy, and stays") {
  Scratch scratch;
  FakeCall call;
  std::filesystem::create_directory(scratch.path + "/rootfs");
  const TestVolume volume = created(call, scratch);
  write_file(volume.source + "/file", "x");
  REQUIRE(destroy(call, volume) == LXCX_OK);
  CHECK(exists(volume.source));
  CHECK(std::filesystem::is_empty(volume.source));
}

TEST_CASE("destroy outside the container's directory takes a record") {
  Scratch scratch;
  FakeCall call;
  const std::string outside = scratch.path + "/outside";
  std::filesystem::create_directory(scratch.path + "/web");
  TestVolume volume(scratch.path + "/web");
  volume.source = outside;
  SECTION("none: it stays, and a notice says so") {
    std::filesystem::create_directory(outside);
    CHECK(destroy(call, volume) == LXCX_OK);
    CHECK(exists(outside));
    CHECK(call.logged(outside));
  }
  SECTION("ours: it goes") {
    call.settings = {{"dir", outside}};
    const lxcx_volume raw = volume.raw();
    REQUIRE(dir().create(&call, &raw, 0) == LXCX_OK);
    CHECK(destroy(call, volume) == LXCX_OK);
    CHECK_FALSE(exists(outside));
  }
}

TEST_CASE("destroy follows no link and leaves what links point to") {
  Scratch scratch;
  FakeCall call;
  std::filesystem::create_directories(scratch.path + "/host/below");
  write_file(scratch.path + "/host/precious", "x");
  std::filesystem::create_directory(scratch.path + "/web");
  TestVolume volume(scratch.path + "/web");
  const lxcx_volume raw = volume.raw();
  REQUIRE(dir().create(&call, &raw, 0) == LXCX_OK);
  volume.source = call.result("source");
  std::filesystem::create_directory_symlink(scratch.path + "/host", volume.source + "/link");
  std::filesystem::create_symlink("../../host/precious", volume.source + "/file");
  ::mkfifo((volume.source + "/fifo").c_str(), 0600);
  CHECK(destroy(call, volume) == LXCX_OK);
  CHECK_FALSE(exists(volume.source));
  CHECK(read_file(scratch.path + "/host/precious") == "x");
  CHECK(exists(scratch.path + "/host/below"));
}

TEST_CASE("destroy removes nothing at all while something is mounted in the tree") {
  Scratch scratch;
  FakeCall call;
  const TestVolume volume = created(call, scratch);
  write_file(volume.source + "/a", "x");
  std::filesystem::create_directories(volume.source + "/mnt point");
  REQUIRE(::mount("lxcxt-tmpfs", (volume.source + "/mnt point").c_str(), "tmpfs", 0, nullptr) == 0);
  write_file(volume.source + "/mnt point/precious", "x");
  const lxcx_code code = destroy(call, volume);
  const bool kept = exists(volume.source + "/a") && exists(volume.source + "/mnt point/precious");
  ::umount2((volume.source + "/mnt point").c_str(), MNT_DETACH);
  CHECK(code == LXCX_BUSY);
  CHECK(call.message.find("mnt point") != std::string::npos);
  CHECK(kept);
}

TEST_CASE("destroy manages directories nested a thousand deep, and immutable files") {
  Scratch scratch;
  FakeCall call;
  const TestVolume volume = created(call, scratch);
  Fd at(::open(volume.source.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int depth = 0; depth < 1000; ++depth) {
    REQUIRE(::mkdirat(at.get(), "a-directory-name", 0700) == 0);
    at = Fd(::openat(at.get(), "a-directory-name", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  write_file(volume.source + "/immutable", "x");
  CHECK(std::system(("chattr +i '" + volume.source + "/immutable' 2>/dev/null || true").c_str()) == 0);
  CHECK(destroy(call, volume) == LXCX_OK);
  INFO(call.message);
  CHECK_FALSE(exists(volume.source));
}

TEST_CASE("destroy manages an immutable directory, also where a tree gets too deep and is moved up") {
  const int at_depth = GENERATE(range(60, 68));
  Scratch scratch;
  FakeCall call;
  const TestVolume volume = created(call, scratch);
  std::string path = volume.source, immutable;
  for (int depth = 0; depth < 70; ++depth) {
    path += "/d";
    if (depth == at_depth) immutable = path;
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  }
  // Where the file system has no such flag the directory is an ordinary one.
  CHECK(std::system(("chattr +i '" + immutable + "' 2>/dev/null || true").c_str()) == 0);
  CHECK(destroy(call, volume) == LXCX_OK);
  INFO(at_depth << ": " << call.message);
  CHECK_FALSE(exists(volume.source));
  (void)std::system(("chattr -i '" + immutable + "' 2>/dev/null || true").c_str());
}

TEST_CASE("attach gives a detached mount of the directory, apart from the host's propagation") {
  Scratch scratch;
  FakeCall call;
  TestVolume volume = created(call, scratch);
  write_file(volume.source + "/file", "inside");
  Fd mount;
  SECTION("as it is") {
    REQUIRE(attach(call, volume, mount) == LXCX_OK);
    const Fd file(::openat(mount.get(), "file", O_RDWR | O_CLOEXEC));
    CHECK(file);
    CHECK((::fcntl(mount.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(call.result("path") == volume.source);
  }
  SECTION("read-only") {
    volume.options = "rw, ro ,nosuid,nodev,noexec,noatime";
    REQUIRE(attach(call, volume, mount) == LXCX_OK);
    CHECK(::openat(mount.get(), "file", O_RDWR | O_CLOEXEC) == -1);
    CHECK(errno == EROFS);
    const Fd file(::openat(mount.get(), "file", O_RDONLY | O_CLOEXEC));
    CHECK(file);
  }
  SECTION("with the mounts in it, unless bind is said") {
    std::filesystem::create_directory(volume.source + "/sub");
    REQUIRE(::mount("lxcxt-tmpfs", (volume.source + "/sub").c_str(), "tmpfs", 0, nullptr) == 0);
    write_file(volume.source + "/sub/seen", "x");
    Fd alone;
    const lxcx_code with = attach(call, volume, mount);
    volume.options = "bind";
    const lxcx_code without = attach(call, volume, alone);
    const bool seen = ::faccessat(mount.get(), "sub/seen", F_OK, 0) == 0;
    const bool hidden = ::faccessat(alone.get(), "sub/seen", F_OK, 0) != 0;
    mount.reset();
    alone.reset();
    ::umount2((volume.source + "/sub").c_str(), MNT_DETACH);
    CHECK(with == LXCX_OK);
    CHECK(without == LXCX_OK);
    CHECK(seen);
    CHECK(hidden);
  }
}

TEST_CASE("attach maps ids at the mount") {
  Scratch scratch;
  FakeCall call;
  TestVolume volume = created(call, scratch);
  volume.idmap = shifted_map();
  Fd mount;
  SECTION("with the container's own map") {
    volume.options = "idmap=container";
    REQUIRE(attach(call, volume, mount) == LXCX_OK);
    struct stat status{};
    REQUIRE(::fstatat(mount.get(), ".", &status, 0) == 0);
    CHECK(status.st_uid == 100000);
    CHECK(status.st_gid == 200000);
    CHECK(status_of(volume.source).st_uid == 0);
  }
  SECTION("refusing a map that is not there") {
    volume.options = "idmap=container";
    volume.idmap.clear();
    CHECK(attach(call, volume, mount) == LXCX_CONFIG);
  }
  SECTION("refusing a path that is no user namespace") {
    volume.options = "idmap=/proc/self/ns/mnt";
    CHECK(attach(call, volume, mount) == LXCX_CONFIG);
    CHECK(call.message.find("no user namespace") != std::string::npos);
  }
}

TEST_CASE("attach refuses options it cannot honour") {
  Scratch scratch;
  FakeCall call;
  TestVolume volume = created(call, scratch);
  volume.options = GENERATE("create=dir", "optional", "relative", "remount", "subvol=x", "size=5", "idmap=", "idmap=other");
  Fd mount;
  CAPTURE(volume.options);
  CHECK(attach(call, volume, mount) == LXCX_CONFIG);
  CHECK(call.message.find(volume.options) != std::string::npos);
  CHECK_FALSE(call.hint.empty());
  CHECK(mount.get() == -1);
}

TEST_CASE("attach says what is wrong with the source") {
  Scratch scratch;
  FakeCall call;
  TestVolume volume(scratch.path);
  Fd mount;
  volume.source = scratch.path + "/missing";
  CHECK(attach(call, volume, mount) == LXCX_NOT_FOUND);
  CHECK(call.message.find("missing") != std::string::npos);
  volume.source = scratch.path + "/file";
  write_file(volume.source, "");
  CHECK(attach(call, volume, mount) == LXCX_CONFIG);
  volume.source = "relative/path";
  CHECK(attach(call, volume, mount) == LXCX_CONFIG);
  volume.source = "";
  CHECK(attach(call, volume, mount) == LXCX_CONFIG);
}

TEST_CASE("copy keeps what rsync -aHXS keeps") {
  Scratch scratch;
  FakeCall call;
  std::filesystem::create_directory(scratch.path + "/one");
  std::filesystem::create_directory(scratch.path + "/two");
  TestVolume from(scratch.path + "/one", "one");
  const lxcx_volume from_raw = from.raw();
  REQUIRE(dir().create(&call, &from_raw, 0) == LXCX_OK);
  from.source = call.result("source");
  const std::string& a = from.source;
  for (int i = 0; i < 40; ++i) {
    std::filesystem::create_directories(a + "/d" + std::to_string(i) + "/e");
    write_file(a + "/d" + std::to_string(i) + "/e/f", std::string(static_cast<std::size_t>(i) * 1000, 'x'));
  }
  write_file(a + "/suid", "s");
  REQUIRE(::chown((a + "/suid").c_str(), 1234, 4321) == 0);
  REQUIRE(::chmod((a + "/suid").c_str(), 04755) == 0);
  REQUIRE(::setxattr((a + "/suid").c_str(), "user.note", "hello", 5, 0) == 0);
  REQUIRE(::setxattr((a + "/d1").c_str(), "trusted.mark", "m", 1, 0) == 0);
  const unsigned char capability[] = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  write_file(a + "/capable", "c");
  REQUIRE(::setxattr((a + "/capable").c_str(), "security.capability", capability, sizeof capability, 0) == 0);
  write_file(a + "/d2/first", "linked");
  std::filesystem::create_hard_link(a + "/d2/first", a + "/d30/second");
  std::filesystem::create_symlink("/nowhere/at all", a + "/link");
  REQUIRE(::mknod((a + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0);
  REQUIRE(::mkfifo((a + "/fifo").c_str(), 0640) == 0);
  {
    const Fd sparse(::open((a + "/sparse").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::ftruncate(sparse.get(), 64 << 20) == 0);
    REQUIRE(::pwrite(sparse.get(), "middle", 6, 32 << 20) == 6);
  }
  write_file(a + "/big", std::string(3 << 20, 'b'));
  const timespec old_time[2] = {{1000000000, 123}, {1000000001, 456}};
  REQUIRE(::utimensat(AT_FDCWD, (a + "/d5").c_str(), old_time, 0) == 0);
  REQUIRE(::utimensat(AT_FDCWD, (a + "/link").c_str(), old_time, AT_SYMLINK_NOFOLLOW) == 0);
  REQUIRE(::utimensat(AT_FDCWD, a.c_str(), old_time, 0) == 0);

  FakeCall copying;
  TestVolume to(scratch.path + "/two", "two");
  const lxcx_volume from_volume = from.raw();
  const lxcx_volume to_volume = to.raw();
  const lxcx_code code = dir().copy(&copying, &from_volume, &to_volume);
  INFO(copying.message);
  REQUIRE(code == LXCX_OK);
  const std::string b = copying.result("source");
  CHECK(b == scratch.path + "/two/rootfs");
  CHECK(std::system(("diff -r --no-dereference '" + a + "' '" + b + "' -x null -x fifo").c_str()) == 0);
  CHECK(status_of(b + "/suid").st_mode == (S_IFREG | 04755));
  CHECK(status_of(b + "/suid").st_uid == 1234);
  CHECK(status_of(b + "/suid").st_gid == 4321);
  char value[64];
  CHECK(::getxattr((b + "/suid").c_str(), "user.note", value, sizeof value) == 5);
  CHECK(::getxattr((b + "/d1").c_str(), "trusted.mark", value, sizeof value) == 1);
  CHECK(::getxattr((b + "/capable").c_str(), "security.capability", value, sizeof value) == sizeof capability);
  CHECK(status_of(b + "/d2/first").st_ino == status_of(b + "/d30/second").st_ino);
  CHECK(status_of(b + "/d2/first").st_nlink == 2);
  CHECK(status_of(b + "/null").st_rdev == makedev(1, 3));
  CHECK(status_of(b + "/fifo").st_mode == (S_IFIFO | 0640));
  CHECK(status_of(b + "/sparse").st_size == 64 << 20);
  CHECK(status_of(b + "/sparse").st_blocks < 1000);
  CHECK(status_of(b + "/d5").st_mtim.tv_sec == 1000000001);
  CHECK(status_of(b + "/link").st_mtim.tv_nsec == 456);
  CHECK(status_of(b).st_mtim.tv_sec == 1000000001);

  std::uint64_t used = 0, limit = 1;
  to.source = b;
  const lxcx_volume copied = to.raw();
  CHECK(dir().usage(&copying, &copied, &used, &limit) == LXCX_OK);
  CHECK(used > 3 << 20);
  CHECK(used < 16 << 20);
  CHECK(limit == 0);
}

TEST_CASE("a copy that is cancelled leaves nothing behind") {
  Scratch scratch;
  FakeCall call;
  TestVolume from = created(call, scratch);
  std::filesystem::create_directory(scratch.path + "/two");
  for (int i = 0; i < 200; ++i) write_file(from.source + "/" + std::to_string(i), std::string(1 << 20, 'x'));
  FakeCall copying;
  copying.is_cancelled = true;
  const TestVolume to(scratch.path + "/two", "two");
  const lxcx_volume from_raw = from.raw();
  const lxcx_volume to_raw = to.raw();
  CHECK(dir().copy(&copying, &from_raw, &to_raw) == LXCX_CANCELLED);
  CHECK(std::filesystem::is_empty(scratch.path + "/two"));
}

TEST_CASE("detect recognises directories and nothing else") {
  Scratch scratch;
  FakeCall call;
  write_file(scratch.path + "/image", "");
  CHECK(dir().detect(&call, lower(scratch.path)) == 1);
  CHECK(dir().detect(&call, lower(scratch.path + "/image")) == 0);
  CHECK(dir().detect(&call, lower("relative")) == 0);
  CHECK(dir().detect(&call, lower("")) == 0);
}
