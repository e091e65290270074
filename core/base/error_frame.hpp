// SPDX-License-Identifier: Apache-2.0
// An Error as bytes, so that a forked child's failure reaches the user whole.
#pragma once
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::core {

std::string pack_error(const Error& error);
/// Total: bytes that are no packed error become an internal Error that says so.
Error unpack_error(std::string_view bytes);

}  // namespace lxcx::core
