// SPDX-License-Identifier: Apache-2.0
// What the parent and the child of a start say to each other: one SOCK_SEQPACKET message each, the first byte is its kind.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/step.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

enum class Frame : char {
  error = 'E',      ///< a packed Error; the sender ends
  log = 'L',        ///< level digit, text; to the caller: warnings and worse
  step = 'T',       ///< nanoseconds, tab, name
  listener = 'N',   ///< child: the fd is the listener of a seccomp filter that it has loaded
  terminals = 'P',  ///< "console" if the first fd is the console's master; the rest are ttys' masters
  ready = 'R',      ///< child: set up, waiting for go. To the caller: init runs; "init\tPID"
  mapped = 'M',     ///< parent: the id maps are written; or those of a mount are
  map_mount = 'I',  ///< child: the fd of a detached mount, and what its idmap= says; the answer is mapped or an error
  go = 'G',         ///< parent: finish and exec
};

struct Message {
  Frame frame;
  std::string payload;
  std::vector<UniqueFd> fds;
};

Result<void> send_frame(Kernel& kernel, int fd, Frame frame, std::string_view payload = {}, std::span<const int> fds = {});
/// Errors: internal ("the other side ended") when the peer closed.
Result<Message> receive_frame(Kernel& kernel, int fd);
/// True when the peer closed without a word, which is how an exec is seen.
Result<bool> receive_or_closed(Kernel& kernel, int fd, Message& message);

}  // namespace lxcx::core
