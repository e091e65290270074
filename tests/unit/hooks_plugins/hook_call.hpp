// SPDX-License-Identifier: Apache-2.0
// One event sent to the hook plugin under test, through its C table.
#pragma once
#include <string>
#include <vector>

#include "lxcx/abi.h"
#include "tests/support/fake_call.hpp"

extern "C" const lxcx_plugin_descriptor lxcx_plugin;

namespace lxcx::test {

struct SentEvent {
  lxcx_event_id id = LXCX_EVENT_PRE_START;
  std::string name = "pre-start", section = "lxc", container = "web", target;
  std::int64_t pid = 0;
  std::uint32_t nic_index = 0, hook_version = 0;
  std::vector<std::string> args, environment;
};

inline lxcx_code hook_verb(FakeCall& call, const SentEvent& sent, bool run = true) {
  const auto lowered = [](const std::vector<std::string>& texts) {
    std::vector<lxcx_str> all;
    for (const std::string& text : texts) all.push_back(lower(text));
    return all;
  };
  const std::vector<lxcx_str> args = lowered(sent.args), environment = lowered(sent.environment);
  lxcx_event event{};
  event.size = sizeof event;
  event.id = sent.id;
  event.name = lower(sent.name);
  event.section = lower(sent.section);
  event.container = lower(sent.container);
  event.lxcpath = lower("/var/lib/lxc");
  event.target = lower(sent.target);
  event.pid = sent.pid;
  event.nic_index = sent.nic_index;
  event.hook_version = sent.hook_version;
  event.args = args.data();
  event.arg_count = args.size();
  event.environment = environment.data();
  event.environment_count = environment.size();
  const auto* ops = static_cast<const lxcx_hook_ops*>(lxcx_plugin.ops);
  return run ? ops->run(&call, &event) : ops->validate(&call, &event);
}

}  // namespace lxcx::test
