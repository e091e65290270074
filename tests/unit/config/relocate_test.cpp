// SPDX-License-Identifier: Apache-2.0
#include "core/config/relocate.hpp"

#include <catch2/catch.hpp>

using namespace lxcx::core;

namespace {
const Relocation moved{{{"/c/web", "/c/shop"}, {"/real/c/web", "/real/c/shop"}}, "web", "shop", {}};
}

TEST_CASE("every path below the old directory moves, wherever it stands in a value", "[config][relocate]") {
  CHECK(relocate_value("/c/web", moved) == "/c/shop");
  CHECK(relocate_value("dir:/c/web/rootfs", moved) == "dir:/c/shop/rootfs");
  CHECK(relocate_value("overlay:/c/web/a:/c/web/b:/srv/c", moved) == "overlay:/c/shop/a:/c/shop/b:/srv/c");
  CHECK(relocate_value("/bin/tell --in=/c/web/x '/real/c/web'", moved) == "/bin/tell --in=/c/shop/x '/real/c/shop'");
}

TEST_CASE("what only looks like it stays", "[config][relocate]") {
  for (const char* value : {"", "/c/web2/rootfs", "/srv/c/web", "/c/web.old", "x/c/web", "web", "/c", "/C/WEB"})
    CHECK(relocate_value(value, moved) == value);
}

TEST_CASE("a blank in the directory is found as mount entries write it", "[config][relocate]") {
  const Relocation blank{{{"/my c/web", "/my c/shop"}}, "web", "shop", {}};
  CHECK(relocate_value("/my\\040c/web/data data none bind 0 0", blank) == "/my\\040c/shop/data data none bind 0 0");
}

TEST_CASE("comments, blanks, line ends and foreign keys stay", "[config][relocate]") {
  const std::string before =
      "\xEF\xBB\xBF# /c/web stays\r\n  lxc.rootfs.path =  \"dir:/c/web/rootfs\"  \r\nlxc.uts.name = web\r\nmine = /c/web\n\nlxc.utsname=web";
  const std::string after =
      "\xEF\xBB\xBF# /c/web stays\r\n  lxc.rootfs.path =  \"dir:/c/shop/rootfs\"  \r\nlxc.uts.name = shop\r\nmine = /c/web\n\nlxc.utsname=shop";
  CHECK(relocate_config(before, moved) == after);
  CHECK(relocate_config(after, moved) == after);
}

TEST_CASE("a host name of its own is kept", "[config][relocate]") {
  CHECK(relocate_config("lxc.uts.name = www\nlxc.group = web\n", moved) == "lxc.uts.name = www\nlxc.group = web\n");
}

TEST_CASE("an fstab's entries move, its comments stay", "[config][relocate]") {
  CHECK(relocate_fstab("# /c/web/x\n/c/web/x srv none bind 0 0\n\n", moved) == "# /c/web/x\n/c/shop/x srv none bind 0 0\n\n");
}

TEST_CASE("bytes that are no part of a value stay, also such as end a text elsewhere", "[config][relocate]") {
  const std::string before("lxc.uts.name = other\0lxc.tty.max = 9\nlxc.group = a\rlxc.group = b\n", 65);
  CHECK(relocate_config(before, moved) == before);
}

TEST_CASE("what stays is the old container's, with all below it", "[config][relocate]") {
  Relocation copied = moved;
  copied.staying = {"data", "a b"};
  CHECK(relocate_value("/c/web/data srv none bind 0 0", copied) == "/c/web/data srv none bind 0 0");
  CHECK(relocate_value("/c/web/data/x:/c/web/database:/c/web", copied) == "/c/web/data/x:/c/shop/database:/c/shop");
  CHECK(relocate_value("/c/web/a\\040b/x srv none bind 0 0", copied) == "/c/web/a\\040b/x srv none bind 0 0");
}

TEST_CASE("what a value names below the directory", "[config][relocate]") {
  using Names = std::vector<std::string>;
  CHECK(named_below("/c/web/hook --in=/c/web/x/y /c/web2/z", moved) == Names{"hook", "x/y"});
  CHECK(named_below("/c/web", moved).empty());
  CHECK(named_below("overlay:/srv/a:/real/c/web//b", moved) == Names{"b"});
}

TEST_CASE("includes are found where the relocation has them, and back", "[config][relocate]") {
  ConfigSource source;
  source.read = [](const std::string& path) -> lxcx::Result<std::string> { return path; };
  source.list = [](const std::string& path) -> lxcx::Result<std::vector<std::string>> { return std::vector{path}; };
  CHECK(*relocated_source(source, moved).read("/c/web/x") == "/c/shop/x");
  CHECK(*relocated_source(source, reversed(moved)).read("/c/shop/x") == "/c/web/x");
  CHECK(relocated_source(source, moved).list("/c/web")->front() == "/c/shop");
}
