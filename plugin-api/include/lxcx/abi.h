/* SPDX-License-Identifier: Apache-2.0
 *
 * The C boundary between lxcx and a plugin. Everything here is frozen once released: structs grow only at their end, and every one that can
 * grow begins with the size its author compiled. Strings are borrowed for the call and not NUL-terminated; no memory is ever owned across the
 * boundary: what a plugin has to say it emits into host memory through the call. A file descriptor says in its comment who closes it.
 *
 * Threads: the host calls one plugin from one thread at a time. Signals: nothing here is called from a signal handler. */
#ifndef LXCX_ABI_H
#define LXCX_ABI_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum {
  LXCX_ABI_MAJOR = 1,
  LXCX_ABI_MINOR = 0
};

typedef struct lxcx_str {
  const char* data;
  size_t size;
} lxcx_str;

/* Also the exit statuses of lxcx (docs/errors.md); 1 is left for "the container's own program failed". */
typedef enum lxcx_code {
  LXCX_OK = 0,
  LXCX_USAGE = 2,       /* the command line or a call's arguments are wrong */
  LXCX_NOT_FOUND = 3,   /* no such container, plugin, file, bridge, … */
  LXCX_BUSY = 4,        /* exists already, is running, is in use */
  LXCX_DENIED = 5,      /* permission */
  LXCX_UNSUPPORTED = 6, /* this backend, kernel or version cannot do it */
  LXCX_KERNEL = 7,      /* a system call failed; errno says how */
  LXCX_PLUGIN = 8,      /* a plugin is unusable or misbehaved */
  LXCX_INTERNAL = 9,    /* a bug in lxcx */
  LXCX_CONFIG = 10,     /* the configuration is invalid */
  LXCX_NOT_RUNNING = 11,
  LXCX_TIMEOUT = 12,
  LXCX_HOOK = 13,       /* a hook said no */
  LXCX_CANCELLED = 14
} lxcx_code;

typedef enum lxcx_level {
  LXCX_TRACE = 0,
  LXCX_DEBUG = 1,
  LXCX_INFO = 2,
  LXCX_NOTICE = 3,
  LXCX_WARN = 4,
  LXCX_ERROR = 5
} lxcx_level;

/* One call from the host into a plugin: its settings, its journal, its voice. Valid until the call returns, on its thread only. */
typedef struct lxcx_call lxcx_call;
typedef struct lxcx_call_ops {
  uint32_t size;
  uint32_t reserved;
  /* Reports why the verb fails; returns its code, so that `return call->ops->fail(…)` ends the verb. The last report wins. */
  lxcx_code (*fail)(lxcx_call*, lxcx_code, int sys_errno, lxcx_str message, lxcx_str hint);
  void (*log)(lxcx_call*, lxcx_level, lxcx_str text);
  /* The index-th value the configuration has for `key` (0 is the first); 1 and *value, or 0 when there is none.
   * Keys: network: what follows lxc.net.N. · storage and template: what follows lxcx.storage.NAME. or a --bdev option ·
   * security and hook: the whole key. */
  int (*setting)(lxcx_call*, lxcx_str key, size_t index, lxcx_str* value);
  /* The undo journal. `record` is durable when it returns: call it before the act that it undoes. `recall` reads what was recorded for
   * this object, also in another process after a crash; 1 and *value, or 0. */
  lxcx_code (*record)(lxcx_call*, lxcx_str key, lxcx_str value);
  int (*recall)(lxcx_call*, lxcx_str key, lxcx_str* value);
  /* What the verb found or made; a key may be emitted several times. Which keys count is said at each verb. */
  void (*result)(lxcx_call*, lxcx_str key, lxcx_str value);
  /* The same for a file descriptor, which is the host's to close from then on, also when the verb fails. */
  void (*result_fd)(lxcx_call*, lxcx_str key, int fd);
  void (*progress)(lxcx_call*, uint64_t done, uint64_t total); /* bytes or items; total 0: unknown */
  int (*cancelled)(lxcx_call*); /* 1 once the user or a deadline gave up: undo and return LXCX_CANCELLED */
} lxcx_call_ops;
struct lxcx_call {
  const lxcx_call_ops* ops;
};

/* `range` ids from `container_id` inside are `host_id`… outside (user_namespaces(7)); kind is 'u' or 'g'. */
typedef struct lxcx_idmap {
  uint32_t kind;
  uint32_t container_id, host_id, range;
} lxcx_idmap;

