// SPDX-License-Identifier: Apache-2.0
// A container that is being made: its directory, `partial` in it, a volume, a configuration. Everything is taken back when it is not finished; when
// this process is killed, by the next create or destroy of that name, with what `partial` says (remove_unfinished()).
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/container_config.hpp"
#include "core/container/host.hpp"
#include "core/container/run_directory.hpp"

namespace lxcx::core {

/// Done and total bytes; a total of 0: nobody knows.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct NewVolume {
  std::string storage_name;
  Storage* storage = nullptr;
  std::vector<Setting> settings;  ///< of two of a name, a plugin sees the first
  std::uint64_t size_bytes = 0;
  bool is_duplicate = false;  ///< made by copy or snapshot
  Progress progress;
  const std::atomic<bool>* cancelled = nullptr;
};

class NewContainer {
 public:
  /// `config` outlives it: its id map and root file system options are the volume's.
  NewContainer(Host& host, ContainerPaths paths, const ContainerConfig& config) : host_(host), paths_(std::move(paths)), config_(config) {}
  ~NewContainer();
  NewContainer(const NewContainer&) = delete;
  NewContainer& operator=(const NewContainer&) = delete;

  /// Takes back what a killed creation left, makes the directory, and locks `partial`. The container's lock must be held. Errors: busy when the
  /// name is taken.
  Result<void> begin();
  /// What `make` returns: the volume's source.
  Result<std::string> make_volume(NewVolume volume, const std::function<Result<std::string>(Call&, const Volume& wanted)>& make);
  Result<void> write_config(std::string_view text);
  /// What else must be taken back, but for what is in the directory.
  void on_failure(std::string what, std::function<Result<void>()> undo) { undos_.emplace_back(std::move(what), std::move(undo)); }
  /// From now on it is a container.
  Result<void> finish();

  int directory() const { return directory_.get(); }
  const ContainerPaths& paths() const { return paths_; }

 private:
  Result<void> make_directory();
  Result<void> remove_volume();

  Host& host_;
  ContainerPaths paths_;
  const ContainerConfig& config_;
  UniqueFd directory_;
  Journal partial_;
  NewVolume volume_;
  std::string source_;
  bool is_others_ = false;  ///< `partial` is held by another process
  std::vector<std::pair<std::string, std::function<Result<void>()>>> undos_;  ///< newest last
};

/// Between two steps: the user gave up.
Result<void> go_on(const std::atomic<bool>* cancelled);

}  // namespace lxcx::core
