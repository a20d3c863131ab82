/* SPDX-License-Identifier: Apache-2.0 */
/* One capture section at work: capture, engine, packer. */
#include "agent/sensor/capture_engine.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SLACK_MS = 1000, /* ticks stay so far behind, so that none overtakes a packet */
};

struct es_capture_engine {
	const struct es_capture_section *section;
	struct es_capture_engine_sink sink;
	struct es_capture *capture; /* NULL: an interface that was not there yet */
	struct es_engine *engine;
	struct es_packer *packer;
	struct es_health_sum
	    *health; /* where the engine's own health is added, during a flush of it */
	es_time at;  /* of the record that is being handled */
	bool over;   /* flushed */
	bool cut;    /* some input broke off */
	bool busy;
	bool is_away; /* live: since */
	es_time away;
	struct es_packet packet; /* of a paced replay: waits for its time */
	bool has_packet;
	bool started;
	int64_t start_ms; /* monotonic, of the first packet */
	es_time first;
};

static void
on_packed(void *ctx, es_slice bytes, bool urgent)
{
	struct es_capture_engine *t = ctx;

	t->sink.record(t->sink.ctx, bytes, urgent, t->at);
}

static void
on_record(void *ctx, const struct es_record *rec)
{
	struct es_capture_engine *t = ctx;

	if (rec->type == ES_REC_HEALTH) {
		es_health_add(t->health, &rec->u.health);
		return;
	}
	t->at = rec->at;
	es_packer_record(t->packer, rec);
}

