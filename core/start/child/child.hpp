// SPDX-License-Identifier: Apache-2.0
// The child's half of a start: from the clone to the exec of init. It works on a copy of the parent's context (fork(2)), reports over the sync
// socket and never returns.
#pragma once
#include <array>
#include <string_view>
#include <vector>

#include "core/base/step.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

/// Indexed by Namespace; empty where nothing is shared.
using SharedNamespaces = std::array<UniqueFd, 8>;

/// Opens lxc.namespace.share.*: a process id, a container's name, or a namespace file. Host side, before the clone.
Result<SharedNamespaces> open_shared_namespaces(StartContext& context);

[[noreturn]] void run_child(StartContext& context, UniqueFd sync, std::vector<UniqueFd> v1_tasks, SharedNamespaces shared);

std::size_t child_step_count();
std::string_view child_step_name(std::size_t index);

}  // namespace lxcx::core
