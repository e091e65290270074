// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/escape_filter.hpp"

#include <catch2/catch.hpp>
#include <vector>

using lxcx::core::EscapeFilter;

namespace {

struct Outcome {
  std::string through;
  bool left = false;
};

Outcome type(EscapeFilter filter, const std::vector<std::string_view>& pieces) {
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    outcome.left = filter.feed(piece, outcome.through);
    if (outcome.left) return outcome;
  }
  filter.finish(outcome.through);
  return outcome;
}

}  // namespace

TEST_CASE("prefix and q leave, also when they come one by one", "[escape]") {
  CHECK(type(EscapeFilter(1), {"ls\n\1qrest"}).left);
  const Outcome split = type(EscapeFilter(1), {"ls\n\1", "q"});
  CHECK(split.left);
  CHECK(split.through == "ls\n");
}

TEST_CASE("prefix twice is one literal prefix, and does not start a sequence", "[escape]") {
  const Outcome outcome = type(EscapeFilter(1), {"\1\1q"});
  CHECK_FALSE(outcome.left);
  CHECK(outcome.through == "\1q");
}

TEST_CASE("a prefix before another key, or at the end, is not lost", "[escape]") {
  CHECK(type(EscapeFilter(1), {"\1x"}).through == "\1x");
  CHECK(type(EscapeFilter(1), {"x\1"}).through == "x\1");
}

TEST_CASE("all bytes but the sequence pass", "[escape]") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(type(EscapeFilter(1), {all}).through == all);
  CHECK(type(EscapeFilter('\0'), {all}).through == all);
}
