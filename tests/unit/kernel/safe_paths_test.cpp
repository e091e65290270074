// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/safe_paths.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/kernel/files.hpp"
#include "temporary_directory.hpp"

namespace fs = std::filesystem;
using namespace lxcx;
using namespace lxcx::core;

namespace {

/// root/ is the container's, outside/ the host's; nothing may appear in or be read from outside/.
struct World {
  test::TemporaryDirectory top;
  UniqueFd root;
  World() {
    fs::create_directory(top / "root");
    fs::create_directory(top / "outside");
    std::ofstream(top / "outside/secret") << "host";
    root = UniqueFd(::open((top / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  std::string in_root(const std::string& name) const { return top / ("root/" + name); }
  bool outside_is_untouched() const {
    int entries = 0;
    for (const auto& entry : fs::directory_iterator(top / "outside")) entries += !entry.path().empty();
    return entries == 1;
  }
};

Kernel& kernel = real_kernel();

}  // namespace

TEST_CASE("an absolute link is scoped to the root", "[safe_paths]") {
  World world;
  fs::create_symlink(world.top / "outside", world.in_root("link"));
  const auto opened = open_beneath(kernel, world.root.get(), "link/secret", O_RDONLY);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sys_errno == ENOENT);

  fs::create_directories(world.in_root("etc"));
  std::ofstream(world.in_root("etc/name")) << "container";
  fs::create_symlink("/etc", world.in_root("alias"));
  auto inside = open_beneath(kernel, world.root.get(), "/alias/name", O_RDONLY);
  REQUIRE(inside);
  CHECK(read_all(kernel, inside->get(), 100).value() == "container");
}

TEST_CASE("a relative link and dot-dot stay beneath the root", "[safe_paths]") {
  World world;
  fs::create_symlink("../outside", world.in_root("link"));
  CHECK(open_beneath(kernel, world.root.get(), "link/secret", O_RDONLY).error().sys_errno == ENOENT);
  CHECK(open_beneath(kernel, world.root.get(), "../outside/secret", O_RDONLY).error().sys_errno == ENOENT);
  CHECK(open_beneath(kernel, world.root.get(), "/../../../../../../etc/passwd", O_RDONLY).error().sys_errno == ENOENT);
}

TEST_CASE("links are refused where none may be", "[safe_paths]") {
  World world;
  fs::create_directory(world.in_root("real"));
  fs::create_symlink("real", world.in_root("link"));
  CHECK(open_beneath(kernel, world.root.get(), "link", O_PATH | O_DIRECTORY, Links::in_root).has_value());
  CHECK(open_beneath(kernel, world.root.get(), "link", O_PATH | O_DIRECTORY, Links::refuse).error().sys_errno == ELOOP);
  CHECK(make_directories_beneath(kernel, world.root.get(), "link/below", 0755, Links::refuse).error().sys_errno == ELOOP);
  CHECK_FALSE(fs::exists(world.in_root("real/below")));
}

TEST_CASE("a magic link is refused", "[safe_paths]") {
  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto opened = open_beneath(kernel, proc.get(), "self/root/etc/passwd", O_RDONLY);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sys_errno == ELOOP);
}

TEST_CASE("directories are made beneath the root, whatever links say", "[safe_paths]") {
  World world;
  fs::create_symlink(world.top / "outside", world.in_root("abs"));
  fs::create_symlink("../outside", world.in_root("rel"));
  fs::create_directory(world.in_root("target"));
  fs::create_symlink("/target", world.in_root("good"));

  REQUIRE(make_directories_beneath(kernel, world.root.get(), "/a/b//c", 0755));
  CHECK(fs::is_directory(world.in_root("a/b/c")));
  REQUIRE(make_directories_beneath(kernel, world.root.get(), "a/b/c", 0755));  // again

  CHECK_FALSE(make_directories_beneath(kernel, world.root.get(), "abs/new", 0755));
  CHECK_FALSE(make_directories_beneath(kernel, world.root.get(), "rel/new", 0755));
  CHECK(world.outside_is_untouched());

  REQUIRE(make_directories_beneath(kernel, world.root.get(), "good/new/er", 0755));
  CHECK(fs::is_directory(world.in_root("target/new/er")));
}

TEST_CASE("a directory's path through a file says ENOTDIR", "[safe_paths]") {
  World world;
  std::ofstream(world.in_root("file")) << "";
  CHECK(make_directories_beneath(kernel, world.root.get(), "file/below", 0755).error().sys_errno == ENOTDIR);
}

TEST_CASE("a file is made beneath the root and an existing one left alone", "[safe_paths]") {
  World world;
  fs::create_symlink(world.top / "outside/new", world.in_root("dangling"));
  CHECK_FALSE(create_file_beneath(kernel, world.root.get(), "dangling", 0644));
  CHECK(world.outside_is_untouched());

  REQUIRE(create_file_beneath(kernel, world.root.get(), "dev/sub/file", 0644));
  CHECK(fs::is_regular_file(world.in_root("dev/sub/file")));

  std::ofstream(world.in_root("kept")) << "kept";
  const auto kept = create_file_beneath(kernel, world.root.get(), "kept", 0600);
  REQUIRE(kept);
  CHECK(fs::file_size(world.in_root("kept")) == 4);
  CHECK(create_file_beneath(kernel, world.root.get(), "", 0600).error().code == Code::usage);
}

TEST_CASE("a write to proc goes to a procfs or nowhere", "[safe_paths]") {
  World world;
  const auto refused = write_proc(kernel, world.root.get(), "self/comm", "x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::denied);

  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(write_proc(kernel, proc.get(), "self/comm", "lxcxt-comm"));
  CHECK(read_file(kernel, AT_FDCWD, "/proc/self/comm", 100).value() == "lxcxt-comm\n");
  // By a magic link, out of it, and what a mount would cover.
  CHECK_FALSE(write_proc(kernel, proc.get(), "self/cwd/x", "x"));
  CHECK_FALSE(write_proc(kernel, proc.get(), "../tmp/x", "x"));
  const auto missing = write_proc(kernel, proc.get(), "sys/no/such", "1");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().sys_errno == ENOENT);
}
