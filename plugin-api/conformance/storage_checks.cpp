// SPDX-License-Identifier: Apache-2.0
// S-1 … S-7: the verbs that every storage plugin has.
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "crash.hpp"
#include "storage_bench.hpp"

namespace lxcx::conformance {

namespace {

/// Entries that are not the file system's own.
std::vector<std::string> contents(const std::string& root) {
  std::vector<std::string> lines = tree_of(root);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("lost+found"); });
  return lines;
}

Checked creates_an_empty_volume(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  OwnVolume volume = bench.container("c1");
  LXCX_TRY(source, worked(subject, bench.create(volume, &journal), "create"));
  LXCX_CHECK(ensure(!source.empty() && source.find('\n') == std::string::npos, "the emitted source is empty or has a line break"));
  volume.source = source;
  return bench.in_volume(volume, &journal, [](const std::string& root) {
    const std::vector<std::string> found = contents(root);
    return ensure(found.empty(), "the new volume is not empty: " + (found.empty() ? std::string() : found.front()));
  });
}

Checked create_refuses_a_used_volume(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "precious", &journal));
  OwnVolume again = bench.container("c1");
  Journal fresh(subject.scratch + "/fresh");
  const auto before = bench.tree();
  const Result<std::string> created = bench.create(again, &fresh);
  LXCX_CHECK(ensure(!created, "a second create of a volume with files in it succeeded"));
  LXCX_CHECK(ensure(created.error().code == Code::busy,
                    "the error is not `busy` but code " + std::to_string(static_cast<int>(created.error().code)) + ": " + created.error().message));
  LXCX_CHECK(same_tree(before, bench, "after the refused create"));
  return bench.in_volume(volume, &journal,
                         [](const std::string& root) { return ensure(read_file_text(root + "/precious") == "c1", "the file in it is gone"); });
}

Checked create_repeats_on_an_empty_volume(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  const OwnVolume volume = bench.container("c1");
  LXCX_TRY(first, worked(subject, bench.create(volume, &journal), "create"));
  const Result<std::string> second = bench.create(volume, &journal);
  if (second) return ensure(*second == first, "the second create emits '" + *second + "', the first '" + first + "'");
  return ensure(second.error().code == Code::busy, "the second create fails, and not as `busy`: " + second.error().message);
}

Checked failed_create_leaves_nothing(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  OwnVolume nowhere{"c1", bench.containers() + "/missing/c1", {}, {}};
  const auto before = bench.tree();
  const Result<std::string> created = bench.create(nowhere, &journal);
  if (!created) return same_tree(before, bench, "after the failed create");
  nowhere.source = *created;
  LXCX_CHECK(worked(subject, bench.destroy(nowhere, &journal), "destroy"));
  return skipped("create does not need the container's directory, so it could not be made to fail");
}

Checked destroys_what_it_made(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  (void)bench.container("c1");
  const auto before = bench.tree();
  LXCX_TRY(volume, bench.volume_with("c1", "file", &journal));
  LXCX_CHECK(worked(subject, bench.destroy(volume, &journal), "destroy"));
  LXCX_CHECK(same_tree(before, bench, "after destroy"));
  LXCX_CHECK(worked(subject, bench.destroy(volume, &journal), "a second destroy"));
  return same_tree(before, bench, "after the second destroy");
}

Checked spares_what_it_did_not_make(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  OwnVolume volume = bench.container("c1");
  volume.source = subject.scratch + "/foreign";
  ::mkdir(volume.source.c_str(), 0755);
  if (!write_file(volume.source + "/precious", "yes")) return failed("cannot write to the scratch directory");
  (void)bench.destroy(volume, &journal);  // refusing and leaving are both right
  return ensure(read_file_text(volume.source + "/precious") == "yes", "destroy removed files of a directory that create did not make");
}

Checked attaches_a_detached_mount(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "file", &journal));
  LXCX_TRY(fd, worked(subject, bench.attach(volume, &journal), "attach"));
  LXCX_CHECK(ensure((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0, "the mount's fd is not close-on-exec"));
  struct statx status{};
  if (::syscall(SYS_statx, fd.get(), "", AT_EMPTY_PATH, 0U, &status) != 0) return failed("statx of the mount's fd fails");
  LXCX_CHECK(ensure(S_ISDIR(status.stx_mode), "the attached volume's root is no directory"));
  LXCX_CHECK(
      ensure((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0, "the fd is not the root of a mount: lxcx could not move it into a container"));
  const std::string root = "/proc/self/fd/" + std::to_string(fd.get());
  LXCX_CHECK(ensure(read_file_text(root + "/file") == "c1", "what was written in one attachment is not seen in the next"));
  fd.reset();
  return worked(subject, bench.detach(volume, &journal), "detach");
}

Checked attach_of_nothing_is_not_found(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "file", &journal));
  LXCX_CHECK(worked(subject, bench.destroy(volume, &journal), "destroy"));
  const Result<core::UniqueFd> attached = bench.attach(volume, &journal);
  LXCX_CHECK(ensure(!attached, "a destroyed volume was attached"));
  return ensure(attached.error().code == Code::not_found,
                "the error is not `not_found` but code " + std::to_string(static_cast<int>(attached.error().code)) + ": " + attached.error().message);
}

Checked detaches_twice(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "file", &journal));
  const World before = World::take();
  const auto files = bench.tree();
  {
    LXCX_TRY(fd, worked(subject, bench.attach(volume, &journal), "attach"));
  }
  LXCX_CHECK(worked(subject, bench.detach(volume, &journal), "detach"));
  LXCX_CHECK(worked(subject, bench.detach(volume, &journal), "a second detach"));
  const auto changes = before.changes_until_now();
  LXCX_CHECK(ensure(changes.empty(), changes.empty() ? "" : "after detach: " + changes.front()));
  return same_tree(files, bench, "after detach");
}

