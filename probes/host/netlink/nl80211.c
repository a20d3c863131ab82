/* SPDX-License-Identifier: Apache-2.0 */
/* Requests station and survey from nl80211 over generic netlink. */
#include "probes/host/netlink/nl80211.h"

#include "probes/host/netlink/netlink.h"
#include "probes/host/netlink/netlink_socket.h"

#include <linux/nl80211.h>
#include <net/if.h>
#include <unistd.h>

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

/* Sends a request and collects its answers; the number of bytes, or ES_EIO. */
static int
ask(struct es_host_nl80211 *nl, struct es_host_files *files,
    const struct es_host_question *question)
{
	struct es_host_request request;
	int n = ES_EIO;

	if (nl->fd < 0)
		nl->fd = es_host_netlink_open(NETLINK_GENERIC);
	if (nl->fd >= 0 && es_host_request_init(&request, question) == 0)
		n = es_host_netlink_ask(nl->fd, files, &request, request.header.nlmsg_len);
	if (n < 0)
		es_host_nl80211_done(nl);
	return n;
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

/* The answers of nl80211 to a request for all that it has of an interface. */
static int
ask_for(
    struct es_host_nl80211 *nl, struct es_host_files *files, const char *interface, uint8_t command)
{
	struct es_host_question question;
	unsigned index = if_nametoindex(interface);

	if (nl->has_no_family || index == 0)
		return ES_ENOTFOUND;
	if (nl->family == 0 && !find_family(nl, files)) {
		nl->has_no_family = true; /* no Wi-Fi in this kernel: not requested again */
		es_host_nl80211_done(nl);
		return ES_ENOTFOUND;
	}
	question = (struct es_host_question){ .family = nl->family,
		.flags = NLM_F_DUMP,
		.command = command,
		.attribute = NL80211_ATTR_IFINDEX,
		.n = sizeof(index),
		.value = &index };
	return ask(nl, files, &question);
}

int
es_host_nl80211_station(struct es_host_nl80211 *nl, struct es_host_files *files,
    const char *interface, struct es_host_station *out)
{
	int n = ask_for(nl, files, interface, NL80211_CMD_GET_STATION);

	return n < 0 ? n : es_host_station_parse(es_slice_of(files->buffer, (size_t)n), out);
}

int
es_host_nl80211_survey(struct es_host_nl80211 *nl, struct es_host_files *files,
    const char *interface, struct es_host_survey *out)
{
	int n = ask_for(nl, files, interface, NL80211_CMD_GET_SURVEY);

	return n < 0 ? n : es_host_survey_parse(es_slice_of(files->buffer, (size_t)n), out);
}
