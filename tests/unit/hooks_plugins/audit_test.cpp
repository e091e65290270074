// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "hook_call.hpp"
#include "plugins/hooks/audit/record.hpp"
#include "tests/support/in_child.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

struct Directory {
  std::string path = "/tmp/lxcxt-audit-XXXXXX";
  Directory() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string file() const { return path + "/log"; }
  std::string read() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

FakeCall::Settings audit_to(const std::string& file, const std::string& require = "0") {
  return {{"lxcx.hook.audit.file", file}, {"lxcx.hook.audit.require", require}};
}

constexpr timespec then{1795338487, 6'999'999};

}  // namespace

TEST_CASE("a record has the time, the container, the event, and what else there is to say") {
  Event event;
  event.name = "pre-start";
  event.section = "lxc";
  event.container = "web";
  event.lxcpath = "/var/lib/lxc";
  CHECK(audit::record(event, then) == R"({"time":"2026-11-22T09:08:07.006Z","container":"web","lxcpath":"/var/lib/lxc","event":"pre-start"})"
                                      "\n");
  event.name = "stop";
  event.pid = 812;
  event.target = "reboot";
  CHECK(audit::record(event, then)
            .ends_with(R"("event":"stop","pid":812,"target":"reboot"})"
                       "\n"));
  event.name = "up";
  event.section = "net";
  event.target = {};
  event.nic_index = 0;
  CHECK(audit::record(event, then)
            .ends_with(R"("event":"net-up","pid":812,"nic":0})"
                       "\n"));
}

TEST_CASE("any bytes become a valid JSON string") {
  CHECK(audit::json_string("a\"b\\c\n\t\x01\x7f") == R"("a\"b\\c\u000a\u0009\u0001\u007f")");
  CHECK(audit::json_string(std::string_view("\0", 1)) == R"("\u0000")");
  CHECK(audit::json_string("ü€\xf0\x9f\x90\xa7") == "\"ü€\xf0\x9f\x90\xa7\"");
  CHECK(audit::json_string("\xff"
                           "a") == R"("\ufffda")");
  CHECK(audit::json_string("\xc3") == R"("\ufffd")");
  CHECK(audit::json_string("\xc0\xaf") == R"("\ufffd\ufffd")");
  CHECK(audit::json_string("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");
  CHECK(audit::json_string("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
  CHECK(audit::json_string("\xe0\x80\x80") == R"("\ufffd\ufffd\ufffd")");
}

TEST_CASE("events are appended, one line each, to a file of mode 0600") {
  const Directory directory;
  FakeCall call(audit_to(directory.file()));
  SentEvent running;
  running.id = LXCX_EVENT_RUNNING;
  running.name = "running";
  running.pid = 42;
  CHECK(hook_verb(call, {}) == LXCX_OK);
  CHECK(hook_verb(call, running) == LXCX_OK);
  const std::string time = R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","container":"web","lxcpath":"/var/lib/lxc",)";
  CHECK(std::regex_match(directory.read(), std::regex(time + "\"event\":\"pre-start\"\\}\n" + time + "\"event\":\"running\",\"pid\":42\\}\n")));
  struct stat status{};
  REQUIRE(stat(directory.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("a torn last line stays alone") {
  const Directory directory;
  std::ofstream(directory.file()) << R"({"time":"20)";
  FakeCall call(audit_to(directory.file()));
  CHECK(hook_verb(call, {}) == LXCX_OK);
  CHECK(directory.read().starts_with("{\"time\":\"20\n{\"time\":\""));
}

TEST_CASE("what is no regular file of its own name is not written") {
  const Directory directory;
  const std::string target = directory.path + "/target";
  std::ofstream(target) << "";
  SECTION("a symbolic link") { REQUIRE(symlink(target.c_str(), directory.file().c_str()) == 0); }
  SECTION("a FIFO") { REQUIRE(mkfifo(directory.file().c_str(), 0600) == 0); }
  SECTION("a directory") { REQUIRE(mkdir(directory.file().c_str(), 0700) == 0); }
  FakeCall lenient(audit_to(directory.file()));
  CHECK(hook_verb(lenient, {}) == LXCX_OK);
  REQUIRE(lenient.log.size() == 1);
  CHECK(lenient.log[0].first == LXCX_WARN);
  CHECK(lenient.log[0].second.contains(directory.file()));
  CHECK(lenient.log[0].second.ends_with(", ignoring"));
  CHECK(std::filesystem::file_size(target) == 0);
  FakeCall strict(audit_to(directory.file(), "1"));
  CHECK(hook_verb(strict, {}) != LXCX_OK);
  CHECK(strict.message.contains(directory.file()));
}

TEST_CASE("a record cut short is an error where records are required") {
  const Directory directory;
  const auto limited = [&](const std::string& require) {
    const rlimit limit{20, 20};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0) return 200;
    FakeCall call(audit_to(directory.file(), require));
    return static_cast<int>(hook_verb(call, {}));
  };
  CHECK(in_child([&] { return limited("1"); }) == "exit " + std::to_string(LXCX_KERNEL));
  CHECK(directory.read().size() == 20);
  CHECK(in_child([&] { return limited("0"); }) == "exit 0");
}

TEST_CASE("settings that cannot work are refused before anything is touched") {
  const auto refusal = [](FakeCall::Settings settings) {
    FakeCall call(std::move(settings));
    CHECK(hook_verb(call, {}, false) == LXCX_CONFIG);
    return call.message;
  };
  CHECK(refusal(audit_to("log")) == "lxcx.hook.audit.file: 'log' is not an absolute path");
  CHECK(refusal(audit_to("/x", "2")) == "lxcx.hook.audit.require must be 0 or 1, not '2'");
  CHECK(refusal(audit_to("", "1")) == "lxcx.hook.audit.require is set without lxcx.hook.audit.file");
}
