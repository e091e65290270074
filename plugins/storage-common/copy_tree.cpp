// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "storage-common/copy_data.hpp"
#include "storage-common/copy_metadata.hpp"
#include "storage-common/os_error.hpp"
#include "storage-common/tree.hpp"

namespace lxcx::storage {
namespace {

/// A directory and its copy, open for as long as something below it waits to be copied.
struct Pair {
  Fd from, to;
  std::string path;  ///< below the top, for messages and hard links; the top's is empty
  std::string below(const char* name) const { return path.empty() ? name : path + "/" + name; }
};
using PairPtr = std::shared_ptr<const Pair>;

struct Task {
  PairPtr parent;  ///< none: the top itself
  std::string name;
};

/// One task is one directory: its files are copied, its subdirectories made and queued, then its own attributes set. The queue is a stack,
/// so that few directories are open at once.
class Copier {
 public:
  Copier(Fd from, Fd to) : top_(std::make_shared<Pair>(std::move(from), std::move(to), "")) { tasks_.push_back({nullptr, ""}); }

  Result<std::vector<std::string>> run(const CopyOptions& options) {
    const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < (options.threads != 0 ? options.threads : std::min(8U, processors)); ++i) workers.emplace_back([this] { work(); });
    watch(options);
    workers.clear();
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(left_out_);
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return !tasks_.empty() || busy_ == 0 || error_; });
      if (tasks_.empty() || error_) break;
      const Task task = std::move(tasks_.back());
      tasks_.pop_back();
      ++busy_;
      lock.unlock();
      Result<void> done = copy_directory(task);
      lock.lock();
      --busy_;
      if (!done && !error_) error_ = std::move(done).error();
      if (error_ || (busy_ == 0 && tasks_.empty())) work_.notify_all();
    }
    work_.notify_all();
    done_.notify_all();
  }

  /// The caller's own thread: the host's call may be used on no other.
  void watch(const CopyOptions& options) {
    std::unique_lock lock(mutex_);
    while (!error_ && (!tasks_.empty() || busy_ > 0)) {
      done_.wait_for(lock, std::chrono::milliseconds(50));
      if (options.progress) options.progress(bytes_);
      if (options.cancelled && options.cancelled()) {
        if (!error_)
          error_ = Error{Code::cancelled, 0, "the copy was cancelled", "nothing of it is left; copy again when you like", {}, std::nullopt, {}};
        work_.notify_all();
      }
    }
  }

  Result<void> copy_directory(const Task& task) {
    PairPtr pair = top_;
    if (task.parent) {
      LXCX_TRY(opened, open_pair(*task.parent, task.name));
      if (!opened) return {};
      pair = std::move(opened);
    }
    LXCX_TRY(listing, Directory::open(pair->from.get(), "."));
    int error = 0;
    while (const dirent* entry = listing.next(&error)) {
      if (stopped()) return {};
      LXCX_CHECK(doing(copy_entry(pair, entry->d_name), "copy '" + pair->below(entry->d_name) + "'"));
    }
    struct stat status{};
    if (error != 0 || ::fstat(pair->from.get(), &status) < 0)
      return os_error(error != 0 ? error : errno, "cannot read directory '" + pair->path + "'");
    return doing(copy_metadata(pair->from.get(), pair->to.get(), status), "copy '" + pair->path + "'");
  }

  /// Nothing when something is mounted there.
  Result<PairPtr> open_pair(const Pair& parent, const std::string& name) {
    const std::string path = parent.below(name.c_str());
    Result<Directory> from = Directory::open(parent.from.get(), name);
    if (!from && from.error().code == Code::busy) {
      const std::lock_guard lock(mutex_);
      left_out_.push_back(path);
      return nullptr;
    }
    if (!from) return doing<PairPtr>(std::unexpected(std::move(from).error()), "copy '" + path + "'");
    Fd to(::openat(parent.to.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    Fd from_fd(::fcntl(from->fd(), F_DUPFD_CLOEXEC, 0));
    if (!to || !from_fd) return os_error(errno, "cannot open '" + path + "'");
    return std::make_shared<const Pair>(std::move(from_fd), std::move(to), path);
  }

  Result<void> copy_entry(const PairPtr& pair, const char* name) {
    struct stat status{};
    if (::fstatat(pair->from.get(), name, &status, AT_SYMLINK_NOFOLLOW) < 0)
      return errno == ENOENT ? Result<void>{} : os_error(errno, "cannot stat it");
    if (S_ISDIR(status.st_mode)) return queue_directory(pair, name);
    if (status.st_nlink > 1) {
      LXCX_TRY(linked, link_to_copy(*pair, name, status));
      if (linked) return {};
    }
    if (S_ISREG(status.st_mode)) return copy_file(*pair, name);
    if (S_ISLNK(status.st_mode)) return copy_link(*pair, name, status);
    return copy_node(*pair, name, status);
  }

  Result<void> queue_directory(const PairPtr& pair, const char* name) {
    if (::mkdirat(pair->to.get(), name, 0700) < 0) return os_error(errno, "cannot make the directory");
    const std::lock_guard lock(mutex_);
    tasks_.push_back({pair, name});
    work_.notify_one();
    return {};
  }

  /// For a file with several names: makes this one a further link of the copy. The first name seen makes the copy's inode while the table is
  /// locked (false is returned, and it is filled after), so the others can link to it whatever thread they are on.
  Result<bool> link_to_copy(const Pair& pair, const char* name, const struct stat& status) {
    const std::lock_guard lock(links_mutex_);
    const auto [first, is_new] = links_.try_emplace({status.st_dev, status.st_ino}, pair.below(name));
    if (!is_new) {
      if (::linkat(top_->to.get(), first->second.c_str(), pair.to.get(), name, 0) < 0) return os_error(errno, "cannot link it to its other name");
      return true;
    }
    if (S_ISREG(status.st_mode)) {
      const Fd made(::openat(pair.to.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (!made) return os_error(errno, "cannot make it");
      return false;
    }
    LXCX_CHECK(S_ISLNK(status.st_mode) ? copy_link(pair, name, status) : copy_node(pair, name, status));
    return true;
  }

  Result<void> copy_file(const Pair& pair, const char* name) {
    const Fd from(::openat(pair.from.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!from) return errno == ENOENT ? Result<void>{} : os_error(errno, "cannot open it");
    struct stat status{};
    if (::fstat(from.get(), &status) < 0) return os_error(errno, "cannot stat it");
    if (!S_ISREG(status.st_mode)) return fail(Code::busy, "it changed from a file into something else", "stop what writes there");
    const int exclusive = status.st_nlink > 1 ? 0 : O_EXCL;
    const Fd to(::openat(pair.to.get(), name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | exclusive, 0600));
    if (!to) return os_error(errno, "cannot make it");
    LXCX_CHECK(copy_data(from.get(), to.get(), status, abilities_));
    bytes_ += static_cast<std::uint64_t>(status.st_size);
    return copy_metadata(from.get(), to.get(), status);
  }

  Result<void> copy_link(const Pair& pair, const char* name, const struct stat& status) {
    char target[4096];
    const ssize_t length = ::readlinkat(pair.from.get(), name, target, sizeof target);
    if (length < 0 || length == static_cast<ssize_t>(sizeof target)) return os_error(length < 0 ? errno : ENAMETOOLONG, "cannot read the link");
    target[length] = '\0';
    if (::symlinkat(target, pair.to.get(), name) < 0) return os_error(errno, "cannot make the link");
    return copy_metadata_at(pair.from.get(), pair.to.get(), name, status);
  }

  /// A device, a FIFO, a socket; also overlayfs' whiteouts, which are the device 0:0.
  Result<void> copy_node(const Pair& pair, const char* name, const struct stat& status) {
    if (::mknodat(pair.to.get(), name, status.st_mode, status.st_rdev) < 0) return os_error(errno, "cannot make the node");
    return copy_metadata_at(pair.from.get(), pair.to.get(), name, status);
  }

  bool stopped() {
    const std::lock_guard lock(mutex_);
    return error_.has_value();
  }

  PairPtr top_;
  CopyAbilities abilities_;
  std::atomic<std::uint64_t> bytes_{0};

  std::mutex links_mutex_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;

  std::mutex mutex_;
  std::condition_variable work_;  ///< for the workers: a task, or the end
  std::condition_variable done_;  ///< for the caller: the end
  std::vector<Task> tasks_;
  unsigned busy_ = 0;
  std::optional<Error> error_;
  std::vector<std::string> left_out_;
};

}  // namespace

Result<std::vector<std::string>> copy_tree(int from, int to, const CopyOptions& options) {
  Fd from_copy(::fcntl(from, F_DUPFD_CLOEXEC, 0));
  Fd to_copy(::fcntl(to, F_DUPFD_CLOEXEC, 0));
  if (!from_copy || !to_copy) return os_error(errno, "cannot copy the tree");
  return Copier(std::move(from_copy), std::move(to_copy)).run(options);
}

}  // namespace lxcx::storage
