// SPDX-License-Identifier: Apache-2.0
// The directory of a checkpoint: criu's images, its logs, and what lxcx must know beside them.
//
//   lxcx.facts            the CheckpointFacts below
//   lxcx.config           the configuration that the container was started with
//   images/               criu's own, by its names
//   images/inventory.img  written last: with it the dump is whole
//   images/parent         a link to the images of the pre-dump that it builds on
//   dump.log, restore.log
//
// The directory is closed to all but root. In images/ anybody may search: a restore's processes open images by criu's descriptor with the ids of the
// container, and nobody else gets there by a path. So nothing has to be opened for a restore, and closed again after it, however it ends.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// A pseudo-terminal whose master the monitor holds: to criu a thing from outside, by two names.
struct TerminalFact {
  std::string name;                 ///< "console", "tty1"
  std::string tty;                  ///< as criu names the open files: "tty[8800:5]", device and file system in hexadecimal
  std::vector<std::string> mounts;  ///< where it is mounted in the container: "/dev/console"
};

/// A network device of the container that is half of a pair.
struct NicFact {
  unsigned index = 0;        ///< lxc.net.INDEX
  std::string inside_name;   ///< "eth0", as it was called when it was dumped
};

/// Something of this machine that is mounted in the container.
struct MountFact {
  std::string point;   ///< in the container: "/srv"
  std::string source;  ///< here: what is mounted there again
};

struct CheckpointFacts {
  std::string name, lxcpath, config_file;
  std::string cgroup;        ///< as RunState has it
  unsigned clone_flags = 0;
  std::string network_lock;  ///< criu's table in the container's nftables (network_lock.hpp)
  bool pre_dump = false;     ///< the memory alone: not to be restored
  std::vector<TerminalFact> terminals;  ///< console first, then the ttys by number
  std::vector<NicFact> nics;
  std::vector<MountFact> mounts;
};

std::string print(const CheckpointFacts& facts);
/// Errors: config, when it is not of this format.
Result<CheckpointFacts> parse_facts(std::string_view text);

/// What criu calls a mount of a terminal: "console", or "console-1" for its second one.
std::string mount_key(const TerminalFact& terminal, std::size_t mount);
/// The same for CheckpointFacts::mounts.
std::string outside_key(std::size_t index);

class ImageDirectory {
 public:
  /// For a dump: looks, and makes nothing. Errors: busy when it holds more than the log of a dump that failed; denied when it is not root's, or
  /// others can write to it; not_found when it lies in no directory, unless `makes_parents`.
  static Result<void> check_free(Kernel& kernel, const std::string& path, bool makes_parents);
  /// Makes it, and what it lies in if `makes_parents`, or takes an empty one, and closes it to others: 0700.
  static Result<ImageDirectory> make(Kernel& kernel, const std::string& path, bool makes_parents);
  /// For a restore. Errors: not_found when there is no whole checkpoint; denied as above, of each file and of the pre-dumps it builds on too.
  static Result<ImageDirectory> open(Kernel& kernel, const std::string& path);
  /// The pre-dump that a dump into `directory` names, as it names it: relative to `directory`, which need not be there yet. Errors: those of open(),
  /// and denied when others could make the name lead elsewhere by the time that criu follows it.
  static Result<ImageDirectory> open_previous(Kernel& kernel, const std::string& directory, const std::string& previous);
  /// The same again, of a directory that is there, by the very words that criu is given.
  Result<void> check_previous(const std::string& previous) const;

  int fd() const { return fd_.get(); }
  int images_fd() const { return images_.get(); }
  const std::string& path() const { return path_; }
  /// In a process that has a mount namespace of its own, where nothing can be mounted below what was opened outside: opens it there, under the same
  /// numbers. Errors: busy, when the name stands for something else by now.
  Result<void> reopen() const;

  Result<std::string> read(const char* name) const;
  Result<void> write(const std::string& name, std::string_view text) const;
  /// After a failed dump: all but the log goes, and without a log the directory too, if it was made for this dump.
  void discard() const;

 private:
  ImageDirectory(Kernel& kernel, std::string path, UniqueFd fd, UniqueFd images, bool is_new)
      : kernel_(&kernel), path_(std::move(path)), fd_(std::move(fd)), images_(std::move(images)), is_new_(is_new) {}
  static Result<ImageDirectory> open(Kernel& kernel, UniqueFd fd, const std::string& path);
  Kernel* kernel_;
  std::string path_;
  UniqueFd fd_, images_;
  bool is_new_;  ///< made by this process
};

/// What criu calls the pre-dump `previous`: it counts from images/.
std::string previous_for_criu(const std::string& previous);

inline constexpr const char* facts_file = "lxcx.facts";
inline constexpr const char* config_copy = "lxcx.config";
inline constexpr const char* dump_log = "dump.log";
inline constexpr const char* restore_log = "restore.log";

/// The error of a criu that failed: `what`, its log's last errors, and where the log is.
Error criu_error(const ImageDirectory& images, const char* log, const std::string& what, std::string_view output);

/// An action script must be a file that root alone can change. Errors: not_found, denied, usage.
Result<void> check_action_script(Kernel& kernel, const std::string& path);

}  // namespace lxcx::core
