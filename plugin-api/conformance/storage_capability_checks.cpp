// SPDX-License-Identifier: Apache-2.0
// S-8 … S-11, S-19 and S-20: the capabilities of a storage plugin. One that it lacks is skipped, and says so.
#include <array>

#include "crash.hpp"
#include "storage_bench.hpp"

namespace lxcx::conformance {

namespace {

std::unexpected<Objection> lacks(const std::string& capability) { return skipped("the plugin does not have the capability \"" + capability + "\""); }

using Duplicate = Result<std::string> (*)(StorageBench&, Call&, const Volume& from, const Volume& to);

Result<std::string> snapshot(StorageBench& bench, Call& call, const Volume& from, const Volume& to) {
  return core::snapshots_of(bench.storage())->snapshot(call, from, to);
}
Result<std::string> copy(StorageBench& bench, Call& call, const Volume& from, const Volume& to) {
  return core::copies_of(bench.storage())->copy(call, from, to);
}

Result<std::string> run(StorageBench& bench, const std::string& verb, Duplicate duplicate, const OwnVolume& from, const OwnVolume& to,
                        Journal* journal) {
  return run_verb(bench.subject(), verb, {journal}, [&](Call& call, core::HostCall&) { return duplicate(bench, call, from.view(), to.view()); });
}

Checked has_text(StorageBench& bench, const OwnVolume& volume, Journal* journal, const std::string& file, const std::string& text,
                 const std::string& otherwise) {
  return bench.in_volume(volume, journal, [&](const std::string& root) { return ensure(read_file_text(root + "/" + file) == text, otherwise); });
}

/// The duplicate has the origin's file; a write on either side is not seen on the other.
Checked stands_alone(Subject& subject, const std::string& verb, Duplicate duplicate, bool origin_goes_first) {
  StorageBench bench(subject);
  Journal from_journal(subject.scratch + "/from"), to_journal(subject.scratch + "/to");
  LXCX_TRY(from, bench.volume_with("c1", "file", &from_journal));
  OwnVolume to = bench.container("c2");
  LXCX_TRY(source, worked(subject, run(bench, verb, duplicate, from, to, &to_journal), verb));
  to.source = source;
  LXCX_CHECK(bench.in_volume(to, &to_journal, [&](const std::string& root) {
    if (read_file_text(root + "/file") != "c1") return Checked(failed("the " + verb + " lacks the origin's file"));
    return ensure(write_file(root + "/file", "changed"), "the " + verb + " cannot be written");
  }));
  LXCX_CHECK(has_text(bench, from, &from_journal, "file", "c1", "a write to the " + verb + " changed the origin"));
  LXCX_CHECK(has_text(bench, to, &to_journal, "file", "changed", "a write to the " + verb + " is not kept"));
  if (origin_goes_first) {
    LXCX_CHECK(worked(subject, bench.destroy(from, &from_journal), "destroy the origin"));
    LXCX_CHECK(has_text(bench, to, &to_journal, "file", "changed", "the copy does not outlive its origin"));
    return worked(subject, bench.destroy(to, &to_journal), "destroy the copy");
  }
  LXCX_CHECK(worked(subject, bench.destroy(to, &to_journal), "destroy the snapshot"));
  LXCX_CHECK(has_text(bench, from, &from_journal, "file", "c1", "destroying the snapshot hurt its origin"));
  return worked(subject, bench.destroy(from, &from_journal), "destroy the origin");
}

Checked snapshots_stand_alone(Subject& subject) {
  if (!core::has_verb(subject.table<lxcx_storage_ops>(), &lxcx_storage_ops::snapshot)) return lacks("snapshot");
  return stands_alone(subject, "snapshot", snapshot, false);
}

Checked copies_stand_alone(Subject& subject) {
  if (!core::has_verb(subject.table<lxcx_storage_ops>(), &lxcx_storage_ops::copy)) return lacks("copy");
  return stands_alone(subject, "copy", copy, true);
}

Checked measures(Subject& subject) {
  StorageBench bench(subject);
  Measured* measured = core::measured_of(bench.storage());
  if (measured == nullptr) return lacks("usage");
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "file", &journal));
  const auto used = [&] {
    return run_verb(subject, "usage", {&journal}, [&](Call& call, core::HostCall&) { return measured->usage(call, volume.view()); });
  };
  LXCX_TRY(before, worked(subject, used(), "usage"));
  LXCX_CHECK(bench.in_volume(volume, &journal,
                             [](const std::string& root) { return ensure(write_file(root + "/big", std::string(1 << 20, 'x')), "cannot write"); }));
  LXCX_TRY(after, worked(subject, used(), "usage"));
  LXCX_CHECK(ensure(after.used_bytes >= before.used_bytes + (1 << 19),
                    "1 MiB was written, usage went from " + std::to_string(before.used_bytes) + " to " + std::to_string(after.used_bytes)));
  return ensure(after.limit_bytes == 0 || after.limit_bytes >= after.used_bytes, "more is used than the limit allows");
}

