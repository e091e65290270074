// SPDX-License-Identifier: Apache-2.0
// Which containers autostart is about, in which order, and what each waits for. LXC's rules, and above them the dependencies of lxcx.start.*.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::core {

enum class AutostartAction {
  start,
  reboot,
  shutdown,
  kill
};
constexpr bool is_ending(AutostartAction action) { return action == AutostartAction::shutdown || action == AutostartAction::kill; }

struct AutostartRequest {
  AutostartAction action = AutostartAction::start;
  bool all = false;                 ///< groups are no matter
  bool ignore_auto = false;         ///< nor is lxc.start.auto
  std::vector<std::string> groups;  ///< in the order they are taken; "": containers without a group. None: that one alone
  int timeout_s = 60;               ///< shutdown, reboot: how long each may take
  bool awaits_reboot = true;
  unsigned jobs = 1;                ///< how many at a time
};

/// A defined container, as far as autostart is concerned.
struct AutostartCandidate {
  std::string name;
  bool autostart = false, is_running = false;
  unsigned delay_s = 0;
  int order = 0;
  std::vector<std::string> groups, after, requires_;
};

struct AutostartItem {
  std::string name;
  unsigned delay_s = 0;
  int order = 0;
  std::vector<std::string> groups;
  std::size_t rank = 0;                      ///< all of a lower rank come first; those of one rank may go side by side
  std::vector<std::size_t> waits_for;        ///< positions of earlier items
  std::vector<std::size_t> needs;            ///< those of them that must succeed
  std::optional<Error> refusal;              ///< it cannot be started at all
};

/// In an order that honours every wait. A container that a chosen one requires and that does not run is chosen too; cycles are refused, item by item.
std::vector<AutostartItem> plan_autostart(const std::vector<AutostartCandidate>& defined, const AutostartRequest& request);

}  // namespace lxcx::core
