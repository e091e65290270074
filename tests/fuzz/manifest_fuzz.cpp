// SPDX-License-Identifier: Apache-2.0
// Any bytes are a manifest or an error with a hint; what is accepted is safe to show and to use as a file name. The same bytes as the head of a
// library never make the ELF check read beyond them.
#include <cstdint>
#include <cstdlib>

#include "core/plugin/elf.hpp"
#include "core/plugin/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto manifest = lxcx::core::parse_manifest(bytes, "/fuzz/lib/lxcx/plugins.d/x.json");
  if (!manifest && (manifest.error().message.empty() || manifest.error().hint.empty())) std::abort();
  if (manifest) {
    if (!lxcx::core::is_plugin_name(manifest->name) || manifest->library_path.empty() || manifest->library_path.front() != '/') std::abort();
    for (const char c : manifest->summary)
      if (static_cast<unsigned char>(c) < 0x20) std::abort();
  }
  (void)lxcx::core::check_elf(bytes, size, "/fuzz/x.so");
  return 0;
}
