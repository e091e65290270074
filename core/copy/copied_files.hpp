// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/copy/copied_config.hpp"

namespace lxcx::core {

/// The files that lie beside the origin's configuration and are named in it, with their owners and modes, under the same names beside the new one.
/// Neither side's symbolic links are followed.
Result<void> copy_files(Host& host, const ContainerPaths& from, int to_directory, const CopiedConfig& copied);

}  // namespace lxcx::core