static bool
take_address(const struct sockaddr *sa, struct es_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (sa != NULL && sa->sa_family == AF_INET) {
		out->family = 4;
		memcpy(out->ip, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		out->family = 6;
		memcpy(out->ip, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	}
	return out->family != 0;
}

/* This machine's own addresses, where the configuration names none. */
static uint32_t
own_addresses(struct es_addr out[ES_LOCALS_MAX])
{
	struct ifaddrs *all, *i;
	uint32_t n = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (i = all; i != NULL && n < ES_LOCALS_MAX; i = i->ifa_next)
		if (take_address(i->ifa_addr, &out[n]))
			n++;
	freeifaddrs(all);
	return n;
}

static int
new_engine(struct es_capture_engine *t, const struct es_agent_config *cfg,
    const uint8_t hash_key[16], struct es_srtp *srtp)
{
	struct es_sink sink = { on_record, t };
	struct es_addr own[ES_LOCALS_MAX];
	struct es_config c;

	memset(&c, 0, sizeof(c));
	c.vantage = t->section->vantage;
	memcpy(c.hash_key, hash_key, sizeof(c.hash_key));
	c.receiver = cfg->receiver;
	c.receiver_ms = cfg->receiver_ms;
	c.use_payload = cfg->use_payload;
	if (cfg->leg_header != NULL)
		c.key_header = es_slice_str(cfg->leg_header);
	if (srtp != NULL)
		c.keys = es_srtp_callbacks(srtp);
	c.max_streams = cfg->max_streams;
	c.max_calls = cfg->max_calls;
	c.may_shed = t->section->interface != NULL; /* a file can wait */
	c.local = cfg->locals;
	c.n_local = cfg->n_locals;
	if (c.n_local == 0 && t->section->interface != NULL) {
		c.n_local = own_addresses(own);
		c.local = own;
	}
	return es_engine_new(&c, &sink, &t->engine);
}

static void
on_bad_file(void *ctx, const char *error)
{
	struct es_capture_engine *t = ctx;

	t->cut = true;
	t->sink.trouble(t->sink.ctx, error);
}

static int
open_files(struct es_capture_engine *t, char error[ES_CAPTURE_ERROR_MAX])
{
	const struct es_capture_section *s = t->section;
	int err = es_capture_files_open(
	    s->files, s->n_files, ES_FILE_REGULAR, on_bad_file, t, &t->capture);

	if (err != 0)
		snprintf(error, ES_CAPTURE_ERROR_MAX, "no file of capture \"%s\" can be replayed",
		    s->title);
	return err;
}

int
es_capture_engine_new(const struct es_agent_config *cfg, const struct es_capture_section *section,
    const uint8_t hash_key[16], struct es_srtp *srtp, const struct es_capture_engine_sink *sink,
    struct es_capture_engine **out, char error[ES_CAPTURE_ERROR_MAX])
{
	struct es_packer_config packing = { .period_ms = ES_PACKER_PERIOD_MS };
	struct es_capture_engine *t = calloc(1, sizeof(*t));
	int err;

	snprintf(error, ES_CAPTURE_ERROR_MAX, "out of memory");
	if (t == NULL)
		return ES_ENOMEM;
	t->section = section;
	t->sink = *sink;
	err = es_packer_new(&packing, on_packed, t, &t->packer);
	if (err == 0)
		err = new_engine(t, cfg, hash_key, srtp);
	if (err == 0 && section->interface == NULL)
		err = open_files(t, error);
	if (err != 0) {
		es_capture_engine_free(t);
		return err;
	}
	*out = t;
	return 0;
}

void
es_capture_engine_free(struct es_capture_engine *t)
{
	if (t == NULL)
		return;
	es_capture_free(t->capture);
	es_engine_free(t->engine);
	es_packer_free(t->packer);
	free(t);
}

int
es_capture_engine_fd(const struct es_capture_engine *t)
{
	return t->capture == NULL ? -1 : es_capture_fd(t->capture);
}

/* The packet's turn: 0; later: ES_EAGAIN and how long. */
static int
pace(struct es_capture_engine *t, int64_t now_ms, int64_t *wait_ms)
{
	uint32_t speed = t->section->speed_milli;
	int64_t due_ms;

	if (speed == 0 || t->section->interface != NULL)
		return 0;
	if (!t->started) {
		t->started = true;
		t->start_ms = now_ms;
		t->first = t->packet.ts;
	}
	due_ms = t->start_ms +
		 es_time_diff(t->packet.ts, t->first) / ES_NS_PER_MS * 1000 / (int64_t)speed;
	*wait_ms = due_ms - now_ms;
	return *wait_ms > 0 ? ES_EAGAIN : 0;
}

static void
take_drops(struct es_capture_engine *t, es_time now)
{
	struct es_capture_drops d;

	while (t->capture != NULL && es_capture_drops(t->capture, now, &d)) {
		es_engine_dropped(t->engine, d.from, d.to, d.n);
	}
}

/* The next packet into t->packet, or why there is none. */
static int
next_packet(struct es_capture_engine *t)
{
	int err;

	if (t->has_packet)
		return 0;
	for (;;) {
		err = es_capture_next(t->capture, &t->packet);
		if (err == 0 || err == ES_EAGAIN || err == ES_EEOF)
			break;
		if (t->section->interface != NULL)
			break; /* opening it again takes rights we do not have */
		t->cut = true;
		t->sink.trouble(t->sink.ctx, es_capture_error(t->capture));
	}
	t->has_packet = err == 0;
	return err;
}

int
es_capture_engine_read(struct es_capture_engine *t, uint32_t max, int64_t now_ms, int64_t *wait_ms)
{
	uint32_t n;
	int err;

	*wait_ms = 0;
	if (t->over)
		return ES_EEOF;
	if (t->capture == NULL)
		return ES_EAGAIN;
	for (n = 0; n < max; n++) {
		err = next_packet(t);
		if (err == ES_EAGAIN || err == ES_EIO)
			return err;
		if (err != 0) {
			es_capture_engine_flush(t, t->packet.ts, t->cut);
			return ES_EEOF;
		}
		if (pace(t, now_ms, wait_ms) != 0)
			return ES_EAGAIN;
		if (t->section->interface == NULL)
			take_drops(t, t->packet.ts); /* first: the packet may end what they mark */
		es_engine_packet(t->engine, &t->packet);
		t->has_packet = false;
		t->busy = true;
		if (t->section->interface == NULL)
			es_packer_advance(t->packer, t->packet.ts);
	}
	return 0;
}

void
es_capture_engine_away(struct es_capture_engine *t, es_time now)
{
	if (t->over || t->is_away)
		return;
	t->is_away = true;
	t->away = now;
	es_engine_stood_still(t->engine, now, now);
}

void
es_capture_engine_attach(struct es_capture_engine *t, struct es_capture *source, es_time now)
{
	struct es_packet packet;

	if (t->capture != NULL) {
		while (!t->over && es_capture_next(t->capture, &packet) == 0)
			es_engine_packet(t->engine, &packet);
		take_drops(t, now);
		es_capture_engine_away(t, now); /* unless it was said before */
		if (!t->over)
			es_engine_stood_still(t->engine, t->away, now);
		es_capture_free(t->capture);
	}
	t->capture = source;
	t->is_away = false;
}

void
es_capture_engine_advance(struct es_capture_engine *t, es_time now)
{
	es_time to = es_time_add(now, -SLACK_MS * ES_NS_PER_MS);

	if (t->over)
		return;
	take_drops(t, now);
	es_engine_advance(t->engine, to);
	es_packer_advance(t->packer, to);
}

void
es_capture_engine_clock_stepped(struct es_capture_engine *t)
{
	if (!t->over)
		es_engine_clock_stepped(t->engine);
}

void
es_capture_engine_flush(struct es_capture_engine *t, es_time now, bool cut)
{
	if (t->over)
		return;
	t->over = true;
	take_drops(t, now);
	if (cut)
		es_engine_cut(t->engine);
	es_engine_flush(t->engine);
	es_packer_flush(t->packer);
}

void
es_capture_engine_shed(struct es_capture_engine *t, enum es_shed what, uint32_t refused_ppm)
{
	es_engine_shed(t->engine, what, refused_ppm);
}

void
es_capture_engine_pressure(const struct es_capture_engine *t, struct es_pressure *p)
{
	uint32_t fill_ppm = t->capture == NULL ? 0 : es_capture_fill_ppm(t->capture);

	p->memory_bytes += es_engine_memory_bytes(t->engine);
	p->dropped += es_engine_counter(t->engine, ES_CNT_CAPTURE_DROPPED);
	if (fill_ppm > p->buffer_ppm)
		p->buffer_ppm = fill_ppm;
}

bool
es_capture_engine_is_over(const struct es_capture_engine *t)
{
	return t->over;
}

bool
es_capture_engine_was_busy(struct es_capture_engine *t)
{
	bool busy = t->busy;

	t->busy = false;
	return busy;
}

uint32_t
es_capture_engine_calls_up(const struct es_capture_engine *t)
{
	return t->over ? 0 : es_engine_calls_up(t->engine);
}

void
es_capture_engine_health(struct es_capture_engine *t, es_time at, struct es_health_sum *sum)
{
	t->health = sum;
	es_engine_health(t->engine, at);
}
