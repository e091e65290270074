// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/stat.h>

#include <span>
#include <string>

#include "layers.hpp"
#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"
#include "storage-common/mount_options.hpp"

namespace lxcx::overlay {

/// How the kernel is told of the layers: descriptors (Linux 6.13), one string each (6.8), or one string for all (5.2).
enum class LayerForm {
  descriptors,
  strings,
  joined
};

/// A detached overlay of layers that all exist. Options that are the mount's own are not applied here; those of the superblock and of
/// overlayfs are. With options.idmap every lower is id-mapped below the overlay, which takes descriptors. `first` is the form tried first;
/// older ones follow when the kernel does not know it. What the kernel says about a failure is in the error.
Result<Fd> mount_overlay(const Layers& layers, const storage::MountOptions& options, std::span<const IdMap> map,
                         LayerForm first = LayerForm::descriptors);

/// A lower's own attributes, with the owner that the overlay will show. Errors: not_found, naming it.
Result<struct stat> stat_lower(const std::string& path, const std::string& idmap, std::span<const IdMap> map);

}  // namespace lxcx::overlay
