/* SPDX-License-Identifier: Apache-2.0
 * A network plugin out of the tree, in C: what LXCX_PLUGIN() does for C++ is written out here. */
#define _GNU_SOURCE
#include <errno.h>
#include <lxcx/abi.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "netlink.h"

static lxcx_str text(const char* s) { return (lxcx_str){s, strlen(s)}; }

static lxcx_code fail(lxcx_call* call, lxcx_code code, int error, const char* message, const char* hint) {
  return call->ops->fail(call, code, error, text(message), text(hint));
}

/* The name inside, as configured or ethN. */
static lxcx_code name_inside(lxcx_call* call, const lxcx_nic* nic, char name[IFNAMSIZ]) {
  lxcx_str wanted;
  if (!call->ops->setting(call, text("name"), 0, &wanted) || wanted.size == 0) {
    snprintf(name, IFNAMSIZ, "eth%u", nic->index);
    return LXCX_OK;
  }
  const char* hint = "1 to 15 characters, no '/', ':' or blank";
  if (wanted.size >= IFNAMSIZ) return fail(call, LXCX_CONFIG, 0, "the name is too long for a network device", hint);
  memcpy(name, wanted.data, wanted.size);
  name[wanted.size] = '\0';
  /* As dev_valid_name() in the kernel's net/core/dev.c. */
  if (strlen(name) != wanted.size || strpbrk(name, "/: \t\n\v\f\r") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return fail(call, LXCX_CONFIG, 0, "that cannot be the name of a network device", hint);
  return LXCX_OK;
}

static lxcx_code validate(lxcx_call* call, const lxcx_nic* nic) {
  char name[IFNAMSIZ];
  return name_inside(call, nic, name);
}

/* The host end's name: the recorded one, or a new one, recorded before it is used. */
static lxcx_code host_name_for(lxcx_call* call, char name[IFNAMSIZ]) {
  lxcx_str known;
  if (call->ops->recall(call, text("host_name"), &known) && known.size > 0 && known.size < IFNAMSIZ) {
    memcpy(name, known.data, known.size);
    name[known.size] = '\0';
    return LXCX_OK;
  }
  unsigned number;
  if (getrandom(&number, sizeof number, 0) != sizeof number) return fail(call, LXCX_KERNEL, errno, "getrandom failed", "try again");
  snprintf(name, IFNAMSIZ, "pair%08x", number);
  return call->ops->record(call, text("host_name"), text(name));
}

static lxcx_code connect_pair(lxcx_call* call, const lxcx_nic* nic) {
  char name[IFNAMSIZ], host_name[IFNAMSIZ];
  lxcx_code code = name_inside(call, nic, name);
  if (code == LXCX_OK) code = host_name_for(call, host_name);
  if (code != LXCX_OK) return code;
  const int is_there = if_nametoindex(host_name) != 0; /* connected before: nothing to do but say so */
  const int error = is_there ? 0 : make_pair(host_name, name, nic->netns_fd);
  if (error == EEXIST) return fail(call, LXCX_BUSY, error, "the container has a device of that name already", "choose another lxc.net.N.name");
  if (error != 0) return fail(call, LXCX_KERNEL, error, "cannot make a veth pair", "is the kernel's veth module there?");
  call->ops->result(call, text("name"), text(name));
  call->ops->result(call, text("host_name"), text(host_name));
  return LXCX_OK;
}

static lxcx_code disconnect(lxcx_call* call, const lxcx_nic* nic) {
  (void)nic;
  lxcx_str known;
  char name[IFNAMSIZ];
  if (!call->ops->recall(call, text("host_name"), &known) || known.size == 0 || known.size >= IFNAMSIZ) return LXCX_OK;
  memcpy(name, known.data, known.size);
  name[known.size] = '\0';
  const int error = remove_device(name);
  if (error != 0) return fail(call, LXCX_KERNEL, error, "cannot remove the veth pair", "`ip link delete` with its name");
  return LXCX_OK;
}

static const lxcx_network_ops ops = {
    .size = sizeof(lxcx_network_ops),
    .validate = validate,
    .connect = connect_pair,
    .disconnect = disconnect,
};

__attribute__((visibility("default"))) const lxcx_plugin_descriptor lxcx_plugin = {
    .size = sizeof(lxcx_plugin_descriptor),
    .abi_major = LXCX_ABI_MAJOR,
    .abi_minor = LXCX_ABI_MINOR,
    .kind = "network",
    .name = "pair",
    .version = LXCX_PLUGIN_VERSION,
    .summary = "A veth pair that is up on both ends and attached to nothing",
    .license = "Apache-2.0",
    .ops = &ops,
};
