// SPDX-License-Identifier: Apache-2.0
#include "core/autostart/plan.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

using Candidates = std::vector<AutostartCandidate>;

bool is_in(const AutostartCandidate& candidate, const std::string& group) {
  return group.empty() ? candidate.groups.empty() : std::ranges::find(candidate.groups, group) != candidate.groups.end();
}

class Planner {
 public:
  Planner(const Candidates& defined, const AutostartRequest& request) : request_(request), sorted_(defined) {
    std::ranges::sort(sorted_, [](const auto& a, const auto& b) { return std::tie(a.order, a.name) < std::tie(b.order, b.name); });
    if (is_ending(request.action)) std::ranges::reverse(sorted_);
    for (const AutostartCandidate& candidate : sorted_) by_name_[candidate.name] = &candidate;
  }

  std::vector<AutostartItem> plan() {
    choose();
    if (request_.action == AutostartAction::start) choose_required();
    find_edges();
    for (std::size_t i = 0; i < chosen_.size(); ++i) visit(i);
    return arrange();
  }

 private:
  /// One chosen container, by its position in LXC's own order.
  struct Chosen {
    const AutostartCandidate* candidate;
    std::size_t rank;
    std::vector<std::size_t> waits_for, needs;
    std::optional<Error> refusal;
    enum {
      unseen,
      open,
      closed
    } mark = unseen;
  };

  bool is_wanted(const AutostartCandidate& candidate) const {
    return (request_.ignore_auto || candidate.autostart) && candidate.is_running == (request_.action != AutostartAction::start);
  }

  void choose() {
    std::vector<std::string> passes = request_.groups;
    if (request_.all || passes.empty()) passes = {""};
    std::size_t rank = 0;
    for (const std::string& group : passes) {
      const AutostartCandidate* last = nullptr;
      for (const AutostartCandidate& candidate : sorted_) {
        if (!is_wanted(candidate) || positions_.contains(candidate.name) || (!request_.all && !is_in(candidate, group))) continue;
        if (last != nullptr && last->order != candidate.order) ++rank;
        last = &candidate;
        add(candidate, rank);
      }
      ++rank;
    }
  }

  void add(const AutostartCandidate& candidate, std::size_t rank) {
    positions_[candidate.name] = chosen_.size();
    chosen_.push_back({.candidate = &candidate, .rank = rank, .waits_for = {}, .needs = {}, .refusal = {}});
  }

  /// chosen_ grows meanwhile: what is required by a required one comes along.
  void choose_required() {
    for (std::size_t i = 0; i < chosen_.size(); ++i)
      for (const std::string& name : chosen_[i].candidate->requires_) {
        const auto found = by_name_.find(name);
        if (found == by_name_.end())
          chosen_[i].refusal =
              Error{Code::not_found, 0, "it requires '" + name + "', and there is no such container", "see lxcx.start.requires", {}, {}, {}};
        else if (!found->second->is_running && !positions_.contains(name))
          add(*found->second, chosen_[i].rank);
      }
  }

  void find_edges() {
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      const auto connect = [&](const std::string& name, bool is_needed) {
        const auto found = positions_.find(name);
        if (found == positions_.end()) return;
        const auto [first, second] = is_ending(request_.action) ? std::pair(found->second, i) : std::pair(i, found->second);
        chosen_[first].waits_for.push_back(second);
        if (is_needed && request_.action == AutostartAction::start) chosen_[i].needs.push_back(second);
      };
      for (const std::string& name : chosen_[i].candidate->after) connect(name, false);
      for (const std::string& name : chosen_[i].candidate->requires_) connect(name, true);
    }
  }

  /// Depth first, so that what is waited for stands before who waits.
  void visit(std::size_t i) {
    if (chosen_[i].mark != Chosen::unseen) return;
    chosen_[i].mark = Chosen::open;
    path_.push_back(i);
    const auto closes_cycle = [&](std::size_t other) { return chosen_[other].mark == Chosen::open; };
    for (const std::size_t other : chosen_[i].waits_for)
      if (closes_cycle(other)) refuse_cycle(other);
    std::erase_if(chosen_[i].waits_for, closes_cycle);
    for (const std::size_t other : chosen_[i].waits_for) visit(other);
    path_.pop_back();
    chosen_[i].mark = Chosen::closed;
    sequence_.push_back(i);
  }

  /// The way from `first` to the end of the path, and back. A container that is to be ended is ended all the same.
  void refuse_cycle(std::size_t first) {
    if (request_.action != AutostartAction::start) return;
    const auto begin = std::ranges::find(path_, first);
    std::vector<std::string> names;
    for (auto it = begin; it != path_.end(); ++it) names.push_back(chosen_[*it].candidate->name);
    names.push_back(names.front());
    for (auto it = begin; it != path_.end(); ++it)
      chosen_[*it].refusal =
          Error{Code::config, 0, "it waits for itself: " + join(names, " -> "), "see lxcx.start.after and lxcx.start.requires of these", {}, {}, {}};
  }

  std::vector<AutostartItem> arrange() {
    std::vector<std::size_t> place(chosen_.size());
    for (std::size_t at = 0; at < sequence_.size(); ++at) place[sequence_[at]] = at;
    // What is waited for is as early as who waits.
    for (auto it = sequence_.rbegin(); it != sequence_.rend(); ++it)
      for (const std::size_t other : chosen_[*it].waits_for) chosen_[other].rank = std::min(chosen_[other].rank, chosen_[*it].rank);
    const auto places = [&](const std::vector<std::size_t>& positions, std::size_t before) {
      std::set<std::size_t> found;
      for (const std::size_t position : positions)
        if (place[position] < before) found.insert(place[position]);
      return std::vector<std::size_t>(found.begin(), found.end());
    };
    std::vector<AutostartItem> items;
    for (std::size_t at = 0; at < sequence_.size(); ++at) {
      Chosen& one = chosen_[sequence_[at]];
      const AutostartCandidate& from = *one.candidate;
      items.push_back(
          {from.name, from.delay_s, from.order, from.groups, one.rank, places(one.waits_for, at), places(one.needs, at), std::move(one.refusal)});
    }
    return items;
  }

  const AutostartRequest& request_;
  Candidates sorted_;
  std::map<std::string, const AutostartCandidate*> by_name_;
  std::vector<Chosen> chosen_;
  std::map<std::string, std::size_t> positions_;
  std::vector<std::size_t> path_, sequence_;
};

}  // namespace

std::vector<AutostartItem> plan_autostart(const std::vector<AutostartCandidate>& defined, const AutostartRequest& request) {
  return Planner(defined, request).plan();
}

}  // namespace lxcx::core
