// SPDX-License-Identifier: Apache-2.0
// The command's standard streams. No terminal of the caller's is ever handed in (CVE-2016-10124): a terminal becomes a pty of the
// container's own, or a pipe; everything else goes straight through.
#pragma once
#include <array>
#include <vector>

#include "core/attach/attach.hpp"
#include "core/attach/container_facts.hpp"
#include "core/attach/relay.hpp"

namespace lxcx::core {

struct Streams {
  std::array<int, 3> inside{0, 1, 2};  ///< what the command gets
  int terminal = -1;                   ///< the pty's slave, if there is one
  UniqueFd master, slave, log;
  std::array<UniqueFd, 3> pipe_inside, pipe_outside;
  int size_from = -1;   ///< the caller's terminal
  bool is_raw = false;  ///< the caller's standard input is to be raw

  /// The directions to relay. Points into this; call it where it will stay.
  std::vector<Channel> channels();
  /// After the clone: the command's ends, so that their last close is the command's.
  void close_inside();
};

/// Opens /dev/null where the caller closed a standard stream, so that no other fd of ours gets that number; closed again with what is
/// returned. To be called first.
Result<std::vector<UniqueFd>> occupy_standard_streams(Kernel& kernel);

/// A directory among them leads out of the container, by openat(2). Errors: usage.
Result<void> refuse_directory_streams(Kernel& kernel);

/// `owner`: the host's uid of the command's user, who owns the pty. Errors: usage when a stream is a directory.
Result<Streams> prepare_streams(Kernel& kernel, Log& log, const ContainerFacts& facts, const EnterOptions& options, uid_t owner);

}  // namespace lxcx::core
