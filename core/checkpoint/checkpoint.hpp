// SPDX-License-Identifier: Apache-2.0
// Dumping a running container to a directory, and making it run again from there, through criu(8).
#pragma once
#include <string>

#include "core/container/host.hpp"
#include "core/start/start.hpp"

namespace lxcx::core {

struct DumpRequest {
  std::string name;
  std::string directory;          ///< absolute; made if it is not there, else it must be empty
  bool makes_parents = false;     ///< what it lies in is made, too
  bool stop = false;              ///< end the container once it is dumped; else it runs on
  bool pre_dump = false;          ///< the memory alone, while it runs: a later dump that names this directory as `previous` has less to write
  std::string previous;           ///< of a pre-dump, relative to `directory`; empty: none
  std::string action_script;      ///< absolute; criu runs it at every stage; empty: none
  bool verbose = false;           ///< criu's log tells all
};

/// Returns when the dump is whole and, with `stop`, the container has been taken down. Errors, before anything is touched: not_running;
/// busy (frozen, or run by LXC, or the directory is not empty); unsupported: criu is not there or does not work here, or the container has what criu
/// cannot dump, by key. After that: kernel, with the last errors of criu's log and where that is. A failed dump leaves that log alone.
Result<void> dump_container(Host& host, const ContainerPaths& paths, const DumpRequest& request);

struct RestoreRequest {
  std::string name;
  std::string directory;          ///< absolute
  bool foreground = false;
  bool reports_status = true;     ///< foreground: ends with init's status; false: with 0, as lxc-checkpoint does
  std::string action_script;
  bool verbose = false;
};

/// Returns once the container runs again (daemon), or when it has ended (foreground). Errors, before anything is touched: busy when it runs;
/// not_found when there is no checkpoint; denied when somebody else could have written it, since what it holds is run as it is; usage when it is
/// another container's; unsupported. After that: kernel, with the last errors of criu's log and where that is, and nothing else is left behind.
Result<StartOutcome> restore_container(Host& host, const ContainerPaths& paths, const RestoreRequest& request);

}  // namespace lxcx::core
