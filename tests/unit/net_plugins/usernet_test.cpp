// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/usernet.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "net-veth/service/devices.hpp"

using namespace lxcx;
using namespace lxcx::net::service;

namespace {
const User alice{1000, "alice", {"alice", "staff"}};

unsigned allows(std::string_view text, std::string_view bridge) { return allowance(parse_usernet(text), alice, bridge); }
}  // namespace

TEST_CASE("a line allows its user a number of devices on its bridge", "[net][usernet]") {
  CHECK(allows("alice veth lxcbr0 10\n", "lxcbr0") == 10);
  CHECK(allows("  alice\tveth   lxcbr0 10", "lxcbr0") == 10);
  CHECK(allows("alice veth lxcbr0 10\n", "other") == 0);
  CHECK(allows("bob veth lxcbr0 10\n", "lxcbr0") == 0);
  CHECK(allows("", "lxcbr0") == 0);
}

TEST_CASE("lines for the user and his groups add up", "[net][usernet]") {
  CHECK(allows("alice veth br 1\n@staff veth br 2\n@wheel veth br 4\nalice veth br 8\n", "br") == 11);
  CHECK(allows("@alice veth br 1\nalice veth br 4294967295\n", "br") == std::numeric_limits<unsigned>::max());
}

TEST_CASE("a group is no user of its name", "[net][usernet]") {
  CHECK(allows("staff veth br 5\n", "br") == 0);
  CHECK(allows("@ veth br 5\n", "br") == 0);
}

TEST_CASE("none is no bridge, and a bridge is not none", "[net][usernet]") {
  CHECK(allows("alice veth none 3\n", "") == 3);
  CHECK(allows("alice veth lxcbr0 3\n", "") == 0);
}

TEST_CASE("another type of device allows no veth", "[net][usernet]") { CHECK(allows("alice macvlan lxcbr0 3\n", "lxcbr0") == 0); }

TEST_CASE("malformed lines are left out, by number; comments and empty lines are not counted", "[net][usernet]") {
  const Usernet usernet =
      parse_usernet("# alice veth br 1\n\nalice veth br\nalice veth br -1\nalice veth br 1 2\nalice veth br 1x\nalice veth br 2\r\n@ veth br 1\n");
  CHECK(usernet.malformed == std::vector<unsigned>{3, 4, 5, 6, 8});
  REQUIRE(usernet.lines.size() == 1);
  CHECK(usernet.lines[0] == UsernetLine{"alice", "veth", "br", 2});
}

TEST_CASE("a number that is too great is malformed", "[net][usernet]") { CHECK(parse_usernet("alice veth br 4294967296\n").malformed.size() == 1); }

TEST_CASE("a file that others could have written is not believed, and none allows nothing", "[net][usernet][root]") {
  char path[] = "/tmp/lxcxt-usernet.XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(path) << "alice veth br 1\n";
  if (::geteuid() == 0) CHECK(read_usernet(path)->lines.size() == 1);
  ::chmod(path, 0622);
  const auto open_file = read_usernet(path);
  REQUIRE_FALSE(open_file);
  CHECK(open_file.error().code == Code::denied);
  ::unlink(path);
  CHECK(read_usernet(path)->lines.empty());
}

TEST_CASE("an alias says whose a device is; root's never do", "[net][usernet]") {
  const auto account = account_of(alias_of({1000, "lxcbr0"}, 3, "web:1"));
  REQUIRE(account);
  CHECK(account->uid == 1000);
  CHECK(account->bridge == "lxcbr0");
  CHECK(account_of(alias_of({1000, ""}, 0, "web"))->bridge == "none");
  for (const char* text : {"", "lxcx:1000:0", "lxcx:1000:lxcbr0:0:web", "lxcx-user:", "lxcx-user:1000", "lxcx-user:1000:", "lxcx-user:-1:br:0:web",
                           "lxcx-user:99999999999:br:0:web", "lxcx-user::br:0:web"})
    CHECK_FALSE(account_of(text));
}

TEST_CASE("a name of the host end says whose it is, as far as there is room", "[net][usernet]") {
  CHECK(host_name_for(1000).starts_with("veth1000_"));
  CHECK(host_name_for(65536).size() == 14);
  CHECK(host_name_for(65537).size() == 10);
  CHECK(host_name_for(0).find('_') == std::string::npos);
}

TEST_CASE("a user's devices count on their bridge, and before they have an alias on every one", "[net][usernet]") {
  const auto device = [](const char* name, const char* kind, const std::string& alias) {
    net::Link link;
    link.name = name;
    link.kind = kind;
    link.alias = alias;
    return link;
  };
  const std::vector<net::Link> all{device("veth1000_aaaa", "veth", alias_of({1000, "br0"}, 0, "a")),
                                   device("veth1000_bbbb", "veth", alias_of({1000, "br1"}, 0, "a")),
                                   device("veth1000_cccc", "veth", ""),
                                   device("veth1000_dddd", "bridge", ""),
                                   device("vethX", "veth", alias_of({1001, "br0"}, 0, "a")),
                                   device("veth10001_aa", "veth", "")};
  const auto names = [&](uid_t uid, std::string_view bridge) {
    std::string text;
    for (const net::Link& link : devices_of(all, uid, bridge)) text += link.name + " ";
    return text;
  };
  CHECK(names(1000, "br0") == "veth1000_aaaa veth1000_cccc ");
  CHECK(names(1000, "br1") == "veth1000_bbbb veth1000_cccc ");
  CHECK(names(1000, "") == "veth1000_cccc ");
  CHECK(names(1001, "br0") == "vethX ");
}