/* ---- storage: where a root file system comes from ---- */
typedef struct lxcx_volume {
  uint32_t size;
  uint32_t reserved;
  lxcx_str container; /* its name */
  lxcx_str source;    /* what follows TYPE: in lxc.rootfs.path; empty at create */
  lxcx_str directory; /* the container's own directory, absolute */
  lxcx_str options;   /* lxc.rootfs.options, comma separated; empty: none */
  const lxcx_idmap* idmap;
  size_t idmap_count;
} lxcx_volume;

typedef struct lxcx_storage_ops {
  uint32_t size;
  uint32_t reserved;
  /* Makes an empty volume of `size_bytes` (0: no limit). Emits result "source". */
  lxcx_code (*create)(lxcx_call*, const lxcx_volume*, uint64_t size_bytes);
  lxcx_code (*destroy)(lxcx_call*, const lxcx_volume*);
  /* *mount_fd: a detached mount of the volume's root (open_tree(2), fsmount(2)); the host closes it. Emits result "path": where the
   * files can be seen on the host, if anywhere. */
  lxcx_code (*attach)(lxcx_call*, const lxcx_volume*, int* mount_fd);
  lxcx_code (*detach)(lxcx_call*, const lxcx_volume*); /* also after a crash */
  /* Optional, NULL when the backend cannot: */
  lxcx_code (*snapshot)(lxcx_call*, const lxcx_volume* from, const lxcx_volume* to); /* copy-on-write; emits "source" of `to` */
  lxcx_code (*copy)(lxcx_call*, const lxcx_volume* from, const lxcx_volume* to);     /* native full copy; emits "source" of `to` */
  lxcx_code (*usage)(lxcx_call*, const lxcx_volume*, uint64_t* used_bytes, uint64_t* limit_bytes); /* limit 0: none */
  int (*detect)(lxcx_call*, lxcx_str source); /* 1 when a source without TYPE: is one of this backend's */
} lxcx_storage_ops;

/* ---- network: one lxc.net.N ---- */
typedef struct lxcx_nic {
  uint32_t size;
  uint32_t index;      /* N */
  lxcx_str container;
  lxcx_str type;       /* the plugin's name, as lxc.net.N.type has it */
  int32_t netns_fd;    /* the container's network namespace; the host's to close; -1 in validate, and in disconnect when it is gone */
  int32_t reserved;
} lxcx_nic;

typedef struct lxcx_nic_statistics {
  uint32_t size;
  uint32_t reserved;
  uint64_t rx_bytes, tx_bytes; /* as the container counts them */
} lxcx_nic_statistics;

typedef struct lxcx_network_ops {
  uint32_t size;
  uint32_t reserved;
  lxcx_code (*validate)(lxcx_call*, const lxcx_nic*); /* before anything is touched */
  /* Makes the device appear, configured, in the namespace. Emits "name" (inside) and, where there is one, "host_name" and "link". */
  lxcx_code (*connect)(lxcx_call*, const lxcx_nic*);
  lxcx_code (*disconnect)(lxcx_call*, const lxcx_nic*); /* also after a crash; the namespace may be gone */
  /* Optional: */
  lxcx_code (*statistics)(lxcx_call*, const lxcx_nic*, lxcx_nic_statistics*);
} lxcx_network_ops;

/* ---- template: fills a root file system ---- */
typedef struct lxcx_build {
  uint32_t size;
  uint32_t reserved;
  lxcx_str container;
  lxcx_str directory;   /* the container's own directory */
  lxcx_str rootfs;      /* where the empty volume is mounted for this call */
  lxcx_str config_path; /* the container's configuration, already written; a template may also edit it in place */
  const lxcx_idmap* idmap;
  size_t idmap_count;
  const lxcx_str* args; /* what the user wrote after -- */
  size_t arg_count;
} lxcx_build;

typedef struct lxcx_template_ops {
  uint32_t size;
  uint32_t reserved;
  /* Runs in a process and mount namespace of its own. Emits "config": one `key = value` line each, appended after validation;
   * "message": text shown to the user at the end. */
  lxcx_code (*build)(lxcx_call*, const lxcx_build*);
  /* Emits "option": `--name=VALUE<TAB>default<TAB>what it does`, or "text": help as it is. */
  lxcx_code (*options)(lxcx_call*, const lxcx_build*);
} lxcx_template_ops;

/* ---- security: a policy, compiled before the clone into actions that lxcx itself carries out ---- */
typedef struct lxcx_confinement {
  uint32_t size;
  uint32_t reserved;
  lxcx_str container;
  lxcx_str directory;
  const lxcx_idmap* idmap;
  size_t idmap_count;
} lxcx_confinement;

