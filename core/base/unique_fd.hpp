// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "lxcx/fd.hpp"

namespace lxcx::core {

using UniqueFd = Fd;

}  // namespace lxcx::core
