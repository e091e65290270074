// SPDX-License-Identifier: Apache-2.0
#include "core/unshare/id_maps.hpp"

#include <catch2/catch.hpp>

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("a mapping is of users, of groups or of both", "[unshare]") {
  CHECK(parse_id_mapping("u:0:100000:65536").value() == std::vector<IdMapping>{{false, 0, 100000, 65536}});
  CHECK(parse_id_mapping("g:1:2:3").value() == std::vector<IdMapping>{{true, 1, 2, 3}});
  CHECK(parse_id_mapping("b:1:2:3").value() == std::vector<IdMapping>{{false, 1, 2, 3}, {true, 1, 2, 3}});
}

TEST_CASE("what is no mapping is refused", "[unshare]") {
  for (const char* text : {"", ":", "b", "b:0:0", "b:0:0:1:", "x:0:0:1", "ub:0:0:1", "b::0:1", "b:0:0:0", "b:0:0:-1", "b:0:0:4294967296",
                           "b:1:0:4294967295", "b: 0:0:1"}) {
    const auto refused = parse_id_mapping(text);
    INFO(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::usage);
  }
}

TEST_CASE("subordinate ids are the first entry of the user, by name or number", "[unshare]") {
  const char* text = "# comment\nother:1:2\nme:x:1\nme:100000:65536\n1000:5:6\nme:7:8\n";
  REQUIRE(!subordinate_ids(text, "me", 1).empty());
  CHECK(subordinate_ids(text, "me", 1).front().first == 100000);
  CHECK(subordinate_ids(text, "nobody", 1000).front().first == 5);
  CHECK(subordinate_ids(text, "nobody", 7).empty());
  CHECK(subordinate_ids("", "me", 1).empty());
}

TEST_CASE("the caller's own id comes behind all others", "[unshare]") {
  std::vector<IdMapping> maps{{false, 0, 100000, 10}, {true, 0, 100000, 50}, {false, 20, 200000, 5}};
  map_own_id(maps, false, 1000);
  CHECK(maps.back() == IdMapping{false, 25, 1000, 1});
  CHECK(map_text(maps, false) == "0 100000 10\n20 200000 5\n25 1000 1\n");
  CHECK(map_text(maps, true) == "0 100000 50\n");
}
