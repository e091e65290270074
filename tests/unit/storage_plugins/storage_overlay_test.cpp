// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "../../../plugins/storage-overlay/layers.hpp"
#include "../../../plugins/storage-overlay/overlay_mount.hpp"
#include "plugin_under_test.hpp"

using namespace lxcx;
using namespace lxcx::test;
using lxcx::overlay::Layers;
using lxcx::overlay::parse_layers;
using lxcx::overlay::print_layers;

namespace {

const lxcx_storage_ops& overlay_ops() {
  static const lxcx_storage_ops& ops = load<lxcx_storage_ops>(STORAGE_OVERLAY);
  return ops;
}

/// overlayfs refuses an upper on another overlay, so the layers go on a tmpfs of the test's own.
class LayerScratch : public Scratch {
 public:
  LayerScratch() { REQUIRE(::mount("lxcxt-layers", path.c_str(), "tmpfs", 0, "mode=0755") == 0); }
  ~LayerScratch() { ::umount2(path.c_str(), MNT_DETACH); }
};

TestVolume created(FakeCall& call, const std::string& directory, const std::string& name) {
  std::filesystem::create_directory(directory);
  TestVolume volume(directory, name);
  const lxcx_volume raw = volume.raw();
  const lxcx_code code = overlay_ops().create(&call, &raw, 0);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
  volume.source = call.result("source");
  return volume;
}

lxcx_code attach(FakeCall& call, const TestVolume& volume, Fd& mount) {
  const lxcx_volume raw = volume.raw();
  int fd = -1;
  const lxcx_code code = overlay_ops().attach(&call, &raw, &fd);
  mount = Fd(fd);
  return code;
}

lxcx_code snapshot(FakeCall& call, const TestVolume& from, TestVolume& to) {
  const lxcx_volume from_raw = from.raw();
  const lxcx_volume to_raw = to.raw();
  const lxcx_code code = overlay_ops().snapshot(&call, &from_raw, &to_raw);
  to.source = call.result("source");
  return code;
}

std::string read_at(const Fd& mount, const char* name) {
  const Fd file(::openat(mount.get(), name, O_RDONLY | O_CLOEXEC));
  if (!file) return "(missing)";
  char text[256];
  const ssize_t size = ::read(file.get(), text, sizeof text);
  return {text, static_cast<std::size_t>(size < 0 ? 0 : size)};
}
void write_at(const Fd& mount, const char* name, std::string_view text) {
  const Fd file(::openat(mount.get(), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  REQUIRE(file);
  REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("sources survive being printed and parsed") {
  const Layers layers = GENERATE(Layers{{"/a"}, "/b"}, Layers{{"/a", "/b b", "/c,d"}, "/u"}, Layers{{"/a:b", "/back\\slash", "/e\\:nd"}, "/u\\"});
  const auto parsed = parse_layers(print_layers(layers));
  REQUIRE(parsed);
  CHECK(*parsed == layers);
}

TEST_CASE("sources are refused for a reason") {
  const std::string source = GENERATE("", "/only", "/a:relative", "/a:", ":/b", "/a:/..", "/a:/", "/a:/b/work", "/a\\:/b");
  CAPTURE(source);
  const auto parsed = parse_layers(source);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Code::config);
  CHECK_FALSE(parsed.error().hint.empty());
}

TEST_CASE("LXC's sources parse as LXC means them") {
  const auto parsed = parse_layers("/var/lib/lxc/base/rootfs:/var/lib/lxc/c\\2/overlay/delta");
  REQUIRE(parsed);
  CHECK(parsed->lowers == std::vector<std::string>{"/var/lib/lxc/base/rootfs"});
  CHECK(parsed->upper == "/var/lib/lxc/c\\2/overlay/delta");
  CHECK(parsed->work() == "/var/lib/lxc/c\\2/overlay/work");
}

TEST_CASE("create lays an overlay out as LXC does, and destroy takes it away") {
  LayerScratch scratch;
  FakeCall call;
  const std::string directory = scratch.path + "/web";
  const TestVolume volume = created(call, directory, "web");
  CHECK(volume.source == directory + "/rootfs:" + directory + "/overlay/delta");
  CHECK(exists(directory + "/overlay/work"));
  CHECK(created(call, directory, "web").source == volume.source);
  Fd mount;
  REQUIRE(attach(call, volume, mount) == LXCX_OK);
  write_at(mount, "file", "text");
  CHECK(read_file(directory + "/overlay/delta/file") == "text");
  mount.reset();
  const lxcx_volume raw = volume.raw();
  CHECK(overlay_ops().destroy(&call, &raw) == LXCX_OK);
  INFO(call.message);
  CHECK(std::filesystem::is_empty(directory));
  CHECK(overlay_ops().destroy(&call, &raw) == LXCX_OK);
}

TEST_CASE("create that fails leaves nothing behind") {
  LayerScratch scratch;
  FakeCall call;
  const std::string directory = scratch.path + "/web";
  std::filesystem::create_directories(directory + "/overlay/delta");
  write_file(directory + "/overlay/delta/keep", "x");
  const TestVolume volume(directory);
  const lxcx_volume raw = volume.raw();
  CHECK(overlay_ops().create(&call, &raw, 0) == LXCX_BUSY);
  CHECK_FALSE(exists(directory + "/rootfs"));
  CHECK(exists(directory + "/overlay/delta/keep"));
  CHECK(overlay_ops().create(&call, &raw, 4096) == LXCX_UNSUPPORTED);
}

TEST_CASE("destroy leaves layers that are others'") {
  LayerScratch scratch;
  FakeCall call;
  std::filesystem::create_directories(scratch.path + "/base");
  std::filesystem::create_directories(scratch.path + "/web/overlay/delta");
  std::filesystem::create_directories(scratch.path + "/foreign/upper");
  TestVolume volume(scratch.path + "/web");
  SECTION("a lower outside") {
    volume.source = scratch.path + "/base:" + scratch.path + "/web/overlay/delta";
    const lxcx_volume raw = volume.raw();
    CHECK(overlay_ops().destroy(&call, &raw) == LXCX_OK);
    CHECK(exists(scratch.path + "/base"));
    CHECK_FALSE(exists(scratch.path + "/web/overlay"));
  }
  SECTION("an upper outside that nobody recorded") {
    volume.source = scratch.path + "/base:" + scratch.path + "/foreign/upper";
    const lxcx_volume raw = volume.raw();
    CHECK(overlay_ops().destroy(&call, &raw) == LXCX_OK);
    CHECK(exists(scratch.path + "/foreign/upper"));
    CHECK(call.logged("foreign/upper"));
  }
}

TEST_CASE("attach makes a missing upper like the lower, records it, and takes it back when it fails") {
  LayerScratch scratch;
  FakeCall call;
  std::filesystem::create_directories(scratch.path + "/base");
  std::filesystem::create_directories(scratch.path + "/web");
  REQUIRE(::chown((scratch.path + "/base").c_str(), 100000, 200000) == 0);
  REQUIRE(::chmod((scratch.path + "/base").c_str(), 0751) == 0);
  TestVolume volume(scratch.path + "/web");
  volume.source = scratch.path + "/base:" + scratch.path + "/web/overlay/delta";
  Fd mount;
  SECTION("made") {
    REQUIRE(attach(call, volume, mount) == LXCX_OK);
    struct stat status{};
    REQUIRE(::fstatat(mount.get(), ".", &status, 0) == 0);
    CHECK(status.st_uid == 100000);
    CHECK((status.st_mode & 07777) == 0751);
    CHECK(call.records.contains("upper"));
    CHECK(call.records.contains("work"));
  }
  SECTION("taken back; the error has the kernel's words") {
    volume.options = "no_such_option=1";
    CHECK(attach(call, volume, mount) != LXCX_OK);
    CHECK(call.message.find("no_such_option") != std::string::npos);
    CHECK(call.message.find("nknown parameter") != std::string::npos);
    CHECK(std::filesystem::is_empty(scratch.path + "/web"));
  }
}

TEST_CASE("a missing lower is named") {
  LayerScratch scratch;
  FakeCall call;
  std::filesystem::create_directories(scratch.path + "/web/overlay/delta");
  std::filesystem::create_directories(scratch.path + "/base");
  TestVolume volume(scratch.path + "/web");
  volume.source = scratch.path + "/base:" + scratch.path + "/absent:" + scratch.path + "/web/overlay/delta";
  Fd mount;
  CHECK(attach(call, volume, mount) == LXCX_NOT_FOUND);
  CHECK(call.message.find(scratch.path + "/absent") != std::string::npos);
  CHECK_FALSE(exists(scratch.path + "/web/overlay/work"));
}

TEST_CASE("layers may not be said twice") {
  LayerScratch scratch;
  FakeCall call;
  TestVolume volume = created(call, scratch.path + "/web", "web");
  volume.options = GENERATE("lowerdir=/", "upperdir=/", "workdir=/", "lowerdir+=/", "create=dir");
  Fd mount;
  CHECK(attach(call, volume, mount) == LXCX_CONFIG);
}

TEST_CASE("snapshots of directories and of overlays are copies on write") {
  LayerScratch scratch;
  FakeCall call;
  std::filesystem::create_directories(scratch.path + "/base/rootfs");
  for (const char* name : {"one", "two"}) std::filesystem::create_directory(scratch.path + "/" + name);
  write_file(scratch.path + "/base/rootfs/a", "base");
  write_file(scratch.path + "/base/rootfs/gone", "base");
  TestVolume base(scratch.path + "/base", "base");
  base.source = scratch.path + "/base/rootfs";
  TestVolume one(scratch.path + "/one", "one");
  TestVolume two(scratch.path + "/two", "two");

  REQUIRE(snapshot(call, base, one) == LXCX_OK);
  CHECK(one.source == base.source + ":" + scratch.path + "/one/overlay/delta");
  Fd mount;
  REQUIRE(attach(call, one, mount) == LXCX_OK);
  CHECK(read_at(mount, "a") == "base");
  write_at(mount, "a", "one");
  REQUIRE(::unlinkat(mount.get(), "gone", 0) == 0);
  mount.reset();
  CHECK(read_file(base.source + "/a") == "base");

  REQUIRE(snapshot(call, one, two) == LXCX_OK);
  CHECK(two.source == scratch.path + "/one/overlay/delta:" + base.source + ":" + scratch.path + "/two/overlay/delta");
  REQUIRE(attach(call, two, mount) == LXCX_OK);
  CHECK(read_at(mount, "a") == "one");
  CHECK(read_at(mount, "gone") == "(missing)");
  write_at(mount, "a", "two");
  mount.reset();
  REQUIRE(attach(call, one, mount) == LXCX_OK);
  CHECK(read_at(mount, "a") == "one");
}

TEST_CASE("a copy of an overlay stands on its own") {
  LayerScratch scratch;
  FakeCall call;
  const TestVolume from = created(call, scratch.path + "/one", "one");
  write_file(scratch.path + "/one/rootfs/lower", "lower");
  write_file(scratch.path + "/one/rootfs/gone", "lower");
  Fd mount;
  REQUIRE(attach(call, from, mount) == LXCX_OK);
  REQUIRE(::unlinkat(mount.get(), "gone", 0) == 0);
  write_at(mount, "upper", "upper");
  mount.reset();
  std::filesystem::create_directory(scratch.path + "/two");
  TestVolume to(scratch.path + "/two", "two");
  FakeCall copying;
  const lxcx_volume from_raw = from.raw();
  const lxcx_volume to_raw = to.raw();
  const lxcx_code code = overlay_ops().copy(&copying, &from_raw, &to_raw);
  INFO(copying.message);
  REQUIRE(code == LXCX_OK);
  to.source = copying.result("source");
  REQUIRE(overlay_ops().destroy(&call, &from_raw) == LXCX_OK);
  REQUIRE(attach(copying, to, mount) == LXCX_OK);
  CHECK(read_at(mount, "lower") == "lower");
  CHECK(read_at(mount, "upper") == "upper");
  CHECK(read_at(mount, "gone") == "(missing)");
}

TEST_CASE("paths with colons, commas, backslashes and great length mount in every form the kernel has") {
  LayerScratch scratch;
  const auto form = GENERATE(overlay::LayerForm::descriptors, overlay::LayerForm::strings, overlay::LayerForm::joined);
  const std::string odd = scratch.path + "/a:b,c\\d e" + std::string(220, 'x');
  std::filesystem::create_directories(odd + "/low:1");
  std::filesystem::create_directories(odd + "/low,2");
  std::filesystem::create_directories(odd + "/up");
  std::filesystem::create_directories(odd + "/work");
  write_file(odd + "/low:1/first", "1");
  write_file(odd + "/low,2/second", "2");
  const auto options = storage::parse_mount_options("xino=off");
  REQUIRE(options);
  const auto mount = overlay::mount_overlay({{odd + "/low:1", odd + "/low,2"}, odd + "/up"}, *options, {}, form);
  INFO((mount ? "" : mount.error().message));
  REQUIRE(mount);
  CHECK(read_at(*mount, "first") == "1");
  CHECK(read_at(*mount, "second") == "2");
}

TEST_CASE("an id-mapped overlay shows an unshifted directory shifted, and can be written") {
  LayerScratch scratch;
  FakeCall call;
  for (const char* name : {"base", "web", "fresh"}) std::filesystem::create_directory(scratch.path + "/" + name);
  write_file(scratch.path + "/base/file", "base");
  TestVolume base(scratch.path, "base");
  base.source = scratch.path + "/base";
  TestVolume web(scratch.path + "/web", "web");
  base.idmap = web.idmap = shifted_map();
  web.options = "idmap=container";
  REQUIRE(snapshot(call, base, web) == LXCX_OK);
  Fd mount;
  const lxcx_code code = attach(call, web, mount);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
  struct stat status{};
  for (const char* name : {".", "file"}) {
    REQUIRE(::fstatat(mount.get(), name, &status, 0) == 0);
    CHECK(status.st_uid == 100000);
    CHECK(status.st_gid == 200000);
  }
  write_at(mount, "file", "web");
  REQUIRE(::fstatat(mount.get(), "file", &status, 0) == 0);
  CHECK(status.st_uid == 100000);
  CHECK(read_file(scratch.path + "/base/file") == "base");
  mount.reset();

  TestVolume fresh(scratch.path + "/fresh");
  fresh.options = web.options;
  fresh.idmap = web.idmap;
  CHECK(snapshot(call, web, fresh) == LXCX_UNSUPPORTED);
  const lxcx_volume raw = fresh.raw();
  CHECK(overlay_ops().create(&call, &raw, 0) == LXCX_UNSUPPORTED);
  CHECK(std::filesystem::is_empty(fresh.directory));
}

TEST_CASE("usage counts the upper alone") {
  LayerScratch scratch;
  FakeCall call;
  const TestVolume volume = created(call, scratch.path + "/web", "web");
  write_file(scratch.path + "/web/rootfs/big", std::string(8 << 20, 'x'));
  write_file(scratch.path + "/web/overlay/delta/small", std::string(1 << 20, 'x'));
  std::uint64_t used = 0, limit = 1;
  const lxcx_volume raw = volume.raw();
  REQUIRE(overlay_ops().usage(&call, &raw, &used, &limit) == LXCX_OK);
  CHECK(used >= 1 << 20);
  CHECK(used < 4 << 20);
}
