// SPDX-License-Identifier: Apache-2.0
// The floor that `compare` measures against: the least that makes, enters and ends a container, with no configuration, no checks of what it is
// given, and nothing to undo. Not an example to follow.
//
//   floor start|execute FILE NAME ROOTFS PROGRAM [ARGUMENT…]   FILE takes the pid
//   floor attach FILE NAME PROGRAM [ARGUMENT…]
//   floor kill FILE NAME
//   floor nothing
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET,
  most = 32
};

static char* groups[most];  // of this container, one for each hierarchy
static int group_count, v2 = -1;

static void need(int done, const char* what) {
  if (done >= 0) return;
  perror(what);
  _exit(1);
}

static char* text(const char* format, const char* a, const char* b, const char* c) {
  char* made = NULL;
  need(asprintf(&made, format, a, b, c), "asprintf");
  return made;
}

static void find_groups(const char* name) {
  static const char root[] = "/sys/fs/cgroup";
  if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0) {
    v2 = group_count;
    groups[group_count++] = text("%s/floor.%s%s", root, name, "");
    return;
  }
  DIR* directory = opendir(root);
  for (const struct dirent* each; directory != NULL && (each = readdir(directory)) != NULL && group_count < most;) {
    if (each->d_name[0] == '.' || each->d_type == DT_LNK || strcmp(each->d_name, "cpuset") == 0) continue;
    if (access(text("%s/%s/cgroup.controllers%s", root, each->d_name, ""), F_OK) == 0) {
      v2 = group_count;
    } else if (access(text("%s/%s/tasks%s", root, each->d_name, ""), F_OK) != 0) {
      continue;
    }
    groups[group_count++] = text("%s/%s/floor.%s", root, each->d_name, name);
  }
  closedir(directory);
}

static void make_groups(void) {
  for (int i = 0; i < group_count; ++i) need(mkdir(groups[i], 0755), groups[i]);
}

static void join_groups(void) {
  for (int i = 0; i < group_count; ++i) {
    if (i == v2) continue;
    const char* file = text("%s/tasks%s%s", groups[i], "", "");
    const int fd = open(file, O_WRONLY | O_CLOEXEC);
    need(fd, file);
    need((int)write(fd, "0", 1), file);
    close(fd);
  }
}

static void remove_groups(void) {
  for (int i = 0; i < group_count; ++i)
    for (int tries = 0; rmdir(groups[i]) != 0 && errno == EBUSY && tries < 500; ++tries) poll(NULL, 0, 2);
}

static void become_container(const char* name, const char* rootfs, char** program) {
  join_groups();
  need(unshare(CLONE_NEWCGROUP), "unshare");
  need(sethostname(name, strlen(name)), "sethostname");
  need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make private");
  need(mount(rootfs, rootfs, NULL, MS_BIND, NULL), rootfs);
  need(chdir(rootfs), rootfs);
  need(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "proc");
  need(mount("sysfs", "sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "sysfs");
  need(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755"), "dev");
  need(mkdir("dev/pts", 0755), "dev/pts");
  need(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666"), "devpts");
  need((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
  need(umount2(".", MNT_DETACH), "umount");
  execv(program[0], program);
  need(-1, program[0]);
}

static pid_t clone_init(int* alive) {
  int pipe_ends[2];
  need(pipe2(pipe_ends, O_CLOEXEC), "pipe");
  struct clone_args arguments = {.flags = namespaces, .exit_signal = SIGCHLD};
  if (v2 >= 0) {
    const int fd = open(groups[v2], O_PATH | O_DIRECTORY | O_CLOEXEC);
    need(fd, groups[v2]);
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)fd;
  }
  const pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
  need(pid, "clone3");
  if (pid != 0) close(pipe_ends[1]);
  *alive = pipe_ends[0];
  return pid;
}

static int start(const char* file, const char* name, const char* rootfs, char** program, int stays) {
  find_groups(name);
  make_groups();
  int alive;
  const pid_t pid = clone_init(&alive);
  if (pid == 0) become_container(name, rootfs, program);
  char byte;
  (void)!read(alive, &byte, 1);  // the other end closes at exec
  if (!stays) {
    int status;
    need(waitpid(pid, &status, 0), "waitpid");
    remove_groups();
    return status != 0;
  }
  if (waitpid(pid, NULL, WNOHANG) != 0) return 1;
  FILE* out = fopen(file, "w");
  if (out == NULL || fprintf(out, "%d\n", pid) < 0 || fclose(out) != 0) return 1;
  return 0;
}

static pid_t pid_in(const char* file) {
  FILE* in = fopen(file, "r");
  int pid = -1;
  if (in == NULL || fscanf(in, "%d", &pid) != 1) need(-1, file);
  fclose(in);
  return pid;
}

static int attach(const char* file, const char* name, char** program) {
  const int init = (int)syscall(SYS_pidfd_open, pid_in(file), 0);
  need(init, "pidfd_open");
  find_groups(name);
  if (v2 >= 0) need(open(groups[v2], O_PATH | O_DIRECTORY | O_CLOEXEC), groups[v2]);
  join_groups();
  need(setns(init, namespaces), "setns");
  const pid_t pid = fork();
  need(pid, "fork");
  if (pid == 0) {
    execv(program[0], program);
    _exit(127);
  }
  int status;
  need(waitpid(pid, &status, 0), "waitpid");
  return status != 0;
}

static int end(const char* file, const char* name) {
  const int init = (int)syscall(SYS_pidfd_open, pid_in(file), 0);
  need(init, "pidfd_open");
  need((int)syscall(SYS_pidfd_send_signal, init, SIGKILL, NULL, 0), "pidfd_send_signal");
  struct pollfd gone = {.fd = init, .events = POLLIN};
  poll(&gone, 1, -1);
  find_groups(name);
  remove_groups();
  unlink(file);
  return 0;
}

int main(int argc, char** argv) {
  const char* verb = argc > 1 ? argv[1] : "";
  if (argc > 5 && strcmp(verb, "start") == 0) return start(argv[2], argv[3], argv[4], argv + 5, 1);
  if (argc > 5 && strcmp(verb, "execute") == 0) return start(argv[2], argv[3], argv[4], argv + 5, 0);
  if (argc > 4 && strcmp(verb, "attach") == 0) return attach(argv[2], argv[3], argv + 4);
  if (argc > 3 && strcmp(verb, "kill") == 0) return end(argv[2], argv[3]);
  return strcmp(verb, "nothing") == 0 ? 0 : 2;
}
