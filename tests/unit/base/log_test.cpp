// SPDX-License-Identifier: Apache-2.0
// The log: levels, the layout of a line, who names the file.
#include "core/base/log.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace lxcx::core {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/lxcxt-log.XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::unique_ptr<Log> quiet_log(const std::string& file, std::optional<Level> level = std::nullopt) {
  LogOptions options;
  options.container = "c1";
  options.file = file;
  options.file_level = level;
  options.quiet = true;
  Result<std::unique_ptr<Log>> log = open_log(options);
  REQUIRE(log);
  return std::move(*log);
}

TEST_CASE("every level has its name and its number, in any case", "[log]") {
  const std::string names[] = {"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "ERROR", "CRIT", "ALERT", "FATAL"};
  for (int number = 0; number < 9; ++number) {
    const auto level = static_cast<Level>(number);
    CHECK(parse_level(names[number]).value() == level);
    CHECK(parse_level(std::to_string(number)).value() == level);
    CHECK(level_name(level) == names[number]);
  }
  CHECK(parse_level("Notice").value() == Level::notice);
  for (const char* wrong : {"", "9", "-1", "10", "LOUD", "NOTSET"}) CHECK(parse_level(wrong).error().code == Code::usage);
}

TEST_CASE("a line has program, container, time, level and text, on one line whatever the text", "[log]") {
  const Folder folder;
  const auto log = quiet_log(folder / "log", Level::trace);
  for (int number = 0; number < 9; ++number) log->write(static_cast<Level>(number), "text\nof %n\x1b[31m");
  std::istringstream lines(content(folder / "log"));
  const std::regex layout(R"(lxcx c1 2[0-9]{13}\.[0-9]{3} ([A-Z]+) +text\\x0aof %n\\x1b\[31m)");
  int number = 0;
  for (std::string line; std::getline(lines, line); ++number) {
    std::smatch match;
    REQUIRE(std::regex_match(line, match, layout));
    CHECK(match[1] == std::string(level_name(static_cast<Level>(number))));
  }
  CHECK(number == 9);
}

TEST_CASE("without a level the file gets errors", "[log]") {
  const Folder folder;
  const auto log = quiet_log(folder / "log");
  log->warn("not this");
  log->error("this");
  CHECK_THAT(content(folder / "log"), Catch::EndsWith(" this\n") && !Catch::Contains("not this"));
}

TEST_CASE("a container's own file is followed, with its directories, until another container's is", "[log]") {
  const Folder folder;
  const auto log = quiet_log("");
  CHECK(!log->wants(Level::fatal));
  REQUIRE(log->follow({"c1", folder / "a/b/one", Level::info, "", "", ""}));
  log->info("for one");
  log->debug("for nobody");
  log->show(Level::error, "for the eyes");
  REQUIRE(log->follow({"c2", folder / "two", {}, "", "", ""}));
  log->info("for nobody");
  log->record(Level::error, "for two");
  REQUIRE(log->follow({"c3", "none", {}, "", "", ""}));
  log->error("for nobody");
  CHECK_THAT(content(folder / "a/b/one"), Catch::StartsWith("lxcx c1 ") && Catch::EndsWith(" for one\n"));
  CHECK_THAT(content(folder / "two"), Catch::StartsWith("lxcx c2 ") && Catch::EndsWith(" for two\n"));
}

TEST_CASE("the command line's file and level win over the container's", "[log]") {
  const Folder folder;
  const auto log = quiet_log(folder / "given", Level::warn);
  REQUIRE(log->follow({"c1", folder / "own", Level::trace, "", "", ""}));
  log->info("no");
  log->warn("yes");
  CHECK_THAT(content(folder / "given"), Catch::EndsWith(" yes\n") && !Catch::Contains(" no\n"));
  CHECK(!std::filesystem::exists(folder / "own"));
}

TEST_CASE("where nobody names a file, the default one is made with the first warning, as long as the container is defined", "[log]") {
  const Folder folder;
  const auto log = quiet_log("");
  ContainerLog wish{"c1", "", {}, "", folder / "c1.log", folder / "config"};
  REQUIRE(log->follow(wish));
  CHECK(!log->wants(Level::notice));
  log->warn("c1 is not defined");
  CHECK(!std::filesystem::exists(folder / "c1.log"));

  std::ofstream(folder / "config") << "";
  REQUIRE(log->follow(wish));
  log->notice("not this");
  CHECK(!std::filesystem::exists(folder / "c1.log"));
  log->warn("this");
  CHECK_THAT(content(folder / "c1.log"), Catch::StartsWith("lxcx c1 ") && Catch::EndsWith(" this\n") && !Catch::Contains("not this"));

  wish.level = Level::info;
  REQUIRE(log->follow(wish));
  log->info("at the configuration's level");
  CHECK_THAT(content(folder / "c1.log"), Catch::EndsWith(" at the configuration's level\n"));

  std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
  REQUIRE(log->follow({"c1", "", {}, "", folder / "link", folder / "config"}));
  log->error("through no link");
  CHECK(!std::filesystem::exists(folder / "elsewhere"));
}

TEST_CASE("who names a file, or none, gets no other", "[log]") {
  const Folder folder;
  std::ofstream(folder / "config") << "";
  const auto follow_and_fail = [&](const std::string& given, ContainerLog wish) {
    const auto log = quiet_log(given);
    wish.fallback = folder / "default";
    wish.defined_by = folder / "config";
    REQUIRE(log->follow(wish));
    log->error("an error");
  };
  follow_and_fail("none", {"c1", "", {}, "", "", ""});
  follow_and_fail(folder / "given", {"c1", "", {}, "", "", ""});
  follow_and_fail("", {"c1", "none", {}, "", "", ""});
  follow_and_fail("", {"c1", folder / "own", {}, "", "", ""});
  CHECK(!std::filesystem::exists(folder / "default"));
  CHECK(std::filesystem::exists(folder / "given"));
  CHECK(std::filesystem::exists(folder / "own"));
}

TEST_CASE("a file that cannot be opened is an error, and nothing is logged to it", "[log]") {
  const Folder folder;
  std::ofstream(folder / "file") << "x";
  const auto log = quiet_log("");
  const Result<void> done = log->follow({"c1", folder / "file/log", Level::trace, "", "", ""});
  REQUIRE(!done);
  CHECK_THAT(done.error().message, Catch::Contains(folder / "file/log"));
  CHECK(!log->wants(Level::fatal));
  LogOptions options;
  options.file = folder / "file/log";
  CHECK(!open_log(options));
}

}  // namespace
}  // namespace lxcx::core
