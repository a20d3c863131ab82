/* SPDX-License-Identifier: Apache-2.0 */
/* Requests the station from nl80211 over generic netlink. */
#include "probes/host/nl80211.h"

#include "probes/host/netlink.h"

#include <errno.h>
#include <linux/nl80211.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_TIMEOUT_MS = 200 };

void
es_host_nl80211_init(struct es_host_nl80211 *nl)
{
	*nl = (struct es_host_nl80211){ .fd = -1 };
}

void
es_host_nl80211_done(struct es_host_nl80211 *nl)
{
	if (nl->fd >= 0)
		(void)close(nl->fd); /* nothing was written that could be lost */
	nl->fd = -1;
}

static int
open_netlink(struct es_host_nl80211 *nl)
{
	struct timeval patience = { .tv_usec = ANSWER_TIMEOUT_MS * 1000 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (nl->fd >= 0)
		return 0;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return ES_EIO;
	/* An answer comes at once or not at all; a sample must not hang on it. */
	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    connect(nl->fd, (const struct sockaddr *)&kernel, sizeof(kernel)) != 0) {
		es_host_nl80211_done(nl);
		return ES_EIO;
	}
	return 0;
}

/* Sends a request and collects its answers; the number of bytes, or ES_EIO. */
static int
ask(struct es_host_nl80211 *nl, struct es_host_files *files,
    const struct es_host_question *question)
{
	struct es_host_request request;
	size_t n = 0;

	if (es_host_request_init(&request, question) != 0 ||
	    send(nl->fd, &request, request.header.nlmsg_len, 0) < 0)
		return ES_EIO;
	while (n < sizeof(files->buffer)) {
		ssize_t got = recv(nl->fd, files->buffer + n, sizeof(files->buffer) - n, 0);
		const struct nlmsghdr *h =
		    (const struct nlmsghdr *)(const void *)(files->buffer + n);

		if (got < (ssize_t)sizeof(*h))
			return ES_EIO;
		n += (size_t)got;
		if (!(h->nlmsg_flags & NLM_F_MULTI) || h->nlmsg_type == NLMSG_DONE ||
		    h->nlmsg_type == NLMSG_ERROR)
			return (int)n;
		n = NLMSG_ALIGN(n);
	}
	return (int)sizeof(files->buffer);
}

/* The netlink family number of nl80211, requested once. */
static bool
find_family(struct es_host_nl80211 *nl, struct es_host_files *files)
{
	const struct es_host_question question = { .family = GENL_ID_CTRL,
		.command = CTRL_CMD_GETFAMILY,
		.attribute = CTRL_ATTR_FAMILY_NAME,
		.n = sizeof(NL80211_GENL_NAME),
		.value = NL80211_GENL_NAME };
	int n = ask(nl, files, &question);

	if (n < 0)
		return false;
	nl->family = es_host_family_parse(es_slice_of(files->buffer, (size_t)n));
	return nl->family != 0;
}

int
es_host_nl80211_ask(struct es_host_nl80211 *nl, struct es_host_files *files, const char *interface,
    struct es_host_station *out)
{
	struct es_host_question question;
	unsigned index = if_nametoindex(interface);
	int n;

	if (nl->has_no_family || index == 0)
		return ES_ENOTFOUND;
	if (open_netlink(nl) != 0)
		return ES_EIO;
	if (nl->family == 0 && !find_family(nl, files)) {
		nl->has_no_family = true; /* no Wi-Fi in this kernel: not requested again */
		es_host_nl80211_done(nl);
		return ES_ENOTFOUND;
	}
	question = (struct es_host_question){ .family = nl->family,
		.flags = NLM_F_DUMP,
		.command = NL80211_CMD_GET_STATION,
		.attribute = NL80211_ATTR_IFINDEX,
		.n = sizeof(index),
		.value = &index };
	n = ask(nl, files, &question);
	if (n < 0) {
		/* What comes late must not be taken for the next answer. */
		es_host_nl80211_done(nl);
		return ES_EIO;
	}
	return es_host_station_parse(es_slice_of(files->buffer, (size_t)n), out);
}
