// SPDX-License-Identifier: Apache-2.0
// A hook as its author, and as core, sees it.
#pragma once
#include "lxcx/call.hpp"

namespace lxcx {

/// A point in a container's life. All text is valid during the call only.
struct Event {
  lxcx_event_id id = LXCX_EVENT_PRE_START;
  std::string_view name;     ///< "pre-start", …; "up" and "down" for devices
  std::string_view section;  ///< "lxc", or "net" for devices
  std::string_view container, lxcpath, config_path;
  std::string_view rootfs_path;   ///< without TYPE:
  std::string_view rootfs_mount;  ///< where the root is mounted, in the child's view
  std::string_view target;        ///< "stop" or "reboot" when the container goes down
  std::int64_t pid = 0;           ///< init, as the host counts; 0 before there is one
  std::uint32_t nic_index = 0;
  std::uint32_t hook_version = 0;  ///< lxc.hook.version
  std::vector<std::string_view> args, environment;
};

constexpr std::uint64_t event_bit(lxcx_event_id id) { return std::uint64_t{1} << id; }

/// Does something at chosen events. A plugin names them in its manifest ("events") and as `static constexpr std::uint64_t wants`.
class Hook {
 public:
  virtual ~Hook() = default;
  /// An error vetoes the operation at the events that may veto (abi.h says which), and is logged at the others. [H-2]
  virtual Result<void> run(Call&, const Event&) = 0;
  /// Refuses settings that cannot work, before anything is touched. [H-1]
  virtual Result<void> validate(Call&, const Event&) { return {}; }
};

}  // namespace lxcx
