// SPDX-License-Identifier: Apache-2.0
// The plugin's side of the boundary: turns a C++ class into the C table. End a plugin's main file with, for instance,
//
//   LXCX_PLUGIN(storage, Dir, "dir", "1.0.0", "A plain directory; needs nothing, works everywhere", "Apache-2.0");
//
// A C++ exception that leaves a verb becomes an error; nothing else crosses.
#pragma once
#include <concepts>
#include <exception>

#include "lxcx/hook.hpp"
#include "lxcx/network.hpp"
#include "lxcx/security.hpp"
#include "lxcx/storage.hpp"
#include "lxcx/template.hpp"

namespace lxcx::thunk {

inline std::span<const IdMap> lift_maps(const lxcx_idmap* maps, std::size_t count) { return {maps, maps ? count : 0}; }
inline std::vector<std::string_view> lift_list(const lxcx_str* texts, std::size_t count) {
  std::vector<std::string_view> all;
  for (std::size_t i = 0; texts && i < count; ++i) all.push_back(lxcx::lift(texts[i]));
  return all;
}
inline Volume lift(const lxcx_volume& v) {
  return {lxcx::lift(v.container), lxcx::lift(v.source), lxcx::lift(v.directory), lxcx::lift(v.options), lift_maps(v.idmap, v.idmap_count)};
}
inline Nic lift(const lxcx_nic& n) { return {lxcx::lift(n.container), lxcx::lift(n.type), n.index, n.netns_fd}; }
inline Build lift(const lxcx_build& b) {
  return {lxcx::lift(b.container),   lxcx::lift(b.directory),           lxcx::lift(b.rootfs),
          lxcx::lift(b.config_path), lift_maps(b.idmap, b.idmap_count), lift_list(b.args, b.arg_count)};
}
inline Confinement lift(const lxcx_confinement& c) { return {lxcx::lift(c.container), lxcx::lift(c.directory), lift_maps(c.idmap, c.idmap_count)}; }
inline Event lift(const lxcx_event& e) {
  Event event;
  event.id = static_cast<lxcx_event_id>(e.id);
  event.name = lxcx::lift(e.name);
  event.section = lxcx::lift(e.section);
  event.container = lxcx::lift(e.container);
  event.lxcpath = lxcx::lift(e.lxcpath);
  event.config_path = lxcx::lift(e.config_path);
  event.rootfs_path = lxcx::lift(e.rootfs_path);
  event.rootfs_mount = lxcx::lift(e.rootfs_mount);
  event.target = lxcx::lift(e.target);
  event.pid = e.pid;
  event.nic_index = e.nic_index;
  event.hook_version = e.hook_version;
  event.args = lift_list(e.args, e.arg_count);
  event.environment = lift_list(e.environment, e.environment_count);
  return event;
}

/// Runs `body`; an error or an escaping exception ends here and is emitted to the host.
template <class Body>
lxcx_code guarded(lxcx_call* raw, Body body) noexcept {
  const auto emit = [raw](lxcx_code code, int sys_errno, std::string_view message, std::string_view hint) {
    return raw->ops->fail(raw, code, sys_errno, lower(message), lower(hint));
  };
  try {
    Call call(raw);
    const Result<void> done = body(call);
    if (done) return LXCX_OK;
    const Error& e = done.error();
    std::string message;
    for (auto it = e.context.rbegin(); it != e.context.rend(); ++it) message += *it + ": ";
    if (e.where) message += e.where->file + ":" + std::to_string(e.where->line) + ":" + std::to_string(e.where->column) + ": ";
    message += e.message;
    if (!e.details.empty()) message += "\n" + e.details;
    return emit(static_cast<lxcx_code>(e.code), e.sys_errno, message, e.hint);
  } catch (const std::exception& e) {
    return emit(LXCX_PLUGIN, 0, e.what(), {});
  } catch (...) {
    return emit(LXCX_PLUGIN, 0, "threw something that is not a std::exception", {});
  }
}

template <class T>
T& self() {
  static T plugin;
  return plugin;
}

template <class T>
Result<void> emit_source(Call& call, T source) {
  if (!source) return std::unexpected(std::move(source).error());
  call.result("source", *source);
  return {};
}

template <class T>
struct Table;

template <std::derived_from<Storage> T>
struct Table<T> {
  static lxcx_code create(lxcx_call* c, const lxcx_volume* v, std::uint64_t size_bytes) {
    return guarded(c, [&](Call& call) { return emit_source(call, self<T>().create(call, lift(*v), size_bytes)); });
  }
  static lxcx_code destroy(lxcx_call* c, const lxcx_volume* v) {
    return guarded(c, [&](Call& call) { return self<T>().destroy(call, lift(*v)); });
  }
  static lxcx_code attach(lxcx_call* c, const lxcx_volume* v, int* mount_fd) {
    return guarded(c, [&](Call& call) -> Result<void> {
      const Result<int> fd = self<T>().attach(call, lift(*v));
      if (!fd) return std::unexpected(fd.error());
      *mount_fd = *fd;
      return {};
    });
  }
  static lxcx_code detach(lxcx_call* c, const lxcx_volume* v) {
    return guarded(c, [&](Call& call) { return self<T>().detach(call, lift(*v)); });
  }
  static lxcx_code snapshot(lxcx_call* c, const lxcx_volume* from, const lxcx_volume* to) {
    if constexpr (std::derived_from<T, Snapshots>)
      return guarded(c, [&](Call& call) { return emit_source(call, self<T>().snapshot(call, lift(*from), lift(*to))); });
    return LXCX_UNSUPPORTED;
  }
  static lxcx_code copy(lxcx_call* c, const lxcx_volume* from, const lxcx_volume* to) {
    if constexpr (std::derived_from<T, Copies>)
      return guarded(c, [&](Call& call) { return emit_source(call, self<T>().copy(call, lift(*from), lift(*to))); });
    return LXCX_UNSUPPORTED;
  }
  static lxcx_code usage(lxcx_call* c, const lxcx_volume* v, std::uint64_t* used, std::uint64_t* limit) {
    if constexpr (std::derived_from<T, Measured>)
      return guarded(c, [&](Call& call) -> Result<void> {
        const Result<StorageUsage> usage = self<T>().usage(call, lift(*v));
        if (!usage) return std::unexpected(usage.error());
        *used = usage->used_bytes;
        *limit = usage->limit_bytes;
        return {};
      });
    return LXCX_UNSUPPORTED;
  }
  static int detect(lxcx_call* c, lxcx_str source) {
    bool mine = false;
    if constexpr (std::derived_from<T, Detects>)
      guarded(c, [&](Call& call) -> Result<void> {
        mine = self<T>().detect(call, lxcx::lift(source));
        return {};
      });
    return mine ? 1 : 0;
  }
  static constexpr lxcx_storage_ops ops{sizeof(lxcx_storage_ops),
                                        0,
                                        create,
                                        destroy,
                                        attach,
                                        detach,
                                        std::derived_from<T, Snapshots> ? snapshot : nullptr,
                                        std::derived_from<T, Copies> ? copy : nullptr,
                                        std::derived_from<T, Measured> ? usage : nullptr,
                                        std::derived_from<T, Detects> ? detect : nullptr};
};

template <std::derived_from<Network> T>
struct Table<T> {
  static lxcx_code validate(lxcx_call* c, const lxcx_nic* n) {
    return guarded(c, [&](Call& call) { return self<T>().validate(call, lift(*n)); });
  }
  static lxcx_code connect(lxcx_call* c, const lxcx_nic* n) {
    return guarded(c, [&](Call& call) { return self<T>().connect(call, lift(*n)); });
  }
  static lxcx_code disconnect(lxcx_call* c, const lxcx_nic* n) {
    return guarded(c, [&](Call& call) { return self<T>().disconnect(call, lift(*n)); });
  }
  static lxcx_code statistics(lxcx_call* c, const lxcx_nic* n, lxcx_nic_statistics* out) {
    if constexpr (std::derived_from<T, CountsTraffic>)
      return guarded(c, [&](Call& call) -> Result<void> {
        const Result<NicStatistics> counted = self<T>().statistics(call, lift(*n));
        if (!counted) return std::unexpected(counted.error());
        out->rx_bytes = counted->rx_bytes;
        out->tx_bytes = counted->tx_bytes;
        return {};
      });
    return LXCX_UNSUPPORTED;
  }
  static constexpr lxcx_network_ops ops{
      sizeof(lxcx_network_ops), 0, validate, connect, disconnect, std::derived_from<T, CountsTraffic> ? statistics : nullptr};
};

template <std::derived_from<Template> T>
struct Table<T> {
  static lxcx_code build(lxcx_call* c, const lxcx_build* b) {
    return guarded(c, [&](Call& call) { return self<T>().build(call, lift(*b)); });
  }
  static lxcx_code options(lxcx_call* c, const lxcx_build* b) {
    return guarded(c, [&](Call& call) { return self<T>().options(call, lift(*b)); });
  }
  static constexpr lxcx_template_ops ops{sizeof(lxcx_template_ops), 0, build, options};
};

template <std::derived_from<Security> T>
struct Table<T> {
  static lxcx_code validate(lxcx_call* c, const lxcx_confinement* x) {
    return guarded(c, [&](Call& call) { return self<T>().validate(call, lift(*x)); });
  }
  static lxcx_code compile(lxcx_call* c, const lxcx_confinement* x) {
    return guarded(c, [&](Call& call) { return self<T>().compile(call, lift(*x)); });
  }
  static lxcx_code unload(lxcx_call* c, const lxcx_confinement* x) {
    if constexpr (std::derived_from<T, Unloads>) return guarded(c, [&](Call& call) { return self<T>().unload(call, lift(*x)); });
    return LXCX_UNSUPPORTED;
  }
  static constexpr lxcx_security_ops ops{sizeof(lxcx_security_ops), 0, validate, compile, std::derived_from<T, Unloads> ? unload : nullptr};
};

template <std::derived_from<Hook> T>
struct Table<T> {
  static lxcx_code run(lxcx_call* c, const lxcx_event* e) {
    return guarded(c, [&](Call& call) { return self<T>().run(call, lift(*e)); });
  }
  static lxcx_code validate(lxcx_call* c, const lxcx_event* e) {
    return guarded(c, [&](Call& call) { return self<T>().validate(call, lift(*e)); });
  }
  static constexpr lxcx_hook_ops ops{sizeof(lxcx_hook_ops), 0, T::wants, run, validate};
};

}  // namespace lxcx::thunk

/// Exports `Class` as the plugin (Kind, Name). Kind is one of: storage network template security hook, and `Class` derives from that
/// kind's interface. Once in a plugin, at namespace scope.
#define LXCX_PLUGIN(Kind, Class, Name, Version, Summary, License)                     \
  extern "C" [[gnu::visibility("default")]] const lxcx_plugin_descriptor lxcx_plugin; \
  const lxcx_plugin_descriptor lxcx_plugin = {                                        \
      sizeof(lxcx_plugin_descriptor), LXCX_ABI_MAJOR, LXCX_ABI_MINOR, #Kind, Name, Version, Summary, License, &lxcx::thunk::Table<Class>::ops}
