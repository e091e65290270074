// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <type_traits>
#include <utility>

#include "core/plugin/proxies.hpp"

namespace lxcx::core {

namespace {

using Ops = lxcx_storage_ops;

lxcx_volume lower_volume(const Volume& volume) {
  lxcx_volume v{};
  v.size = sizeof v;
  v.container = lower(volume.container);
  v.source = lower(volume.source);
  v.directory = lower(volume.directory);
  v.options = lower(volume.options);
  v.idmap = volume.idmap.data();
  v.idmap_count = volume.idmap.size();
  return v;
}

Result<void> outcome(const Call& call, lxcx_code returned) { return HostCall::of(call).outcome(returned); }

/// The "source" that a verb emitted since `before`; a plugin that emits none is at fault.
Result<std::string> emitted_source(const Call& call, lxcx_code returned, std::size_t before) {
  LXCX_CHECK(outcome(call, returned));
  const auto& results = HostCall::of(call).results;
  for (std::size_t i = results.size(); i > before; --i)
    if (results[i - 1].first == "source") return results[i - 1].second;
  return fail(Code::plugin, "the plugin made a volume but emitted no \"source\"", "this is a defect of the plugin [S-3]");
}

std::size_t emitted(const Call& call) { return HostCall::of(call).results.size(); }

class SnapshotsPart : public Snapshots {
 public:
  explicit SnapshotsPart(const Ops& ops) : ops_(ops) {}
  Result<std::string> snapshot(Call& call, const Volume& from, const Volume& to) override {
    const lxcx_volume a = lower_volume(from), b = lower_volume(to);
    const std::size_t before = emitted(call);
    return emitted_source(call, ops_.snapshot(call.raw(), &a, &b), before);
  }

 private:
  const Ops& ops_;
};

class CopiesPart : public Copies {
 public:
  explicit CopiesPart(const Ops& ops) : ops_(ops) {}
  Result<std::string> copy(Call& call, const Volume& from, const Volume& to) override {
    const lxcx_volume a = lower_volume(from), b = lower_volume(to);
    const std::size_t before = emitted(call);
    return emitted_source(call, ops_.copy(call.raw(), &a, &b), before);
  }

 private:
  const Ops& ops_;
};

class MeasuredPart : public Measured {
 public:
  explicit MeasuredPart(const Ops& ops) : ops_(ops) {}
  Result<StorageUsage> usage(Call& call, const Volume& volume) override {
    const lxcx_volume v = lower_volume(volume);
    StorageUsage usage;
    LXCX_CHECK(outcome(call, ops_.usage(call.raw(), &v, &usage.used_bytes, &usage.limit_bytes)));
    return usage;
  }

 private:
  const Ops& ops_;
};

class DetectsPart : public Detects {
 public:
  explicit DetectsPart(const Ops& ops) : ops_(ops) {}
  bool detect(Call& call, std::string_view source) override { return ops_.detect(call.raw(), lower(source)) == 1; }

 private:
  const Ops& ops_;
};

template <unsigned>
struct Without {
  explicit Without(const Ops&) {}
};

class RequiredVerbs : public Storage {
 public:
  explicit RequiredVerbs(const Ops& ops) : ops_(ops) {}
  Result<std::string> create(Call& call, const Volume& volume, std::uint64_t size_bytes) override {
    const lxcx_volume v = lower_volume(volume);
    const std::size_t before = emitted(call);
    return emitted_source(call, ops_.create(call.raw(), &v, size_bytes), before);
  }
  Result<void> destroy(Call& call, const Volume& volume) override {
    const lxcx_volume v = lower_volume(volume);
    return outcome(call, ops_.destroy(call.raw(), &v));
  }
  Result<int> attach(Call& call, const Volume& volume) override {
    const lxcx_volume v = lower_volume(volume);
    int fd = -1;
    LXCX_CHECK(outcome(call, ops_.attach(call.raw(), &v, &fd)));
    if (fd >= 0) return fd;
    return fail(Code::plugin, "the plugin attached a volume but returned no mount", "this is a defect of the plugin [S-5]");
  }
  Result<void> detach(Call& call, const Volume& volume) override {
    const lxcx_volume v = lower_volume(volume);
    return outcome(call, ops_.detach(call.raw(), &v));
  }

 private:
  const Ops& ops_;
};

enum Part : unsigned {
  snapshots = 1,
  copies = 2,
  measured = 4,
  detects = 8,
  part_sets = 16
};

template <unsigned parts, unsigned part, class Class>
using PartIf = std::conditional_t<(parts & part) != 0, Class, Without<part>>;

template <unsigned parts>
class StorageProxy final : public RequiredVerbs,
                           public PartIf<parts, snapshots, SnapshotsPart>,
                           public PartIf<parts, copies, CopiesPart>,
                           public PartIf<parts, measured, MeasuredPart>,
                           public PartIf<parts, detects, DetectsPart> {
 public:
  explicit StorageProxy(const Ops& ops)
      : RequiredVerbs(ops),
        PartIf<parts, snapshots, SnapshotsPart>(ops),
        PartIf<parts, copies, CopiesPart>(ops),
        PartIf<parts, measured, MeasuredPart>(ops),
        PartIf<parts, detects, DetectsPart>(ops) {}
};

template <unsigned parts>
std::unique_ptr<Storage> make(const Ops& ops) {
  return std::make_unique<StorageProxy<parts>>(ops);
}

template <unsigned... parts>
constexpr auto makers_for(std::integer_sequence<unsigned, parts...>) {
  return std::array{make<parts>...};
}
constexpr auto makers = makers_for(std::make_integer_sequence<unsigned, part_sets>{});

}  // namespace

std::unique_ptr<Storage> make_proxy(const lxcx_storage_ops& ops) {
  unsigned parts = 0;
  if (has_verb(ops, &Ops::snapshot)) parts |= snapshots;
  if (has_verb(ops, &Ops::copy)) parts |= copies;
  if (has_verb(ops, &Ops::usage)) parts |= measured;
  if (has_verb(ops, &Ops::detect)) parts |= detects;
  return makers[parts](ops);
}

std::vector<std::string_view> missing_verbs(const lxcx_storage_ops& ops) {
  std::vector<std::string_view> missing;
  if (!has_verb(ops, &Ops::create)) missing.emplace_back("create");
  if (!has_verb(ops, &Ops::destroy)) missing.emplace_back("destroy");
  if (!has_verb(ops, &Ops::attach)) missing.emplace_back("attach");
  if (!has_verb(ops, &Ops::detach)) missing.emplace_back("detach");
  return missing;
}

}  // namespace lxcx::core
