// SPDX-License-Identifier: Apache-2.0
// What lxcx tells lxcx-enter, and what lxcx-enter answers. Both are built together; the sizes are checked all the same.
//
// The plan is one block in a memfd: this struct, then what its spans point at. fds are numbers that lxcx-enter inherits.
#pragma once
#include <cstdint>

namespace lxcx::enter {

constexpr std::uint32_t plan_magic = 0x4c58454e;  // "LXEN"
constexpr std::uint32_t plan_version = 3;
constexpr std::uint32_t max_plan_size = 16U << 20;

/// `count` things at `offset` from the plan's start. Strings: `count` of them, one after the other, each ended by NUL.
struct Span {
  std::uint32_t offset, count;
};

struct NamespaceEntry {
  std::int32_t fd;
  std::uint32_t type;  ///< CLONE_NEW…
};
struct LimitEntry {
  std::int64_t resource;
  std::uint64_t soft, hard;
};
struct FilterEntry {
  std::uint32_t flags;  ///< SECCOMP_FILTER_FLAG_*
  Span instructions;    ///< struct sock_filter
};

enum Option : std::uint32_t {
  user_namespace_first = 1U << 0,  ///< an unprivileged caller has no power over the others before; a privileged one loses it after
  has_new_root = 1U << 1,          ///< root_fd is to become the root directory
  becomes_root = 1U << 2,          ///< root of the joined user namespace
  groups_may_stay = 1U << 3,       ///< user_namespaces(7): an unprivileged caller may not drop them
  sets_personality = 1U << 4,
  limits_capabilities = 1U << 5,
  no_new_privileges = 1U << 6,
  new_keyring = 1U << 7,
  remounts_proc_and_sys = 1U << 8,
};

struct Plan {
  std::uint32_t magic, version, size;
  std::uint32_t options;
  std::int32_t status_fd;        ///< where Frames go; close-on-exec by lxcx-enter
  std::int32_t proc_fd;          ///< the host's procfs, for the label; -1: none
  std::int32_t root_fd;          ///< init's root directory; -1: none
  std::int32_t terminal_fd;      ///< becomes the controlling terminal; -1: none
  std::int32_t standard_fds[3];  ///< N itself, or above 2
  std::int32_t listener_fd;      ///< a socket that filters' listeners are sent over, by SCM_RIGHTS with one byte; -1: no filter has one
  std::uint32_t uid, gid;
  std::int32_t core_sched_pid;  ///< whose core scheduling cookie to share; 0: nobody's
  std::uint64_t personality;
  std::uint64_t bounding;  ///< capabilities that stay in the bounding set
  Span namespaces;         ///< NamespaceEntry, in the order to join (user aside)
  Span v1_tasks;           ///< std::int32_t
  Span landlocks;          ///< std::int32_t
  Span groups;             ///< std::uint32_t
  Span limits;             ///< LimitEntry
  Span proc_files;         ///< strings: names below /proc/self
  Span proc_values;        ///< strings: what is written there, as many
  Span filters;            ///< FilterEntry
  Span label;              ///< bytes for thread-self/attr/exec; count 0: none
  Span directory;          ///< at most two strings: the second where the first cannot be entered; count 0: the current one stays
  Span arguments;          ///< strings; count 0: the login shell of uid
  Span environment;        ///< strings
};

/// What can fail, in order. step_names says it in words.
enum class Step : std::uint32_t {
  read_plan,
  close_descriptors,
  reset_signals,
  join_cgroups,
  share_core,
  set_limits,
  write_proc_files,
  enter_namespaces,
  enter_root,
  become_root,
  drop_groups,
  make_keyring,
  set_personality,
  drop_capabilities,
  set_label,
  connect_streams,
  clone,
  make_session,
  mount_proc_and_sys,
  change_directory,
  restrict_files,
  set_no_new_privileges,
  load_seccomp,
  set_ids,
  execute,
  count,
};

constexpr const char* step_names[] = {
    "read the plan",
    "close descriptors",
    "reset signals",
    "join the cgroups",
    "share the core scheduling cookie",
    "set limits",
    "write to /proc/self",
    "enter namespace",
    "enter the root directory",
    "become root of the user namespace",
    "set the groups",
    "make a session keyring",
    "set the personality",
    "drop capabilities",
    "set the security label",
    "connect the standard streams",
    "start a process in the pid namespace",
    "make a session with a terminal",
    "mount /proc and /sys",
    "change to directory",
    "apply the landlock ruleset",
    "set no_new_privs",
    "load the seccomp filter",
    "set uid and gid",
    "execute",
};
static_assert(sizeof step_names / sizeof step_names[0] == static_cast<std::uint32_t>(Step::count));

enum class FrameKind : std::uint32_t {
  starting,  ///< everything outside is done; `started` follows at once
  started,   ///< value: the pid of the command-to-be, as lxcx sees it
  failed,    ///< value: errno; nothing runs
};

/// Written in one write(2), below PIPE_BUF: frames never mix. The end of the pipe without a failure means that the command runs.
struct Frame {
  std::uint32_t magic;
  FrameKind kind;
  Step step;
  std::int32_t value;
  char detail[240];  ///< which namespace, which file; ended by NUL
};
static_assert(sizeof(Frame) == 256);

}  // namespace lxcx::enter