Checked survives_a_kill_in_create(Subject& subject) {
  StorageBench bench(subject);
  OwnVolume volume = bench.container("c1");
  const auto before = bench.tree();
  const auto act = [&](Journal& journal) { (void)bench.create(volume, &journal); };
  return kill_at_every_record(subject.scratch, act, [&](Journal& journal, const std::string& when) -> Checked {
    LXCX_TRY(source, worked(subject, bench.create(volume, &journal), "create again, " + when));
    volume.source = source;
    LXCX_CHECK(worked(subject, bench.destroy(volume, &journal), "destroy, " + when));
    volume.source.clear();
    return same_tree(before, bench, "create " + when + ", created again and destroyed");
  });
}

Checked survives_a_kill_in_attach(Subject& subject) {
  StorageBench bench(subject);
  Journal made(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "file", &made));
  const auto before = bench.tree();
  const World world = World::take();
  const auto act = [&](Journal& journal) { (void)bench.attach(volume, &journal); };
  return kill_at_every_record(subject.scratch, act, [&](Journal& journal, const std::string& when) -> Checked {
    LXCX_CHECK(worked(subject, bench.detach(volume, &journal), "detach, " + when));
    const auto changes = world.changes_until_now();
    LXCX_CHECK(ensure(changes.empty(), changes.empty() ? "" : "attach " + when + ", then detach: " + changes.front()));
    return same_tree(before, bench, "attach " + when + ", then detach");
  });
}

Checked refuses_unknown_options(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  LXCX_TRY(volume, bench.volume_with("c1", "file", &journal));
  volume.options = "lxcx-no-such-option";
  const Result<core::UniqueFd> attached = bench.attach(volume, &journal);
  return ensure(!attached, "lxc.rootfs.options = lxcx-no-such-option was ignored");
}

Checked size_is_kept_or_refused(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  OwnVolume volume = bench.container("c1");
  const auto before = bench.tree();
  constexpr std::uint64_t size = 64 * 1024 * 1024;
  const Result<std::string> created = bench.create(volume, &journal, size);
  if (!created) {
    LXCX_CHECK(ensure(created.error().code == Code::unsupported, "the error is not `unsupported`: " + created.error().message));
    return same_tree(before, bench, "after the refused create");
  }
  volume.source = *created;
  return bench.in_volume(volume, &journal, [&](const std::string& root) {
    struct statfs status{};
    if (::statfs(root.c_str(), &status) != 0) return Checked(failed("statfs fails"));
    const std::uint64_t total = static_cast<std::uint64_t>(status.f_blocks) * static_cast<std::uint64_t>(status.f_frsize);
    return ensure(total <= size + size / 4, "asked for " + std::to_string(size) + " bytes, the volume holds " + std::to_string(total));
  });
}

Checked honours_cancellation(Subject& subject) {
  StorageBench bench(subject);
  Journal journal(subject.scratch + "/journal");
  const OwnVolume volume = bench.container("c1");
  const auto before = bench.tree();
  subject.cancelled = true;
  const Result<std::string> created = bench.create(volume, &journal);
  if (created) return {};  // it had finished before it asked
  LXCX_CHECK(ensure(created.error().code == Code::cancelled, "create of a cancelled call fails, and not as `cancelled`: " + created.error().message));
  return same_tree(before, bench, "after the cancelled create");
}

constexpr std::array requirements{
    Requirement{"S-1", "create makes an empty volume and emits its source; attach shows it as an empty directory.", creates_an_empty_volume},
    Requirement{"S-2", "create of a volume that has files in it is refused as `busy` and touches nothing.", create_refuses_a_used_volume},
    Requirement{"S-3", "create that fails leaves nothing behind.", failed_create_leaves_nothing},
    Requirement{"S-4", "destroy removes all that create made and was put in since; what is gone already is no error.", destroys_what_it_made},
    Requirement{"S-5", "attach returns the close-on-exec fd of a detached mount of the volume's root; what is written there stays in the volume.",
                attaches_a_detached_mount},
    Requirement{"S-6", "detach undoes attach; a second one, or one without attach, is no error.", detaches_twice},
    Requirement{"S-7", "A process killed in create: create with the same journal completes, and destroy then leaves nothing.",
                survives_a_kill_in_create},
    Requirement{"S-12", "create repeated on a volume that is empty emits the same source, or is `busy`.", create_repeats_on_an_empty_volume},
    Requirement{"S-13", "destroy never removes what create did not make.", spares_what_it_did_not_make},
    Requirement{"S-14", "attach of a volume that has been destroyed fails as `not_found`.", attach_of_nothing_is_not_found},
    Requirement{"S-15", "A process killed in attach: detach in another one, with the journal, leaves nothing.", survives_a_kill_in_attach},
    Requirement{"S-16", "A word of lxc.rootfs.options that means nothing to the plugin is refused, never ignored.", refuses_unknown_options},
    Requirement{"S-17", "A size given to create is kept, or refused as `unsupported` with nothing left behind.", size_is_kept_or_refused},
    Requirement{"S-18", "A cancelled create has finished, or fails as `cancelled` and leaves nothing behind.", honours_cancellation},
};

}  // namespace

std::span<const Requirement> storage_requirements() { return requirements; }

}  // namespace lxcx::conformance
