// SPDX-License-Identifier: Apache-2.0
// Files that are changed: the old one or the new one, whole, whatever fails.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/config/convert.hpp"
#include "core/config/edit.hpp"
#include "core/kernel/faulty_kernel.hpp"
#include "tests/unit/kernel/temporary_directory.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

using Verb = ConfigEdit::Verb;

void write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> names(const std::string& directory) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) found.insert(entry.path().filename());
  return found;
}

Result<std::vector<std::string>> set(const std::string& path, const std::string& key, const std::string& value, Kernel& kernel = real_kernel()) {
  return edit_config_file(kernel, path, real_config_source(), {Verb::set, key, value});
}

}  // namespace

TEST_CASE("a changed file keeps its mode and owner, and leaves no other file behind", "[config][edit]") {
  test::TemporaryDirectory directory;
  const std::string path = directory / "config";
  write(path, "lxc.tty.max = 1\n");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const bool is_root = ::geteuid() == 0;
  if (is_root) REQUIRE(::chown(path.c_str(), 65534, 65533) == 0);
  write(directory / ".config.lxcx-new", "what a killed one left");
  REQUIRE(set(path, "lxc.tty.max", "2"));
  CHECK(read(path) == "lxc.tty.max = 2\n");
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0640);
  if (is_root) CHECK((status.st_uid == 65534 && status.st_gid == 65533));
  CHECK(names(directory.path()) == std::set<std::string>{"config"});
}

TEST_CASE("a file that needs no change is not replaced", "[config][edit]") {
  test::TemporaryDirectory directory;
  const std::string path = directory / "config";
  write(path, "lxc.tty.max = 1\n");
  struct stat before{}, after{};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  REQUIRE(set(path, "lxc.tty.max", "1"));
  REQUIRE(convert_config_file(real_kernel(), path, real_config_source()));
  REQUIRE(::stat(path.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK(names(directory.path()) == std::set<std::string>{"config"});
}

TEST_CASE("links, directories, pipes and files of others are refused", "[config][edit]") {
  test::TemporaryDirectory directory;
  write(directory / "config", "lxc.tty.max = 1\n");
  std::filesystem::create_symlink("config", directory / "link");
  std::filesystem::create_directory(directory / "directory");
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  const Result<std::vector<std::string>> link = set(directory / "link", "lxc.tty.max", "2");
  REQUIRE_FALSE(link);
  CHECK(link.error().code == Code::unsupported);
  CHECK_THAT(link.error().message, Catch::EndsWith("is a symbolic link to 'config'"));
  CHECK_FALSE(link.error().hint.empty());
  CHECK(set(directory / "directory", "lxc.tty.max", "2").error().code == Code::unsupported);
  CHECK(set(directory / "pipe", "lxc.tty.max", "2").error().code == Code::unsupported);
  CHECK(set(directory / "none", "lxc.tty.max", "2").error().code == Code::not_found);
  CHECK(set(directory / "config", "lxc.tty.max", "many").error().code == Code::config);
  CHECK(read(directory / "config") == "lxc.tty.max = 1\n");
}

TEST_CASE("whichever call fails, the file is the old one or the new one", "[config][edit][fault]") {
  const bool converts = GENERATE(false, true);
  const std::string before = "# mine\nlxc.tty = 1\n", changed = "# mine\nlxc.tty.max = 1\n";
  bool has_failed = true;
  long nth = 0;
  while (has_failed) {
    ++nth;
    test::TemporaryDirectory directory;
    const std::string path = directory / "config";
    write(path, before);
    FaultRecord& record = **map_fault_record(nullptr);
    FaultyKernel kernel(real_kernel(), record, nth, EIO);
    const bool done =
        converts ? convert_config_file(kernel, path, real_config_source()).has_value() : set(path, "lxc.tty.max", "1", kernel).has_value();
    has_failed = record.has_failed;
    CAPTURE(nth, record.failed_call.data(), done);
    const std::string text = read(path);
    CHECK((text == before || text == changed));
    if (done) CHECK(text == changed);
    // The old text is always to be had where a conversion has taken it away.
    if (converts && text == changed) CHECK(read(path + ".backup") == before);
    if (text == before) CHECK(names(directory.path()).count("config.backup") == 0);
  }
  CHECK(nth > 10);
}

TEST_CASE("a backup is never overwritten", "[config][convert]") {
  test::TemporaryDirectory directory;
  const std::string path = directory / "config";
  write(path, "lxc.tty = 1\n");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  write(path + ".backup", "precious");
  const Result<Conversion> conversion = convert_config_file(real_kernel(), path, real_config_source());
  REQUIRE(conversion);
  CHECK(conversion->backup == path + ".backup.1");
  CHECK(read(path + ".backup") == "precious");
  CHECK(read(path + ".backup.1") == "lxc.tty = 1\n");
  CHECK((std::filesystem::status(path + ".backup.1").permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}
