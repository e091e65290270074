/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A request under construction. 512 bytes hold the largest one here several times over. */
struct request {
  struct nlmsghdr header;
  char bytes[512];
};

static char* end_of(struct request* r) { return (char*)r + NLMSG_ALIGN(r->header.nlmsg_len); }

static void* append(struct request* r, size_t size) {
  char* at = end_of(r);
  memset(at, 0, NLMSG_ALIGN(size));
  r->header.nlmsg_len = (uint32_t)(at - (char*)r + (ptrdiff_t)NLMSG_ALIGN(size));
  return at;
}

static void add(struct request* r, unsigned short type, const void* data, size_t size) {
  struct rtattr* attribute = append(r, RTA_LENGTH(size));
  attribute->rta_type = type;
  attribute->rta_len = (unsigned short)RTA_LENGTH(size);
  if (size != 0) memcpy(RTA_DATA(attribute), data, size);
}
static void add_text(struct request* r, unsigned short type, const char* text) { add(r, type, text, strlen(text) + 1); }

static struct rtattr* begin(struct request* r, unsigned short type) {
  struct rtattr* attribute = (struct rtattr*)(void*)end_of(r);
  add(r, type, NULL, 0);
  return attribute;
}
static void end(struct request* r, struct rtattr* attribute) { attribute->rta_len = (unsigned short)(end_of(r) - (char*)attribute); }

static void start(struct request* r, unsigned short type, unsigned short flags) {
  memset(r, 0, sizeof *r);
  r->header.nlmsg_len = NLMSG_HDRLEN;
  r->header.nlmsg_type = type;
  r->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
}

static void add_info(struct request* r, unsigned flags) {
  struct ifinfomsg* info = append(r, sizeof *info);
  info->ifi_flags = flags;
  info->ifi_change = flags;
}

static int open_netlink(void) { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE); }

/* A socket stays in the namespace that it was made in: visit, and be back before anything else. */
static int open_netlink_in(int netns_fd) {
  const int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) return -1;
  int fd = -1;
  if (setns(netns_fd, CLONE_NEWNET) == 0) {
    fd = open_netlink();
    if (setns(home, CLONE_NEWNET) != 0) abort(); /* nothing may go on in the wrong namespace */
  }
  const int error = errno;
  close(home);
  errno = error;
  return fd;
}

/* Closes fd. */
static int send_and_wait(int fd, const struct request* r) {
  if (fd < 0) return errno;
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[1024];
  } reply;
  ssize_t size = send(fd, r, r->header.nlmsg_len, 0);
  if (size >= 0) size = recv(fd, &reply, sizeof reply, 0);
  int failed = size < 0 ? errno : 0;
  close(fd);
  if (failed != 0) return failed;
  if ((size_t)size < NLMSG_LENGTH(sizeof reply.error) || reply.header.nlmsg_type != NLMSG_ERROR) return EPROTO;
  return -reply.error.error;
}

/* The end inside; a pair that cannot be brought up does not stay. */
static int set_up(int netns_fd, const char* host_name, const char* name) {
  struct request r;
  start(&r, RTM_NEWLINK, 0);
  add_info(&r, IFF_UP);
  add_text(&r, IFLA_IFNAME, name);
  const int failed = send_and_wait(open_netlink_in(netns_fd), &r);
  if (failed != 0) (void)remove_device(host_name);
  return failed;
}

int make_pair(const char* host_name, const char* name, int netns_fd) {
  struct request r;
  start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  add_info(&r, IFF_UP);
  add_text(&r, IFLA_IFNAME, host_name);
  struct rtattr* link_info = begin(&r, IFLA_LINKINFO);
  add_text(&r, IFLA_INFO_KIND, "veth");
  struct rtattr* data = begin(&r, IFLA_INFO_DATA);
  struct rtattr* peer = begin(&r, VETH_INFO_PEER);
  add_info(&r, 0); /* not up: veth_open() wants the two ends linked, which they are after this request only */
  add_text(&r, IFLA_IFNAME, name);
  const uint32_t netns = (uint32_t)netns_fd;
  add(&r, IFLA_NET_NS_FD, &netns, sizeof netns);
  end(&r, peer);
  end(&r, data);
  end(&r, link_info);
  const int failed = send_and_wait(open_netlink(), &r);
  return failed != 0 ? failed : set_up(netns_fd, host_name, name);
}

int remove_device(const char* name) {
  struct request r;
  start(&r, RTM_DELLINK, 0);
  add_info(&r, 0);
  add_text(&r, IFLA_IFNAME, name);
  const int failed = send_and_wait(open_netlink(), &r);
  return failed == ENODEV ? 0 : failed;
}
