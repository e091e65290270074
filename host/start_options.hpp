// SPDX-License-Identifier: Apache-2.0
// What start and execute have in common.
#pragma once
#include <array>

#include "core/runtime.hpp"
#include "host/arguments.hpp"
#include "host/session.hpp"

namespace lxcx::host {

constexpr std::array<Option, 8> start_options{{
    {'f', "rcfile", "FILE", "Read the configuration from FILE; the container need not be defined.", Completes::file},
    {'s', "define", "KEY=VALUE", "Set a configuration item, after FILE has been read. May be repeated."},
    {0, "share-net", "NAME|PID", "Join that container's or process's network namespace.", Completes::container},
    {0, "share-ipc", "NAME|PID", "Join its IPC namespace.", Completes::container},
    {0, "share-uts", "NAME|PID", "Join its UTS namespace.", Completes::container},
    {0, "share-pid", "NAME|PID", "Join its PID namespace.", Completes::container},
    {0, "dry-run", "", "Validate everything, show the steps of the start and what each would do, and touch nothing."},
    {0, "trace-steps", "", "Show how long each step of the start took."},
}};

template <std::size_t N, std::size_t M>
constexpr std::array<Option, N + M> join(const std::array<Option, N>& first, const std::array<Option, M>& second) {
  std::array<Option, N + M> all{};
  for (std::size_t i = 0; i < N + M; ++i) all[i] = i < N ? first[i] : second[i - N];
  return all;
}

/// Name, command, configuration and overrides. Errors: usage.
Result<core::StartRequest> read_start_options(Session& session, const Arguments& arguments);

/// Runs the request, or shows its plan with --dry-run. Returns the exit status: in the foreground, that of the program.
Result<int> run_start(Session& session, const Arguments& arguments, core::StartRequest request);

}  // namespace lxcx::host
