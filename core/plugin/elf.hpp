// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::core {

/// Bytes of a file's beginning that check_elf wants to see.
constexpr std::size_t elf_head_size = 64 * 1024;

/// Says why a file cannot be a library for this process, before the dynamic linker maps it: dlopen(3) trusts the program headers, and a
/// truncated file ends in SIGBUS. Pure; total for any bytes. Errors: plugin.
Result<void> check_elf(std::string_view head, std::uint64_t file_size, const std::string& path);

}  // namespace lxcx::core
