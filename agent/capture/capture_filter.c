/* SPDX-License-Identifier: Apache-2.0 */
/* A source whose packets pass a filter first, one program for each type of link. */
#include "agent/capture/capture_filter.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SNAP_BYTES = 262144, /* tcpdump's: no packet is longer */
	LINKS_MAX = 16,
	LOOK_PACKETS = 4096, /* in a row that do not pass, until someone may look */
};

struct link {
	uint16_t type;
	bool is_refused; /* no program */
	struct bpf_program program;
};

struct filter {
	struct es_capture base;
	struct es_capture *source;
	const char *expression;
	bool (*look)(void *ctx);
	void *ctx;
	size_t n_links;
	struct link links[LINKS_MAX];
};

/* Files write raw IP as 101; libpcap's own number for it is that of the system. */
static int
type_for_pcap(uint16_t link)
{
	return link == ES_LINK_RAW ? DLT_RAW : link;
}

static int
compile(const char *expression, uint16_t link, struct bpf_program *out, char why[PCAP_ERRBUF_SIZE])
{
	pcap_t *p = pcap_open_dead(type_for_pcap(link), SNAP_BYTES);
	int rc = ES_ENOMEM;

	(void)snprintf(why, PCAP_ERRBUF_SIZE, "out of memory");
	if (p == NULL)
		return rc;
	rc = pcap_compile(p, out, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 ? 0 : ES_EINVALID;
	if (rc != 0)
		(void)snprintf(why, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(p));
	pcap_close(p);
	return rc;
}

static void
clear(struct link *l)
{
	if (!l->is_refused)
		pcap_freecode(&l->program);
}

/* The program for the packet's link; NULL: none, and the first time that is an error. */
static struct link *
link_of(struct filter *f, uint16_t type, int *rc)
{
	char why[PCAP_ERRBUF_SIZE];
	struct link *l;

	*rc = 0;
	for (size_t i = 0; i < f->n_links; i++)
		if (f->links[i].type == type)
			return f->links[i].is_refused ? NULL : &f->links[i];
	l = &f->links[f->n_links < LINKS_MAX ? f->n_links++ : LINKS_MAX - 1];
	clear(l); /* what lies in the last place, where there are more types than places */
	l->type = type;
	l->is_refused = compile(f->expression, type, &l->program, why) != 0;
	if (!l->is_refused)
		return l;
	(void)snprintf(f->base.error, sizeof(f->base.error),
	    "--filter: \"%.200s\" says nothing of packets of link type %u: %.200s", f->expression,
	    type, why);
	*rc = ES_EMALFORMED;
	return NULL;
}

static int
filter_next(struct es_capture *c, struct es_packet *out)
{
	struct filter *f = (struct filter *)c;
	struct pcap_pkthdr header = { 0 };
	uint32_t n_stopped = 0;
	int rc;

	while ((rc = es_capture_next(f->source, out)) == 0) {
		const struct link *l = link_of(f, out->link, &rc);

		if (rc != 0)
			return rc;
		header.caplen = out->cap_bytes;
		header.len = out->wire_bytes;
		if (l != NULL && pcap_offline_filter(&l->program, &header, out->data) != 0)
			return 0;
		if (++n_stopped % LOOK_PACKETS == 0 && f->look != NULL && !f->look(f->ctx))
			return ES_EEOF;
	}
	if (rc != ES_EEOF && rc != ES_EAGAIN)
		(void)snprintf(
		    f->base.error, sizeof(f->base.error), "%s", es_capture_error(f->source));
	return rc;
}

static bool
filter_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	return es_capture_drops(((struct filter *)c)->source, now, out);
}

static bool
filter_is_mixed(const struct es_capture *c)
{
	return es_capture_is_mixed(((const struct filter *)c)->source);
}

static int
filter_fd(const struct es_capture *c)
{
	return es_capture_fd(((const struct filter *)c)->source);
}

static bool
filter_secrets(struct es_capture *c, const struct es_capture_secrets *to)
{
	return es_capture_give_secrets(((struct filter *)c)->source, to);
}

static struct es_capture_position
filter_position(const struct es_capture *c)
{
	return es_capture_position(((const struct filter *)c)->source);
}

static void
filter_free(struct es_capture *c)
{
	struct filter *f = (struct filter *)c;

	for (size_t i = 0; i < f->n_links; i++)
		clear(&f->links[i]);
	es_capture_free(f->source);
	free(f);
}

static const struct es_capture_ops filter_ops = { .next = filter_next,
	.drops = filter_drops,
	.is_mixed = filter_is_mixed,
	.fd = filter_fd,
	.free = filter_free,
	.secrets = filter_secrets,
	.position = filter_position };

int
es_capture_filter_new(struct es_capture *source, const char *expression, bool (*look)(void *ctx),
    void *ctx, struct es_capture **out)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return ES_ENOMEM;
	f->base.ops = &filter_ops;
	f->source = source;
	f->expression = expression;
	f->look = look;
	f->ctx = ctx;
	*out = &f->base;
	return 0;
}
