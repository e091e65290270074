// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"

namespace lxcx::storage {

/// A new user namespace with these maps, held by the fd alone. A process is made to hold it while the maps are written; it is gone on
/// return. Written directly, or where that is not permitted by newuidmap(1) and newgidmap(1). Safe with threads.
Result<Fd> make_user_namespace(std::span<const IdMap> map);

/// The user namespace at a path such as /proc/PID/ns/user. Errors: config when it is something else.
Result<Fd> open_user_namespace(const std::string& path);

}  // namespace lxcx::storage
