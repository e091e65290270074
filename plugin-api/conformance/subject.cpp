// SPDX-License-Identifier: Apache-2.0
#include "subject.hpp"

#include <fcntl.h>

#include <algorithm>

#include "core/kernel/files.hpp"
#include "core/plugin/agreement.hpp"
#include "core/plugin/loader.hpp"
#include "core/plugin/settings_check.hpp"

namespace lxcx::conformance {

Result<void> Subject::identify() {
  if (!core::real_kernel().faccessat(AT_FDCWD, options.library.c_str(), R_OK, 0))
    return fail(Code::not_found, "there is no readable file '" + options.library + "'", "name the plugin's library, as its build made it");
  if (options.manifest_path.empty()) {
    return fail(Code::not_found, "no manifest was found for '" + options.library + "'",
                "name it with --manifest FILE; a plugin without one cannot be found by lxcx");
  }
  LXCX_TRY(text, core::read_file(core::real_kernel(), AT_FDCWD, options.manifest_path.c_str(), 256 * 1024));
  LXCX_TRY(parsed, core::parse_manifest(text, options.manifest_path));
  parsed.library_path = options.library;
  kind = parsed.kind;
  manifest = std::move(parsed);
  return core::check_settings(*manifest, options.settings);
}

Result<void> Subject::load() {
  core::Kernel& kernel = core::real_kernel();
  LXCX_TRY(file, kernel.openat(AT_FDCWD, options.library.c_str(), O_RDONLY));
  LXCX_TRY(found, core::load_library(kernel, std::move(file), options.library));
  LXCX_CHECK(core::check_descriptor(*found, options.library));
  const Result<core::Kind> own_kind = core::parse_kind(found->kind);
  if (!own_kind || *own_kind != kind)
    return fail(Code::plugin, std::string("the library is a ") + found->kind + " plugin, its manifest says " + std::string(core::kind_name(kind)));
  descriptor = found;
  return {};
}

bool Subject::is_given(std::string_view setting) const {
  return std::ranges::any_of(options.settings, [setting](const core::Setting& each) { return each.key == setting; });
}

Objection objection_of(const Subject& subject, const Error& error, const std::string& what) {
  std::string text = what + ": " + error.message;
  if (error.sys_errno != 0) text += std::string(" (errno ") + std::to_string(error.sys_errno) + ")";
  const bool lacks_right = !subject.is_real_root && error.code == Code::denied;
  if (lacks_right) text += "; run lxcx-plugin-check as root to check this";
  return {lacks_right || error.code == Code::unsupported, std::move(text)};
}

}  // namespace lxcx::conformance
