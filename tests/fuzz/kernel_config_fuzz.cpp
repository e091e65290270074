// SPDX-License-Identifier: Apache-2.0
// Any bytes as a kernel's configuration: unpacked within the limit, or refused.
#include <cstdint>
#include <cstdlib>

#include "core/doctor/kernel_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const lxcx::Result<std::string> text = lxcx::core::gunzip(bytes);
  if (!text && text.error().message.empty()) std::abort();
  if (text && !bytes.starts_with("\x1f\x8b") && *text != bytes) std::abort();
  if (text && lxcx::core::KernelConfig{"", *text}.has("CONFIG_VETH") && text->find("CONFIG_VETH=") == text->npos) std::abort();
  return 0;
}
