// SPDX-License-Identifier: Apache-2.0
// The real file system behind the parser.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/config/parse.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/lxcxt-config-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("files, directories and what is missing are told apart", "[config][source]") {
  const Directory directory;
  const ConfigSource source = real_config_source();
  const std::string file = directory.write("b.conf", "lxc.group = b\n");
  directory.write("a.conf", "lxc.group = a\n");
  directory.write("notes.txt", "");
  CHECK(source.read(file) == "lxc.group = b\n");
  CHECK(source.read(directory.path() + "/none").error().code == Code::not_found);
  CHECK(source.read(directory.path()).error().sys_errno == EISDIR);
  CHECK(source.list(directory.path()) == std::vector<std::string>{"a.conf", "b.conf"});
  CHECK(source.list(file).error().code == Code::not_found);
  CHECK(source.list(directory.path() + "/none").error().code == Code::not_found);
  CHECK(source.read("/dev/null") == "");
}

TEST_CASE("a file too large is refused before it is in memory", "[config][source]") {
  const Directory directory;
  const ConfigSource source = real_config_source();
  const std::string file = directory.write("large", std::string(1U << 20U, '#'));
  CHECK(source.read(file)->size() == 1U << 20U);
  CHECK(::truncate(file.c_str(), 1LL << 40) == 0);
  CHECK(source.read(file).error().code == Code::config);
  CHECK(source.read("/dev/zero").error().code == Code::config);
}

TEST_CASE("a configuration loads from disk with its includes", "[config][source]") {
  const Directory directory;
  std::filesystem::create_directory(directory.path() + "/d");
  directory.write("d/2.conf", "lxc.group = two\n");
  directory.write("d/1.conf", "lxc.group = one\n");
  const std::string file = directory.write("config", "lxc.include = " + directory.path() + "/d\nlxc.include = " + directory.path() + "/missing/\n");
  const Result<ContainerConfig> config = load_config(file, real_config_source(), nullptr);
  REQUIRE(config);
  CHECK(config->file == file);
  CHECK(config->groups == std::vector<std::string>{"one", "two"});
  CHECK(config->settings[0].where.file == directory.path() + "/d/1.conf");
}
