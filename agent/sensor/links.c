/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's messages are not read, only counted as a reason to look: so one that was lost (ENOBUFS), and several that
 * came at once, lead to the same state.
 */
#include "agent/sensor/links.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int
es_links_watch(void)
{
	const struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	int why;

	if (fd < 0)
		return ES_EIO;
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return ES_EIO;
}

void
es_links_drain(int fd)
{
	char some[4096];

	while (recv(fd, some, sizeof(some), MSG_DONTWAIT | MSG_TRUNC) > 0 || errno == ENOBUFS ||
	       errno == EINTR)
		errno = 0;
}

int
es_links_look(const char *name, uint32_t *index)
{
	int fd, err = ES_ENOTFOUND;
	struct ifreq ask;

	*index = 0;
	if (strcmp(name, "any") == 0)
		return 0;
	if (strlen(name) >= sizeof(ask.ifr_name))
		return ES_EINVALID;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any will do */
	if (fd < 0)
		return ES_ENOTFOUND;
	memset(&ask, 0, sizeof(ask));
	(void)snprintf(ask.ifr_name, sizeof(ask.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &ask) == 0 && (ask.ifr_flags & IFF_UP) != 0 &&
	    ioctl(fd, SIOCGIFINDEX, &ask) == 0) {
		*index = (uint32_t)ask.ifr_ifindex;
		err = 0;
	}
	close(fd);
	return err;
}
