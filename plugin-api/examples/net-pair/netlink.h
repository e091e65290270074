/* SPDX-License-Identifier: Apache-2.0
 * The two rtnetlink(7) requests that the plugin needs. Both return 0 or an errno. */
#ifndef NET_PAIR_NETLINK_H
#define NET_PAIR_NETLINK_H

/* A veth pair, both ends up: `name` in the namespace behind netns_fd, `host_name` in the caller's. Either both are made or none. */
int make_pair(const char* host_name, const char* name, int netns_fd);
/* Removes a device of the caller's namespace, and a pair's other end with it. Gone already is no error. */
int remove_device(const char* name);

#endif
