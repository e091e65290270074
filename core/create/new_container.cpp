// SPDX-License-Identifier: Apache-2.0
#include "core/create/new_container.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "core/kernel/files.hpp"
#include "core/start/context.hpp"
#include "core/stop/remove.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {
namespace {

HostCall::Inputs call_inputs(Host& host, const NewVolume& volume, RecordStore* records) {
  HostCall::Inputs inputs;
  inputs.log = &host.log;
  inputs.who = "storage '" + volume.storage_name + "'";
  inputs.settings = volume.settings;
  inputs.records = records;
  inputs.progress = volume.progress;
  return inputs;
}

Result<void> refuse_taken(Host& host, const ContainerPaths& paths) {
  if (runs_under_lxc(paths)) return fail(Code::busy, "'" + paths.name + "' is running under LXC");
  if (host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0))
    return fail(Code::busy, "the container '" + paths.name + "' exists already", "pick another name, or destroy it first");
  const Result<UniqueFd> directory = host.kernel.openat(AT_FDCWD, paths.directory().c_str(), O_RDONLY | O_DIRECTORY);
  if (!directory) return {};
  LXCX_TRY(names, host.kernel.getdents(directory->get()));
  if (names.empty()) return {};
  return fail(Code::busy, "'" + paths.directory() + "' exists and is not empty", "it is no container; move it away or pick another name");
}

/// What an earlier creation left when it was killed is taken back first; everything else that stands there is refused.
Result<void> clear_the_way(Host& host, const ContainerPaths& paths) {
  LXCX_TRY(creation, creation_of(host.kernel, paths));
  if (creation == Creation::going_on) return fail(Code::busy, "'" + paths.name + "' is being created by another process");
  if (creation == Creation::cut_short) {
    host.log.warn("an earlier creation of '" + paths.name + "' was cut short: what it left is removed");
    LXCX_CHECK(doing(remove_unfinished(host, paths), "remove what an earlier creation left"));
  }
  return refuse_taken(host, paths);
}

/// What another process needs to take this creation back: the volume is named before it is made.
Result<void> announce_volume(Journal& partial, const NewVolume& volume) {
  LXCX_CHECK(partial.append(create_scope, "storage", volume.storage_name));
  LXCX_CHECK(partial.append(create_scope, "size", std::to_string(volume.size_bytes)));
  if (volume.is_duplicate) LXCX_CHECK(partial.append(create_scope, "duplicate", "1"));
  for (const Setting& setting : volume.settings) LXCX_CHECK(partial.append(create_setting_scope, setting.key, setting.value));
  return partial.sync();
}

}  // namespace

/// What cannot be taken back ends that: the records of it, in `partial` and the configuration, are among what was made before, and the next create
/// or destroy tries again with them.
NewContainer::~NewContainer() {
  for (auto undo = undos_.rbegin(); undo != undos_.rend(); ++undo)
    if (const Result<void> undone = undo->second(); !undone) {
      host_.log.warn("could not remove " + undo->first + ": " + undone.error().message + "; destroying the container tries again");
      return;
    }
}

/// 0770 as LXC makes it. When ids are mapped the container's root may walk through it, where LXC gives it away: what its configuration says is done
/// by root.
Result<void> NewContainer::make_directory() {
  Kernel& kernel = host_.kernel;
  LXCX_CHECK(make_directories(kernel, paths_.lxcpath, 0755));
  LXCX_TRY(is_new, make_directories(kernel, paths_.directory(), 0770));
  if (is_new)
    on_failure("'" + paths_.directory() + "'", [this]() -> Result<void> {
      LXCX_TRY(parent, host_.kernel.openat(AT_FDCWD, paths_.lxcpath.c_str(), O_PATH | O_DIRECTORY));
      return host_.kernel.unlinkat(parent.get(), paths_.name.c_str(), AT_REMOVEDIR);
    });
  LXCX_TRY(fd, kernel.openat(AT_FDCWD, paths_.directory().c_str(), O_RDONLY | O_DIRECTORY));
  directory_ = std::move(fd);
  if (config_.idmap.empty()) return kernel.fchmod(directory_.get(), 0770);
  LXCX_CHECK(kernel.fchown(directory_.get(), ::geteuid(), mapped_gid(config_, 0)));
  return kernel.fchmod(directory_.get(), 0710);
}

Result<void> NewContainer::begin() {
  LXCX_CHECK(clear_the_way(host_, paths_));
  LXCX_CHECK(make_directory());
  on_failure("'" + paths_.partial() + "'", [this]() -> Result<void> {
    if (is_others_) return {};
    Result<void> gone = host_.kernel.unlinkat(directory_.get(), "partial", 0);
    return !gone && gone.error().sys_errno == ENOENT ? Result<void>{} : gone;
  });
  LXCX_TRY(journal, Journal::open(host_.kernel, directory_.get(), true, "partial"));
  partial_ = std::move(journal);
  LXCX_TRY(is_ours, partial_.lock());
  is_others_ = !is_ours;
  if (!is_ours) return fail(Code::busy, "'" + paths_.name + "' is being created by another process");
  on_failure("what is in '" + paths_.directory() + "'", [this] { return remove_children(host_.kernel, directory_.get()); });
  return {};
}

Result<void> NewContainer::remove_volume() {
  const std::string where = paths_.directory();
  JournalScope records(partial_, "storage");
  HostCall undo(call_inputs(host_, volume_, &records));
  Call view = undo.call();
  return volume_.storage->destroy(view, Volume{paths_.name, source_, where, {}, config_.idmap});
}

Result<std::string> NewContainer::make_volume(NewVolume volume, const std::function<Result<std::string>(Call&, const Volume& wanted)>& make) {
  volume_ = std::move(volume);
  LXCX_CHECK(announce_volume(partial_, volume_));
  JournalScope records(partial_, "storage");
  const std::string where = paths_.directory();
  HostCall::Inputs inputs = call_inputs(host_, volume_, &records);
  inputs.cancelled = volume_.cancelled;  // of the making alone: what undoes it goes to its end
  HostCall call(std::move(inputs));
  Call view = call.call();
  LXCX_TRY(source,
           doing(make(view, Volume{paths_.name, {}, where, config_.rootfs_options, config_.idmap}), "storage plugin '" + volume_.storage_name + "'"));
  source_ = std::move(source);
  on_failure("the volume", [this] { return remove_volume(); });
  LXCX_CHECK(partial_.append(create_scope, "source", source_));
  return source_;
}

Result<void> NewContainer::write_config(std::string_view text) { return replace_file_durably(host_.kernel, directory_.get(), "config", text, 0640); }

/// `partial` has served. Of a volume outside the container's directory it stays, under another name: destroy has to know what was made.
Result<void> NewContainer::finish() {
  const bool is_inside = source_.empty() || source_.starts_with(paths_.directory() + "/");
  if (!is_inside) LXCX_CHECK(partial_.sync());
  LXCX_CHECK(is_inside ? host_.kernel.unlinkat(directory_.get(), "partial", 0)
                       : host_.kernel.renameat2(directory_.get(), "partial", directory_.get(), std::string(storage_records).c_str(), 0));
  undos_.clear();
  (void)host_.kernel.fsync(directory_.get());  // it is a container now, whether or not that holds through a power cut
  return {};
}

Result<void> go_on(const std::atomic<bool>* cancelled) {
  if (cancelled == nullptr || !*cancelled) return {};
  return fail(Code::cancelled, "given up; nothing of it is kept");
}

}  // namespace lxcx::core
