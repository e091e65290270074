// SPDX-License-Identifier: Apache-2.0
// A storage plugin at work on volumes of its own, below the check's scratch directory.
#pragma once
#include <sys/stat.h>

#include <memory>
#include <string>

#include "core/plugin/capabilities.hpp"
#include "subject.hpp"
#include "tree.hpp"

namespace lxcx::conformance {

/// A volume's texts; Volume only borrows.
struct OwnVolume {
  std::string container, directory, source, options;
  Volume view() const { return {container, source, directory, options, {}}; }
};

class StorageBench {
 public:
  explicit StorageBench(Subject& subject)
      : subject_(subject), storage_(core::make_proxy(subject.table<lxcx_storage_ops>())), containers_(subject.scratch + "/containers") {
    ::mkdir(containers_.c_str(), 0755);
  }

  Storage& storage() { return *storage_; }
  Subject& subject() { return subject_; }
  const std::string& containers() const { return containers_; }
  /// A container without a volume, its directory made.
  OwnVolume container(const std::string& name) const {
    OwnVolume volume{name, containers_ + "/" + name, {}, {}};
    ::mkdir(volume.directory.c_str(), 0755);
    return volume;
  }
  std::vector<std::string> tree() const { return tree_of(containers_); }

  Result<std::string> create(const OwnVolume& volume, Journal* journal, std::uint64_t size_bytes = 0) {
    return run_verb(subject_, "create", {journal}, [&](Call& call, core::HostCall&) { return storage_->create(call, volume.view(), size_bytes); });
  }
  Result<void> destroy(const OwnVolume& volume, Journal* journal) {
    return run_verb(subject_, "destroy", {journal}, [&](Call& call, core::HostCall&) { return storage_->destroy(call, volume.view()); });
  }
  Result<core::UniqueFd> attach(const OwnVolume& volume, Journal* journal) {
    const auto fd_of = [](const Result<int>& fd) { return fd ? *fd : -1; };
    LXCX_TRY(fd, run_verb(subject_, "attach", {journal}, [&](Call& call, core::HostCall&) { return storage_->attach(call, volume.view()); }, fd_of));
    return core::UniqueFd(fd);
  }
  Result<void> detach(const OwnVolume& volume, Journal* journal) {
    return run_verb(subject_, "detach", {journal}, [&](Call& call, core::HostCall&) { return storage_->detach(call, volume.view()); });
  }

  /// A container with a volume in which `file` stands.
  Expected<OwnVolume> volume_with(const std::string& name, const std::string& file, Journal* journal) {
    OwnVolume volume = container(name);
    LXCX_TRY(source, worked(subject_, create(volume, journal), "create"));
    volume.source = source;
    LXCX_CHECK(in_volume(volume, journal, [&](const std::string& root) {
      return ensure(write_file(root + "/" + file, name), "the attached volume cannot be written");
    }));
    return volume;
  }
  /// Attaches, looks inside, detaches. `look` gets a path of the volume's root.
  template <class Look>
  Checked in_volume(const OwnVolume& volume, Journal* journal, Look look) {
    Checked seen;
    {
      LXCX_TRY(fd, worked(subject_, attach(volume, journal), "attach"));
      seen = look("/proc/self/fd/" + std::to_string(fd.get()));
    }
    LXCX_CHECK(worked(subject_, detach(volume, journal), "detach"));
    return seen;
  }

 private:
  Subject& subject_;
  std::unique_ptr<Storage> storage_;
  std::string containers_;
};

inline Checked same_tree(const std::vector<std::string>& before, const StorageBench& bench, const std::string& when) {
  const std::string difference = first_difference(before, bench.tree());
  return ensure(difference.empty(), when + ": the files differ: " + difference);
}

}  // namespace lxcx::conformance
