// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/autostart/plan.hpp"
#include "core/base/text.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

struct Container {
  std::string name;
  int order = 0;
  std::vector<std::string> groups, after, requires_;
  bool autostart = true, is_running = false;
};

std::vector<AutostartItem> plan(const std::vector<Container>& containers, const AutostartRequest& request = {}) {
  std::vector<AutostartCandidate> candidates;
  for (const Container& c : containers) candidates.push_back({c.name, c.autostart, c.is_running, 0, c.order, c.groups, c.after, c.requires_});
  return plan_autostart(candidates, request);
}

/// "a/0 b/1!": names with their ranks, in order; !: refused.
std::string text(const std::vector<AutostartItem>& items) {
  std::vector<std::string> words;
  for (const AutostartItem& item : items) words.push_back(item.name + "/" + std::to_string(item.rank) + (item.refusal ? "!" : ""));
  return join(words, " ");
}

AutostartRequest ending() {
  AutostartRequest request;
  request.action = AutostartAction::shutdown;
  return request;
}

}  // namespace

TEST_CASE("autostart goes by order, then by name", "[autostart]") {
  CHECK(text(plan({{"c"}, {"b", 5}, {"a", 5}, {"d", -1}})) == "d/0 c/1 a/2 b/2");
  CHECK(plan({}).empty());
}

TEST_CASE("autostart ends containers the other way round", "[autostart]") {
  std::vector<Container> running{{"c"}, {"b", 5}, {"a", 5}, {"d", -1}};
  for (Container& each : running) each.is_running = true;
  CHECK(text(plan(running, ending())) == "b/0 a/0 c/1 d/2");
  CHECK(plan(running).empty());
}

TEST_CASE("autostart chooses by group, one after the other, each container once", "[autostart]") {
  const std::vector<Container> containers{{"a"}, {"b", 0, {"web"}}, {"c", 0, {"db", "web"}}, {"d", 9, {"db"}}, {"e", 0, {"web"}, {}, {}, false}};
  AutostartRequest request;
  CHECK(text(plan(containers, request)) == "a/0");
  request.groups = {"db", ""};
  CHECK(text(plan(containers, request)) == "c/0 d/1 a/2");
  request.groups = {"web", "db"};
  CHECK(text(plan(containers, request)) == "b/0 c/0 d/1");
  request.groups = {"we"};
  CHECK(plan(containers, request).empty());
  request.all = true;
  CHECK(text(plan(containers, request)) == "a/0 b/0 c/0 d/1");
  request.ignore_auto = true;
  CHECK(text(plan(containers, request)) == "a/0 b/0 c/0 e/0 d/1");
}

TEST_CASE("autostart begins what is waited for first, whatever its order", "[autostart]") {
  const auto items = plan({{"a", 0, {}, {"z"}}, {"m", 3}, {"z", 9}});
  CHECK(text(items) == "z/0 a/0 m/1");
  CHECK(items[1].waits_for == std::vector<std::size_t>{0});
  CHECK(items[1].needs.empty());
  CHECK(text(plan({{"a", 0, {}, {"none"}}})) == "a/0");
}

TEST_CASE("autostart takes along what is required and does not run", "[autostart]") {
  const auto items = plan({{"a", 0, {}, {}, {"b"}}, {"b", 7, {"other"}, {}, {"c"}, false}, {"c", 0, {}, {}, {}, false}, {"d", 0, {}, {}, {}, false}});
  CHECK(text(items) == "c/0 b/0 a/0");
  CHECK(items[2].needs == std::vector<std::size_t>{1});
  CHECK(text(plan({{"a", 0, {}, {}, {"b"}}, {"b", 0, {}, {}, {}, true, true}})) == "a/0");
  const auto missing = plan({{"a", 0, {}, {}, {"b"}}});
  REQUIRE(missing[0].refusal);
  CHECK(missing[0].refusal->code == Code::not_found);
  CHECK_THAT(missing[0].refusal->message, Catch::Contains("'b'"));
}

TEST_CASE("autostart ends what depends on others first", "[autostart]") {
  const auto items = plan({{"a", 0, {}, {}, {}, true, true}, {"b", 5, {}, {}, {"z"}, true, true}, {"z", 9, {}, {}, {}, true, true}}, ending());
  CHECK(text(items) == "b/0 z/0 a/2");
  CHECK(items[1].waits_for == std::vector<std::size_t>{0});
  CHECK(items[1].needs.empty());
}

TEST_CASE("autostart shows who waits in a circle, and refuses those alone", "[autostart]") {
  const auto items = plan({{"a", 0, {}, {"b"}}, {"b", 0, {}, {}, {"c"}}, {"c", 0, {}, {"a"}}, {"d"}, {"e", 0, {}, {}, {"a"}}, {"f", 0, {}, {"f"}}});
  std::string refused;
  for (const AutostartItem& item : items)
    if (item.refusal) refused += item.name + ": " + item.refusal->message + "\n";
  CHECK(items.size() == 6);
  CHECK(refused ==
        "c: it waits for itself: a -> b -> c -> a\nb: it waits for itself: a -> b -> c -> a\na: it waits for itself: a -> b -> c -> a\n"
        "f: it waits for itself: f -> f\n");
  std::vector<Container> running{{"a", 0, {}, {"b"}}, {"b", 0, {}, {"a"}}};
  for (Container& each : running) each.is_running = true;
  CHECK(text(plan(running, ending())).find('!') == std::string::npos);
  CHECK(plan(running, ending()).size() == 2);
}

TEST_CASE("autostart's plan never waits for what comes later", "[autostart]") {
  // Every graph of four containers, as a number of twelve bits, with an order of their own.
  for (unsigned edges = 0; edges < 1U << 12; ++edges) {
    std::vector<Container> containers;
    for (unsigned i = 0, bit = 0; i < 4; ++i) {
      Container one{std::string(1, static_cast<char>('a' + i)), static_cast<int>(i % 3), {}, {}, {}, i != 2};
      for (unsigned j = 0; j < 4; ++j)
        if (i != j && (edges >> bit++ & 1U) != 0) (j % 2 == 0 ? one.requires_ : one.after).push_back(std::string(1, static_cast<char>('a' + j)));
      containers.push_back(one);
    }
    const auto items = plan(containers);
    for (std::size_t i = 0; i < items.size(); ++i)
      for (const std::size_t other : items[i].waits_for) {
        REQUIRE(other < i);
        REQUIRE((items[other].rank <= items[i].rank || items[i].refusal));
      }
  }
}