Checked detects_its_own(Subject& subject) {
  StorageBench bench(subject);
  Detects* detects = dynamic_cast<Detects*>(&bench.storage());
  if (detects == nullptr) return lacks("detect");
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "file", &journal));
  const auto is_claimed = [&](std::string_view source) -> bool {
    const auto asked = run_verb(subject, "detect", {}, [&](Call& call, core::HostCall&) -> Result<bool> { return detects->detect(call, source); });
    return asked && *asked;
  };
  LXCX_CHECK(ensure(is_claimed(volume.source), "it does not recognise its own source '" + volume.source + "'"));
  for (const std::string_view foreign : {"", "lxcx:no such source", "/lxcx-no-such-file"})
    LXCX_CHECK(ensure(!is_claimed(foreign), "it claims the source '" + std::string(foreign) + "'"));
  return {};
}

Checked copy_can_be_cancelled(Subject& subject) {
  if (!core::has_verb(subject.table<lxcx_storage_ops>(), &lxcx_storage_ops::copy)) return lacks("copy");
  StorageBench bench(subject);
  Journal from_journal(subject.scratch + "/from"), to_journal(subject.scratch + "/to");
  LXCX_TRY(from, bench.volume_with("c1", "file", &from_journal));
  LXCX_CHECK(bench.in_volume(from, &from_journal, [](const std::string& root) -> Checked {
    for (int i = 0; i < 200; ++i)
      if (!write_file(root + "/file" + std::to_string(i), std::string(4096, 'x'))) return failed("cannot write");
    return {};
  }));
  const OwnVolume to = bench.container("c2");
  const auto before = bench.tree();
  subject.cancelled = true;
  const Result<std::string> copied = run(bench, "copy", copy, from, to, &to_journal);
  LXCX_CHECK(ensure(!copied, "a copy that was cancelled before it began ran to its end"));
  LXCX_CHECK(ensure(copied.error().code == Code::cancelled, "it fails, and not as `cancelled`: " + copied.error().message));
  const std::string difference = first_difference(before, bench.tree());
  return ensure(difference.empty(), "the cancelled copy left " + difference);
}

/// Core does not know the source of a volume that was being made: the plugin's records have to do.
Checked survives_a_kill(Subject& subject, const std::string& verb, Duplicate duplicate) {
  StorageBench bench(subject);
  Journal from_journal(subject.scratch + "/from-" + verb);
  LXCX_TRY(from, bench.volume_with("from-" + verb, "file", &from_journal));
  const OwnVolume to = bench.container("to-" + verb);
  const auto before = bench.tree();
  const auto act = [&](Journal& journal) { (void)run(bench, verb, duplicate, from, to, &journal); };
  return kill_at_every_record(subject.scratch, act, [&](Journal& journal, const std::string& when) -> Checked {
    LXCX_CHECK(worked(subject, bench.destroy(to, &journal), "destroy without a source, " + verb + " " + when));
    return same_tree(before, bench, verb + " " + when + ", then destroy without a source");
  });
}

Checked duplicates_survive_a_kill(Subject& subject) {
  const auto& table = subject.table<lxcx_storage_ops>();
  const bool has_copy = core::has_verb(table, &lxcx_storage_ops::copy), has_snapshot = core::has_verb(table, &lxcx_storage_ops::snapshot);
  if (!has_copy && !has_snapshot) return lacks("copy");
  if (has_copy) LXCX_CHECK(survives_a_kill(subject, "copy", copy));
  return has_snapshot ? survives_a_kill(subject, "snapshot", snapshot) : Checked{};
}

constexpr std::array requirements{
    Requirement{"S-8",
                "snapshot: the copy has the origin's files; a write on either side is not seen on the other; destroying it leaves the origin whole.",
                snapshots_stand_alone},
    Requirement{"S-9", "copy: as snapshot, and it outlives its origin.", copies_stand_alone},
    Requirement{"S-10", "usage grows by about what is written, and stays within its limit.", measures},
    Requirement{"S-11", "detect recognises the plugin's own sources and claims no nonsense.", detects_its_own},
    Requirement{"S-19", "A cancelled copy fails as `cancelled` and leaves nothing behind.", copy_can_be_cancelled},
    Requirement{"S-20", "A process killed in copy or snapshot: destroy with the same journal and without a source leaves nothing.",
                duplicates_survive_a_kill},
};

}  // namespace

std::span<const Requirement> storage_capability_requirements() { return requirements; }

}  // namespace lxcx::conformance
