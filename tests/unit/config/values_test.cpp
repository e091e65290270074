// SPDX-License-Identifier: Apache-2.0
#include "core/config/values.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

using namespace lxcx::core;

TEST_CASE("numbers are decimal, hexadecimal or octal, and whole", "[config][values]") {
  CHECK(parse_unsigned("0", 10) == 0);
  CHECK(parse_unsigned("10", 10) == 10);
  CHECK(parse_unsigned("+7", 10) == 7);
  CHECK(parse_unsigned("0x1F", 100) == 31);
  CHECK(parse_unsigned("0X1f", 100) == 31);
  CHECK(parse_unsigned("017", 100) == 15);
  CHECK(parse_unsigned("18446744073709551615", UINT64_MAX) == UINT64_MAX);
  for (const std::string_view bad :
       {"", " ", "-1", "-0", "11", "1 ", "1x", "0x", "0xg", "08", "+", "+-1", "--1", "18446744073709551616", "1e3", "1.0"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_unsigned(bad, bad.size() > 3 ? UINT64_MAX : 10));
  }
}

TEST_CASE("signed numbers reach both ends of their range and no further", "[config][values]") {
  constexpr std::int64_t min = std::numeric_limits<int>::min(), max = std::numeric_limits<int>::max();
  CHECK(parse_signed("-2147483648", min, max) == min);
  CHECK(parse_signed("2147483647", min, max) == max);
  CHECK(parse_signed("-0x10", min, max) == -16);
  for (const std::string_view bad : {"2147483648", "-2147483649", "", "-", "--1", "- 1", "9223372036854775808", "-99999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_signed(bad, min, max));
  }
}

TEST_CASE("a 0-or-1 takes nothing else, and says what was meant", "[config][values]") {
  CHECK(parse_bool("0") == false);
  CHECK(parse_bool("1") == true);
  CHECK(parse_bool("yes").error().hint == "write 1");
  CHECK(parse_bool("False").error().hint == "write 0");
  CHECK_FALSE(parse_bool("2"));
  CHECK(parse_bool("1 # on").error().hint.find("a line of its own") != std::string::npos);
}

TEST_CASE("sizes have two-letter units of 1024, and single letters count bytes as in LXC", "[config][values]") {
  CHECK(parse_size("100") == 100);
  CHECK(parse_size("4KB") == 4096);
  CHECK(parse_size("4 kb") == 4096);
  CHECK(parse_size("2Mb") == 2U << 20U);
  CHECK(parse_size("3gB") == 3ULL << 30U);
  CHECK(parse_size("5B") == 5);
  CHECK(parse_size("5M") == 5);
  CHECK(parse_size("0x10") == 16);
  CHECK(parse_size("0x10kb") == 16384);
  CHECK(parse_size("010") == 8);
  CHECK(parse_size("+1") == 1);
  for (const std::string_view bad :
       {"", "KB", "5TB", "5KiB", "-5", "5KBB", "5 K B", "5%", "9223372036854775808", "9007199254740992KB", "0x", "+", "1+1", "08"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad));
  }
}

TEST_CASE("buffer sizes are rounded up to a power of two of at least a page", "[config][values]") {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  CHECK(parse_buffer_size("auto") == 131072);
  CHECK(parse_buffer_size("0") == 0);
  CHECK(parse_buffer_size("1") == page);
  CHECK(parse_buffer_size("131073") == 262144);
  CHECK(parse_buffer_size("1MB") == 1048576);
}

TEST_CASE("paths lose their spare slashes, and have an end", "[config][values]") {
  CHECK(parse_path("//srv///web//") == "/srv/web");
  CHECK(parse_path("/") == "/");
  CHECK(parse_path("///") == "/");
  CHECK(parse_path("a/b") == "a/b");
  CHECK(parse_path("/" + std::string(4094, 'a')));
  CHECK_FALSE(parse_path("/" + std::string(4095, 'a')));
}

TEST_CASE("relative paths do not lead out", "[config][values]") {
  CHECK(parse_relative_path("a//b/") == "a/b");
  CHECK(parse_relative_path("..a/b.."));
  for (const std::string_view bad : {"/a", "..", "../a", "a/..", "a/../b"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_relative_path(bad));
  }
}
