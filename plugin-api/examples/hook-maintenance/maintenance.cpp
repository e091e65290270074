// SPDX-License-Identifier: Apache-2.0
// A hook plugin out of the tree: a veto before a start, and a word afterwards.
#include <fstream>

#include <lxcx/plugin.hpp>

namespace {
using namespace lxcx;

class Maintenance final : public Hook {
 public:
  static constexpr std::uint64_t wants = event_bit(LXCX_EVENT_PRE_START) | event_bit(LXCX_EVENT_POST_STOP);

  Result<void> validate(Call& call, const Event&) override {
    const std::string file = file_of(call);
    if (file.starts_with('/')) return {};
    return fail(Code::config, "lxcx.hook.maintenance.file: '" + file + "' is not an absolute path", "begin it with '/'");
  }

  Result<void> run(Call& call, const Event& event) override {
    const std::string file = file_of(call);
    std::ifstream reason_file(file);
    if (!reason_file) return {};
    if (event.id == LXCX_EVENT_POST_STOP) {
      call.log(LXCX_NOTICE, std::string(event.container) + " stays stopped while '" + file + "' exists");
      return {};
    }
    std::string reason;
    std::getline(reason_file, reason);
    return fail(Code::hook, "the machine is under maintenance" + (reason.empty() ? "" : ": " + reason), "wait, or remove '" + file + "'");
  }

 private:
  static std::string file_of(const Call& call) { return std::string(call.setting("lxcx.hook.maintenance.file", "/run/maintenance")); }
};

}  // namespace

LXCX_PLUGIN(hook, Maintenance, "maintenance", LXCX_PLUGIN_VERSION, "No container starts while a file says that the machine is under maintenance",
            "Apache-2.0");
