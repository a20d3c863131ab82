/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stream packet by packet: losses, pauses, talkspurts; and rows of what is sent and what must be counted.
 * Static on purpose, like parties.h.
 */
#ifndef TESTS_LINES_H
#define TESTS_LINES_H

#include "tests/sim/parties.h"

#include <stdlib.h>

static struct world_rtp r;
static double now_ms;

/* A stream from number 1024 on, first of a block. depth_ms of a fixed receiver, 0: adaptive. */
static inline void
start(uint32_t depth_ms)
{
	begin();
	if (depth_ms != 0) {
		world_done(&w);
		world_init(&w);
		w.cfg.receiver = ES_RECEIVER_FIXED;
		w.cfg.receiver_ms = depth_ms;
		world_start(&w);
	}
	now_ms = 0;
	r = to_bob();
	r.seq = 1024;
}

static inline void
run(unsigned n)
{
	world_run_rtp(&w, &now_ms, &r, n);
}

static inline void
lose(unsigned n)
{
	r.seq = (uint16_t)(r.seq + n);
	r.ts += 160 * n;
	now_ms += 20 * n;
}

static inline void
pause(unsigned packets)
{
	r.ts += 160 * packets;
	now_ms += 20 * packets;
}

static inline void
talkspurt(unsigned n)
{
	r.marker = true;
	run(1);
	r.marker = false;
	run(n - 1);
}

static inline const struct es_stream *
end(void)
{
	world_flush(&w);
	return world_stream(&w, r.ssrc, 0);
}

/* At ms, a packet as the n-th before the next one was or would have been. */
static inline void
send_earlier(int n, double ms)
{
	struct world_rtp p = r;

	p.seq = (uint16_t)(p.seq - n);
	p.ts -= 160 * (uint32_t)n;
	world_send_rtp(&w, ms, &p);
}

/* n packets, each of them twice, as a mirror port does it; every spared-th (0: none) comes once. */
static inline void
mirror(unsigned n, unsigned spared)
{
	for (unsigned i = 0; i < n; i++) {
		r.ip_id = (uint16_t)(20000 + r.seq);
		world_send_rtp(&w, now_ms, &r);
		if (spared == 0 || i % spared != 0)
			world_send_rtp(&w, now_ms + 0.02, &r);
		lose(1);
	}
	r.ip_id = 0;
}

/* One word of a script. False: it is not known. */
static inline bool
play_word(const char *word, int n)
{
	if (strcmp(word, "run") == 0) {
		run((unsigned)n);
	} else if (strcmp(word, "lose") == 0) {
		lose((unsigned)n);
	} else if (strcmp(word, "pause") == 0) { /* so many packets' time, without a number */
		pause((unsigned)n);
	} else if (strcmp(word, "talk") == 0) { /* begins with the marker */
		talkspurt((unsigned)n);
	} else if (strcmp(word, "late") == 0) { /* one packet, by so many ms */
		world_send_rtp(&w, now_ms + n, &r);
		lose(1);
	} else if (strcmp(word, "behind") == 0) { /* the n-th before the next, out of order */
		send_earlier(n, now_ms - 5);
	} else if (strcmp(word, "copy") == 0) { /* of the last one, n us behind it */
		send_earlier(1, now_ms - 20 + n / 1e3);
	} else if (strcmp(word, "stray") == 0) { /* n ahead, with another timestamp */
		struct world_rtp p = r;

		p.seq = (uint16_t)(p.seq + n);
		p.ts = 5;
		world_send_rtp(&w, now_ms, &p);
	} else if (strcmp(word, "mirror") == 0) {
		mirror((unsigned)n, 0);
	} else if (strcmp(word, "mirror_4_of_5") == 0) {
		mirror((unsigned)n, 5);
	} else if (strcmp(word, "wait") == 0) { /* ms of time alone */
		now_ms += n;
	} else if (strcmp(word, "ts") == 0) { /* added to the timestamp alone */
		r.ts += (uint32_t)n;
	} else if (strcmp(word, "seq") == 0) {
		r.seq = (uint16_t)n;
	} else if (strcmp(word, "pt") == 0) {
		r.pt = (uint8_t)n;
	} else if (strcmp(word, "ssrc") == 0) {
		r.ssrc = (uint32_t)n;
	} else if (strcmp(word, "id") == 0) { /* of IP */
		r.ip_id = (uint16_t)n;
	} else if (strcmp(word, "iface") == 0) {
		r.iface = (uint16_t)n;
	} else {
		return false;
	}
	return true;
}

/* Pairs of a word and a number; "times N ...;" plays what stands before the ';' N times. Returns the rest. */
static inline const char *
play(const char *script)
{
	for (;;) {
		const char *first = script + strspn(script, " ");
		int n_word = (int)strcspn(first, " ;");
		char word[16], *end;
		int n = (int)strtol(first + n_word, &end, 10);

		if (n_word == 0 || end == first + n_word)
			return first;
		snprintf(word, sizeof(word), "%.*s", n_word, first);
		script = end;
		if (strcmp(word, "times") == 0) {
			const char *rest = script;

			for (int i = 0; i < n; i++)
				rest = play(script);
			script = rest + 1; /* its ';' */
		} else if (!play_word(word, n)) {
			test_fail(__FILE__, __LINE__, "no word \"%s\"", word);
		}
	}
}

