// SPDX-License-Identifier: Apache-2.0
// Doing what a plan says: a process for each container, as many at a time as may be.
#pragma once
#include <functional>

#include "core/autostart/plan.hpp"
#include "core/base/log.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// `act` does it for one container, in a process of its own. `on_done` hears of each as it ends; null: it was done. Single-threaded callers only.
/// Errors: none of a container, those go to `on_done`; of the machinery.
Result<void> run_autostart(Kernel& kernel, const std::vector<AutostartItem>& plan, unsigned jobs,
                           const std::function<Result<void>(const AutostartItem&)>& act,
                           const std::function<void(const AutostartItem&, const Error*)>& on_done);

}  // namespace lxcx::core
