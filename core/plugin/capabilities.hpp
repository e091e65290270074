// SPDX-License-Identifier: Apache-2.0
// Asking a plugin what it can do beyond its kind's required verbs. Null: it cannot.
#pragma once
#include "lxcx/network.hpp"
#include "lxcx/security.hpp"
#include "lxcx/storage.hpp"

namespace lxcx::core {

inline Snapshots* snapshots_of(Storage& storage) { return dynamic_cast<Snapshots*>(&storage); }
inline Copies* copies_of(Storage& storage) { return dynamic_cast<Copies*>(&storage); }
inline Measured* measured_of(Storage& storage) { return dynamic_cast<Measured*>(&storage); }
inline CountsTraffic* traffic_of(Network& network) { return dynamic_cast<CountsTraffic*>(&network); }
inline Unloads* unloads_of(Security& security) { return dynamic_cast<Unloads*>(&security); }

}  // namespace lxcx::core