/* Sent: a script. Wanted of the stream's record; a count that is left out must be 0. */
struct line_row {
	const char *name;
	const char *script;
	uint32_t depth_ms; /* of a fixed receiver, 0: adaptive */
	struct {
		bool no_stream;
		bool
		    is_forgotten; /* the first of two: the record is of another that begins later */
		bool is_steady;   /* its jitter stays 0 */
		uint64_t packets, lost, duplicates, capture_duplicates, reordered, reordered_max;
		uint64_t stale, late, unproven, silences, findings;
		uint32_t loss_run[ES_LOSS_RUN_BINS];
		/* 0: not said */
		uint64_t first_seq, n_blocks, ptime_us, delta_max_us, p99_us, payload_type;
		uint64_t burst_us, burst_ppm, concealed_s, severely_concealed_s;
		const char *codec;
	} want;
};

static inline void
check_count(const struct line_row *row, const char *what, uint64_t is, uint64_t want)
{
	if (is != want)
		test_fail(__FILE__, __LINE__, "%s: %s is %llu, not %llu", row->name, what,
		    (unsigned long long)is, (unsigned long long)want);
}

#define CHECK_COUNT(member) check_count(row, #member, s->member, row->want.member)
#define CHECK_SAID(member, is)                                           \
	do {                                                             \
		if (row->want.member != 0)                               \
			check_count(row, #member, is, row->want.member); \
	} while (0)

static inline void
check_stream(const struct line_row *row, const struct es_stream *s)
{
	CHECK_COUNT(packets);
	CHECK_COUNT(lost);
	CHECK_COUNT(duplicates);
	CHECK_COUNT(capture_duplicates);
	CHECK_COUNT(reordered);
	CHECK_COUNT(reordered_max);
	CHECK_COUNT(stale);
	CHECK_COUNT(late);
	CHECK_COUNT(silences);
	CHECK_COUNT(findings);
	for (unsigned i = 0; i < ES_LOSS_RUN_BINS; i++)
		CHECK_COUNT(loss_run[i]);
	check_count(row, "expected", s->expected, s->packets - s->duplicates + s->lost);
	if (!row->want.is_forgotten)
		check_count(row, "start", (uint64_t)s->start.ns, (uint64_t)world_time(0).ns);
	check_count(row, "bits of loss runs and concealment",
	    s->has & (ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED),
	    ES_STREAM_HAS_LOSS_RUNS | ES_STREAM_HAS_CONCEALED);
	if (row->want.is_steady)
		check_count(row, "jitter_max_us", s->jitter_max_us, 0);
	CHECK_SAID(first_seq, s->first_seq);
	CHECK_SAID(n_blocks, world_count(&w, ES_REC_INTERVAL));
	CHECK_SAID(ptime_us, s->ptime_us);
	CHECK_SAID(delta_max_us, s->delta_max_us);
	CHECK_SAID(p99_us, s->delay_variation.p99_us);
	CHECK_SAID(payload_type, s->payload_type);
	CHECK_SAID(burst_us, s->burst_length_us);
	CHECK_SAID(burst_ppm, s->burst_density_ppm);
	CHECK_SAID(concealed_s, s->concealed_s);
	CHECK_SAID(severely_concealed_s, s->severely_concealed_s);
	if (row->want.codec != NULL && !es_slice_eq(s->codec, es_slice_str(row->want.codec)))
		test_fail(__FILE__, __LINE__, "%s: codec is \"%.*s\"", row->name, (int)s->codec.n,
		    (const char *)s->codec.p);
}

/* Plays a row in a world of its own. */
static inline void
check_row(const struct line_row *row)
{
	const struct es_stream *s;

	start(row->depth_ms);
	if (*play(row->script) != '\0')
		test_fail(__FILE__, __LINE__, "%s: the script is not read to its end", row->name);
	s = end();
	if ((s == NULL) != row->want.no_stream)
		test_fail(__FILE__, __LINE__, "%s: %s stream", row->name, s == NULL ? "no" : "a");
	else if (s != NULL)
		check_stream(row, s);
	check_count(row, "streams", world_counter(&w, ES_CNT_STREAMS),
	    row->want.no_stream ? 0 : 1 + row->want.is_forgotten);
	check_count(row, "restarts", world_stream(&w, r.ssrc, 1) != NULL, 0);
	check_count(row, "unproven", world_counter(&w, ES_CNT_RTP_UNPROVEN), row->want.unproven);
	world_done(&w);
}

#define CHECK_ROWS(rows)                                                 \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); i_++) \
	check_row(&(rows)[i_])

#endif
