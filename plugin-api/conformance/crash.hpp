// SPDX-License-Identifier: Apache-2.0
// Killing a process in the middle of a verb, at every point at which that can matter.
#pragma once
#include <functional>
#include <string>

#include "journal.hpp"
#include "requirement.hpp"

namespace lxcx::conformance {

/// For n = 1, 2, …: runs `act` in a child that is killed (SIGKILL) inside its n-th undo record, the last time right after `act` has returned;
/// then `recover` here, with the journal that the child left. Each round has a journal file of its own below `directory`.
Checked kill_at_every_record(const std::string& directory, const std::function<void(Journal&)>& act,
                             const std::function<Checked(Journal&, const std::string& when)>& recover);

}  // namespace lxcx::conformance