typedef struct lxcx_security_ops {
  uint32_t size;
  uint32_t reserved;
  lxcx_code (*validate)(lxcx_call*, const lxcx_confinement*);
  /* Emits what is to be applied, in the order emitted; nothing of a plugin runs inside the container:
   *   result    "payload.seccomp"   struct sock_filter[]: installed last, before exec and in every attach
   *   result    "payload.seccomp.flags"  decimal SECCOMP_FILTER_FLAG_* for it. With NEW_LISTENER the filter must let sendmsg(2) pass: who
   *                                loads it hands the listener to the monitor by that
   *   result    "monitor.seccomp.proxy"  who answers the listeners' notifications: unix:/PATH or unix:@NAME; empty: nobody, ENOSYS
   *   result    "monitor.seccomp.cookie" text sent to it with each
   *   result    "payload.label"     text written to the LSM's exec attribute
   *   result_fd "payload.landlock"  a ruleset (landlock_create_ruleset(2)): restricts the container's init and all attached
   *   result_fd "monitor.landlock"  the same for the monitor */
  lxcx_code (*compile)(lxcx_call*, const lxcx_confinement*);
  /* Optional: takes back what compile loaded into the kernel. Also after a crash. */
  lxcx_code (*unload)(lxcx_call*, const lxcx_confinement*);
} lxcx_security_ops;

/* ---- hook: something done when a container's life reaches a point ---- */
typedef enum lxcx_event_id {
  LXCX_EVENT_PRE_START = 0,  /* host namespaces, before anything is made; may veto */
  LXCX_EVENT_PRE_MOUNT = 1,  /* in the child: container's namespaces, host's files; may veto */
  LXCX_EVENT_MOUNT = 2,      /* in the child: all mounted below rootfs_mount; may veto */
  LXCX_EVENT_AUTODEV = 3,    /* in the child: /dev is an empty tmpfs; may veto */
  LXCX_EVENT_START_HOST = 4, /* host namespaces, before init runs; may veto */
  LXCX_EVENT_START = 5,      /* in the child, inside the container's root; may veto */
  LXCX_EVENT_RUNNING = 6,    /* host namespaces, init runs */
  LXCX_EVENT_STOP = 7,       /* host namespaces, init has ended, its namespaces are still held */
  LXCX_EVENT_POST_STOP = 8,  /* host namespaces, all is taken down; once for each start, also a failed one */
  LXCX_EVENT_CREATE = 9,     /* the container has been created */
  LXCX_EVENT_CLONE = 10,
  LXCX_EVENT_DESTROY = 11,   /* before anything is removed; may veto */
  LXCX_EVENT_NET_UP = 12,    /* a device has been connected; may veto */
  LXCX_EVENT_NET_DOWN = 13,
  LXCX_EVENT_COUNT = 14
} lxcx_event_id;

typedef struct lxcx_event {
  uint32_t size;
  uint32_t id;           /* lxcx_event_id */
  lxcx_str name;         /* as lxc.hook.NAME has it: "pre-start"; "up" and "down" for devices */
  lxcx_str section;      /* "lxc", or "net" for devices */
  lxcx_str container;
  lxcx_str lxcpath;
  lxcx_str config_path;
  lxcx_str rootfs_path;  /* without TYPE: */
  lxcx_str rootfs_mount; /* where the root is mounted, in the child's view */
  lxcx_str target;       /* "stop" or "reboot" when the container goes down; else empty */
  int64_t pid;           /* init, as the host counts; 0 before there is one */
  uint32_t nic_index;    /* devices: N */
  uint32_t hook_version; /* lxc.hook.version */
  const lxcx_str* args;  /* further arguments, as LXC's hooks get them */
  size_t arg_count;
  const lxcx_str* environment; /* "NAME=value": all that reference/LXC defines for this event */
  size_t environment_count;
} lxcx_event;

typedef struct lxcx_hook_ops {
  uint32_t size;
  uint32_t reserved;
  uint64_t events; /* bit (1 << lxcx_event_id) for each that is wanted; must agree with the manifest's "events" */
  lxcx_code (*run)(lxcx_call*, const lxcx_event*);
  /* Optional: before anything is touched. */
  lxcx_code (*validate)(lxcx_call*, const lxcx_event*);
} lxcx_hook_ops;

/* ---- the one symbol a plugin exports: `const lxcx_plugin_descriptor lxcx_plugin` ---- */
typedef struct lxcx_plugin_descriptor {
  uint32_t size;
  uint16_t abi_major, abi_minor;
  const char *kind, *name, *version, *summary, *license; /* NUL-terminated; must agree with the manifest */
  const void* ops;                                       /* the kind's table */
} lxcx_plugin_descriptor;

#ifdef __cplusplus
}
#endif
#endif
