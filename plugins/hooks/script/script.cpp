// SPDX-License-Identifier: Apache-2.0
// hook-script: the commands of lxc.hook.* and lxc.net.N.script.*, with LXC's arguments and environment.
#include <unistd.h>

#include <array>
#include <cstdio>

#include "command.hpp"
#include "lxcx/plugin.hpp"

namespace lxcx {
namespace {

std::string shown(std::chrono::milliseconds duration) {
  if (duration.count() < 1000) return std::to_string(duration.count()) + " ms";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(duration.count()) / 1000);
  return text;
}

Result<void> check_program(const std::string& name, const std::string& text, std::string_view where) {
  const std::optional<std::string> program = script::program_of(text);
  if (!program || ::access(program->c_str(), X_OK) == 0) return {};
  Failure failure = fail_errno(errno, name + ": '" + *program + "' cannot be executed" + std::string(where));
  failure.error().code = Code::hook;
  return failure;
}

Result<void> run_one(Call& call, const Event& event, const std::string& name, const std::string& text) {
  script::Output output([&](std::string_view line) { call.log(LXCX_DEBUG, name + ": " + std::string(line)); });
  const auto is_cancelled = [&call] { return call.cancelled(); };
  LXCX_TRY(ended, doing(script::run_command(script::make_command(event, text), output, is_cancelled), name + " '" + text + "'"));
  if (ended.left_listeners) call.log(LXCX_NOTICE, name + " left a process behind that still holds its output open; nobody listens to that any more");
  const std::string trouble = script::describe_status(ended.status);
  if (ended.was_cancelled)
    return fail(Code::cancelled, name + " '" + text + "' was stopped after " + shown(ended.duration) + ": the operation was cancelled");
  if (trouble.empty()) {
    call.log(LXCX_DEBUG, name + " '" + text + "' is done after " + shown(ended.duration));
    return {};
  }
  Failure failure = fail(Code::hook, name + " '" + text + "' " + trouble + " after " + shown(ended.duration), script::hint_for(ended.status));
  failure.error().details = output.tail();
  return failure;
}

class Script final : public Hook {
 public:
  static constexpr std::uint64_t wants = event_bit(LXCX_EVENT_PRE_START) | event_bit(LXCX_EVENT_PRE_MOUNT) | event_bit(LXCX_EVENT_MOUNT) |
                                         event_bit(LXCX_EVENT_AUTODEV) | event_bit(LXCX_EVENT_START_HOST) | event_bit(LXCX_EVENT_START) |
                                         event_bit(LXCX_EVENT_STOP) | event_bit(LXCX_EVENT_POST_STOP) | event_bit(LXCX_EVENT_CLONE) |
                                         event_bit(LXCX_EVENT_DESTROY) | event_bit(LXCX_EVENT_NET_UP) | event_bit(LXCX_EVENT_NET_DOWN);

  Result<void> run(Call& call, const Event& event) override {
    const std::vector<std::string> commands = call.settings(script::setting_of(event));
    // Inside, a missing program is best said before the first hook has done anything. (LXC looks at the first hook only, and takes its
    // whole text, arguments included, for a path.)
    for (std::size_t i = 0; event.id == LXCX_EVENT_START && i < commands.size(); ++i)
      LXCX_CHECK(check_program(script::name_of(event, i, commands.size()), commands[i], " inside the container"));
    for (std::size_t i = 0; i < commands.size(); ++i) LXCX_CHECK(run_one(call, event, script::name_of(event, i, commands.size()), commands[i]));
    return {};
  }

  /// A pre-start hook that is not there is refused; one that runs later may yet be made by an earlier one, and is only remarked upon.
  Result<void> validate(Call& call, const Event& given) override {
    constexpr std::array<std::string_view, 6> on_the_host{"pre-start", "pre-mount", "mount", "start-host", "stop", "post-stop"};
    for (const std::string_view type : on_the_host) {
      Event event = given;
      event.name = type;
      event.section = "lxc";
      const std::vector<std::string> commands = call.settings(script::setting_of(event));
      for (std::size_t i = 0; i < commands.size(); ++i) {
        const Result<void> checked = check_program(script::name_of(event, i, commands.size()), commands[i], "");
        if (!checked && type == "pre-start") return checked;
        if (!checked) call.log(LXCX_WARN, checked.error().message + ", and the hook will fail unless that changes");
      }
    }
    return {};
  }
};

}  // namespace
}  // namespace lxcx

LXCX_PLUGIN(hook, lxcx::Script, "script", LXCX_PLUGIN_VERSION, "Runs the commands of lxc.hook.* and lxc.net.N.script.*, as LXC does", "Apache-2.0");
