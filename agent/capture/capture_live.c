/* SPDX-License-Identifier: Apache-2.0 */
/* A live interface as a packet source, by libpcap: its ring in the kernel, never immediate mode. */
#include "agent/capture/capture.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SNAP_BYTES = 65535,
	BUFFER_BYTES = 8 * 1024 * 1024,
	TIMEOUT_MS = 200,
};

struct live {
	struct es_capture base;
	pcap_t *pcap;
	char name[64];
	uint16_t link;
	bool nanoseconds;
	bool ended;
	bool has_polled;
	es_time polled;          /* when the drop counters were read last */
	uint32_t reported_drops; /* sum of libpcap's 32-bit counters, which wrap */
};

static int
live_next(struct es_capture *c, struct es_packet *out)
{
	struct live *l = (struct live *)c;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int rc;

	if (l->ended)
		return ES_EEOF;
	rc = pcap_next_ex(l->pcap, &header, &bytes);
	if (rc == 0)
		return ES_EAGAIN;
	if (rc < 0) {
		(void)snprintf(
		    l->base.error, sizeof(l->base.error), "%s: %s", l->name, pcap_geterr(l->pcap));
		l->ended = true;
		return ES_EIO;
	}
	out->ts = es_time_of_ns((int64_t)header->ts.tv_sec * ES_NS_PER_S +
				(int64_t)header->ts.tv_usec * (l->nanoseconds ? 1 : ES_NS_PER_US));
	out->data = bytes;
	out->cap_bytes = header->caplen;
	out->wire_bytes = header->len;
	out->link = l->link;
	out->iface = 0;
	return 0;
}

static bool
live_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	struct live *l = (struct live *)c;
	es_time from = l->has_polled ? l->polled : es_time_of_ns(INT64_MIN);
	struct pcap_stat stat;
	uint32_t total, n;

	if (l->ended || pcap_stats(l->pcap, &stat) != 0)
		return false;
	total = stat.ps_drop + stat.ps_ifdrop;
	n = total - l->reported_drops;
	l->reported_drops = total;
	l->polled = now;
	l->has_polled = true;
	if (n == 0)
		return false;
	out->from = from;
	out->to = now;
	out->n = n;
	return true;
}

static int
live_fd(const struct es_capture *c)
{
	return pcap_get_selectable_fd(((const struct live *)c)->pcap);
}

static void
live_free(struct es_capture *c)
{
	struct live *l = (struct live *)c;

	if (l->pcap != NULL)
		pcap_close(l->pcap);
	free(l);
}

/* The kernel hands its packets on as they come. */
static bool
live_is_mixed(const struct es_capture *c)
{
	(void)c;
	return false;
}

static const struct es_capture_ops live_ops = { .next = live_next,
	.drops = live_drops,
	.is_mixed = live_is_mixed,
	.fd = live_fd,
	.free = live_free };

static int
code_of(int pcap_error)
{
	switch (pcap_error) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return ES_EDENIED;
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return ES_ENOTFOUND;
	default:
		return ES_EIO;
	}
}

static uint32_t
or_default(uint32_t value, uint32_t by_default)
{
	return value == 0 ? by_default : value;
}

static int
set_filter(struct live *l, const char *expression)
{
	struct bpf_program program;
	int rc = pcap_compile(l->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN);

	if (rc == 0) {
		rc = pcap_setfilter(l->pcap, &program);
		pcap_freecode(&program);
	}
	if (rc != 0)
		(void)snprintf(l->base.error, sizeof(l->base.error), "%s: --filter: %s", l->name,
		    pcap_geterr(l->pcap));
	return rc;
}

/* Everything that needs a right: the socket, its ring and its options. */
static int
activate(struct live *l, const struct es_capture_live_config *cfg)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = l->pcap;
	int rc;

	(void)pcap_set_snaplen(p, (int)or_default(cfg->snap_bytes, SNAP_BYTES));
	(void)pcap_set_buffer_size(p, (int)or_default(cfg->buffer_bytes, BUFFER_BYTES));
	(void)pcap_set_timeout(p, (int)or_default(cfg->timeout_ms, TIMEOUT_MS));
	(void)pcap_set_promisc(p, cfg->promiscuous);
	(void)pcap_set_tstamp_precision(
	    p, PCAP_TSTAMP_PRECISION_NANO); /* else microseconds: read below */
	rc = pcap_activate(p);
	if (rc < 0) {
		/* The more specific text is not always there, and sometimes it is the same. */
		const char *why = pcap_geterr(p);

		if (*why == '\0')
			why = pcap_statustostr(rc);
		(void)snprintf(l->base.error, sizeof(l->base.error), "%s: %s%s", l->name, why,
		    code_of(rc) == ES_EDENIED ? "; capturing needs root or CAP_NET_RAW" : "");
		return code_of(rc);
	}
	/* Cooked v2 names the interface and the direction of each packet; only "any" offers it. */
	(void)pcap_set_datalink(p, DLT_LINUX_SLL2);
	l->link = (uint16_t)pcap_datalink(p);
	l->nanoseconds = pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO;
	if (cfg->filter != NULL && set_filter(l, cfg->filter) != 0)
		return ES_EINVALID;
	if (pcap_setnonblock(p, 1, reason) != 0) {
		(void)snprintf(l->base.error, sizeof(l->base.error), "%s: %s", l->name, reason);
		return ES_EIO;
	}
	return 0;
}

int
es_capture_live_open(const struct es_capture_live_config *cfg, struct es_capture **out,
    char error[ES_CAPTURE_ERROR_MAX])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	struct live *l = calloc(1, sizeof(*l));
	int rc = ES_ENOMEM;

	if (l == NULL) {
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%.63s: out of memory", cfg->iface);
		return ES_ENOMEM;
	}
	l->base.ops = &live_ops;
	(void)snprintf(l->name, sizeof(l->name), "%s", cfg->iface); /* interface names are short */
	l->pcap = pcap_create(cfg->iface, reason);
	if (l->pcap == NULL)
		(void)snprintf(l->base.error, sizeof(l->base.error), "%s: %s", l->name, reason);
	else
		rc = activate(l, cfg);
	if (rc != 0) {
		memcpy(error, l->base.error, ES_CAPTURE_ERROR_MAX);
		live_free(&l->base);
		return rc;
	}
	*out = &l->base;
	return 0;
}
