// SPDX-License-Identifier: Apache-2.0
// One event as one line of JSON.
#pragma once
#include <ctime>
#include <string>
#include <string_view>

#include "lxcx/hook.hpp"

namespace lxcx::audit {

/// A JSON string, quotes included, for any bytes: what is not UTF-8 becomes U+FFFD (RFC 8259 knows no other text).
std::string json_string(std::string_view bytes);

/// RFC 3339, UTC, milliseconds: "2026-11-23T09:08:07.006Z".
std::string json_time(const timespec& time);

/// Ends with a newline. Fields that say nothing are left out.
std::string record(const Event& event, const timespec& time);

}  // namespace lxcx::audit
