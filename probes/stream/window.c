/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of 256 numbers: which are open, when one closes, and what is reported of it then. */
#include "probes/stream/window.h"

#include "probes/base/bits.h"
#include "probes/stream/clocks.h"
#include "probes/stream/coding.h"
#include "probes/stream/pauses.h"
#include "probes/stream/scored.h"
#include "probes/stream/side.h"

enum {
	IDENTICAL_BLOCK_MIN = 20, /* packets a block must have to judge its copies */
	IDENTICAL_SHARE_TENTHS = 9,
	RUNS_MAX = ES_BLOCK_SEQS / 2 + 1,
	BLOCK_WORDS = ES_BLOCK_SEQS / 64,
};

static void
clear(struct es_stream_state *s, uint64_t block)
{
	unsigned word = (unsigned)(block % 2) * BLOCK_WORDS;

	for (unsigned i = 0; i < BLOCK_WORDS; i++) {
		s->window.got[word + i] = 0;
		if (s->side.damage != NULL)
			s->side.damage->late_at[word + i] = 0;
		if (s->side.recovered_at != NULL)
			s->side.recovered_at[word + i] = 0;
		if (s->side.pauses != NULL)
			s->side.pauses->quiet[word + i] = 0;
	}
}

static void
begin_part(struct es_stream_state *s, uint64_t block, bool has_before, es_time expected)
{
	struct es_block *b = &s->window.block[block % 2];
	const struct es_block *before = &s->window.block[(block + 1) % 2];

	memset(b, 0, sizeof(*b));
	b->first_at = expected;
	b->coverage_flags = s->since_flags;
	b->dropped = s->since_dropped;
	es_variation_init(&b->variation, has_before ? &before->variation : NULL);
}

void
es_window_begin(struct es_stream_state *s, uint64_t first)
{
	uint64_t block = first / ES_BLOCK_SEQS;

	s->oldest = block - 1;
	s->judged = 0;
	clear(s, block - 1);
	clear(s, block);
	begin_part(s, block - 1, false, s->record.start);
	begin_part(s, block, false, s->record.start);
}

uint32_t
es_window_identical(const struct es_stream_state *s)
{
	return (uint32_t)s->window.block[0].identical + s->window.block[1].identical;
}

static bool
is_doubled(const struct es_block *b)
{
	return b->doubled * 10u >= b->received * (unsigned)IDENTICAL_SHARE_TENTHS;
}

/* A block too small to judge goes with its neighbour: the next one if it is open, else the last. */
static void
settle_identical(struct es_stream_state *s, struct es_block *b, const struct es_block *next)
{
	bool mirrored = s->count.is_mirrored;

	if (b->received >= IDENTICAL_BLOCK_MIN)
		mirrored = is_doubled(b);
	else if (next != NULL && next->received >= IDENTICAL_BLOCK_MIN)
		mirrored = is_doubled(next);
	s->count.is_mirrored = mirrored;
	if (mirrored) {
		b->capture_duplicates = (uint16_t)(b->capture_duplicates + b->identical);
		s->count.capture_duplicates += b->identical;
	} else {
		b->duplicates = (uint16_t)(b->duplicates + b->identical);
		s->count.duplicates += b->identical;
	}
	b->identical = 0;
}

struct runs {
	struct es_missing at[RUNS_MAX];
	uint32_t n;
	uint32_t lost;
	uint32_t late;
	uint32_t recovered;
};

/* The packet time of a part that is judged, and where its runs go. */
struct judged {
	struct es_context *c;
	struct es_stream_state *s;
	struct es_effective_loss *loss;
	uint32_t ptime_us;
	bool is_timeless; /* its timestamps do not follow time: no packet was late */
};

static void
note_run(const struct judged *j, enum es_fate last, uint32_t run)
{
	struct es_stream_damage *damage = j->s->side.damage;
	bool bad = last != ES_FATE_GOOD;

	if (damage != NULL) {
		es_burst_run(&damage->burst, bad, run);
		es_effective_loss_add(&damage->effective, last, run);
	} else {
		j->s->quality.clean += run;
	}
	es_effective_loss_add(&j->s->quality.opinion.open, last, run);
	es_effective_loss_add(j->loss, last, run);
	es_concealed_add(&j->s->quality.concealed, bad, run, j->ptime_us);
}

/* Of the packets that note_run counted as bad. */
static void
note_late(const struct judged *j, uint32_t late)
{
	if (late == 0)
		return;
	j->s->side.damage->effective.late += late;
	j->s->quality.opinion.open.late += late;
	j->loss->late += late;
}

static void
weigh(const struct judged *j, struct es_loss_weight w)
{
	if (j->s->side.damage != NULL)
		es_effective_loss_weigh(&j->s->side.damage->effective, &w);
	es_effective_loss_weigh(&j->s->quality.opinion.open, &w);
	es_effective_loss_weigh(j->loss, &w);
}

/* Goes over the numbers of a part: missing runs for the record, good and bad ones for the model. */
static void
walk(const struct judged *j, uint64_t first, uint64_t last, struct runs *r)
{
	const unsigned begin = (unsigned)(first % ES_BLOCK_SEQS);
	const unsigned end = (unsigned)(last % ES_BLOCK_SEQS) + 1;
	const unsigned word = (unsigned)(first / ES_BLOCK_SEQS % 2) * BLOCK_WORDS;
	uint64_t lost[BLOCK_WORDS];
	uint64_t bad[BLOCK_WORDS];
	uint64_t given[BLOCK_WORDS];
	uint64_t late[BLOCK_WORDS];
	struct es_stream_damage *damage = j->s->side.damage;
	bool has_late = damage != NULL && !j->is_timeless;
	unsigned n;

	for (unsigned i = 0; i < BLOCK_WORDS; i++) {
		lost[i] = ~j->s->window.got[word + i];
		given[i] = j->s->side.recovered_at != NULL ? j->s->side.recovered_at[word + i] : 0;
		late[i] = has_late ? damage->late_at[word + i] : 0;
		bad[i] = (lost[i] | late[i]) & ~given[i];
	}
	for (unsigned at = begin; at < end; at += n) {
		bool is_lost = es_bits_has(lost, at);

		n = es_bits_run(lost, at, end);
		if (is_lost)
			damage = es_side_damage(j->c, j->s);
		if (damage != NULL)
			es_lossruns_add(&damage->lost_runs, is_lost, n);
		if (!is_lost)
			continue;
		r->at[r->n].seq = first - begin + at;
		r->at[r->n++].run = n;
		r->lost += n;
	}
	for (unsigned at = begin; at < end; at += n) {
		enum es_fate fate = ES_FATE_GOOD;

		n = es_bits_run(bad, at, end);
		if (es_bits_has(bad, at))
			fate = es_bits_has(lost, at + n - 1) ? ES_FATE_LOST : ES_FATE_LATE;
		note_run(j, fate, n);
	}
	if (j->s->side.pauses != NULL)
		weigh(j, es_pauses_weigh(j->s, bad, first, last));
	r->late = es_bits_count(late, begin, end);
	for (unsigned i = 0; i < BLOCK_WORDS; i++) {
		given[i] &= lost[i];
		bad[i] &= ~lost[i];
	}
	r->recovered = es_bits_count(given, begin, end);
	note_late(j, es_bits_count(bad, begin, end));
}

/* The same for a part of which nothing came. */
static void
walk_whole(const struct judged *j, uint64_t first, uint64_t last, struct runs *r)
{
	r->at[0].seq = first;
	r->at[0].run = (uint32_t)(last - first + 1);
	r->n = 1;
	r->lost = r->at[0].run;
	es_lossruns_add(&es_side_damage(j->c, j->s)->lost_runs, true, r->lost);
	note_run(j, ES_FATE_LOST, r->lost);
	if (j->s->side.pauses != NULL)
		j->s->side.pauses->is_in_run = true;
}

/* What moved since another codec took over is not of a part before. */
static uint32_t
moves_of(const struct es_stream_state *s, uint64_t last)
{
	if (last >= s->coding.audio_since || s->receiver.moves_then < s->receiver.moves_reported)
		return s->receiver.dejitter.moves;
	return s->receiver.moves_then;
}

static void
note_buffer(const struct judged *j, uint64_t last)
{
	struct es_stream_damage *damage = j->s->side.damage;
	uint32_t frames = damage != NULL ? es_frozen_take(&damage->frozen, last) : 0;
	uint32_t moves = moves_of(j->s, last);
	uint32_t moved = moves - j->s->receiver.moves_reported;

	j->s->receiver.moves_reported = moves;
	if (j->is_timeless)
		return;
	*(damage != NULL ? &damage->effective.moved : &j->s->quality.moved) += moved;
	j->s->quality.opinion.open.moved += moved;
	j->loss->moved += moved;
	if (frames == 0)
		return;
	damage->effective.frozen += frames;
	j->s->quality.opinion.open.frozen += frames;
	j->loss->frozen += frames;
}

/* What is measured against the media clock. */
static void
report_times(struct es_stream_state *s, const struct es_block *b, const struct runs *r,
    struct es_interval *i)
{
	i->late = r->late;
	if (b->has_late)
		i->has |= ES_INTERVAL_HAS_LATE;
	i->jitter_us = b->jitter_us;
	if (b->has_jitter)
		i->has |= ES_INTERVAL_HAS_JITTER;
	if (es_variation_percentiles(&b->variation, &i->delay_variation))
		i->has |= ES_INTERVAL_HAS_DELAY_VARIATION;
	es_variation_sum_add(&s->clock.variation, &b->variation);
	es_skew_learn(&s->clock.skew);
	s->count.late += r->late;
}

static void
report_received(const struct es_block *b, struct es_interval *i)
{
	i->start = b->first_at;
	i->end = b->last_at;
	i->rtp_ts = b->low_ts;
	i->has |= ES_INTERVAL_HAS_RTP_TS;
	i->duplicates = b->duplicates;
	i->capture_duplicates = b->capture_duplicates;
	i->reordered = b->reordered;
}

/* Emits first..last, all of one block. b NULL: none of them came; expected gives their time. */
static void
emit(struct es_context *c, struct es_stream_state *s, uint64_t first, uint64_t last,
    const struct es_block *b, es_time expected, es_time at)
{
	struct es_record rec;
	struct es_interval *i = &rec.u.interval;
	struct es_coverage coverage = { .flags = s->since_flags, .dropped = s->since_dropped };
	struct es_effective_loss loss;
	const struct es_stream_payload *p = es_coding_of_block(s, first, last);
	struct judged j = { .c = c, .s = s, .loss = &loss };
	struct runs r;
	bool whole = b == NULL || b->received == 0;

	memset(&rec, 0, sizeof(rec));
	r.n = 0;
	r.lost = 0;
	r.late = 0;
	r.recovered = 0;
	es_effective_loss_init(&loss);
	es_clocks_look(s);
	j.is_timeless = es_clocks_is_off(p);
	j.ptime_us = es_stream_ptime_of(s, p);
	es_scored_set_codec(s, p);
	if (b == NULL)
		walk_whole(&j, first, last, &r);
	else
		walk(&j, first, last, &r);
	i->stream = s->id.key;
	i->block = first / ES_BLOCK_SEQS;
	i->first_seq = first;
	i->last_seq = last;
	i->expected = (uint32_t)(last - first + 1);
	i->lost = r.lost;
	i->received = i->expected - r.lost;
	i->missing = r.at;
	i->n_missing = r.n;
	i->start = expected;
	i->end = expected;
	if (b != NULL) {
		coverage.flags = b->coverage_flags;
		coverage.dropped = b->dropped;
		i->start = b->first_at;
		i->end = b->first_at;
	}
	if (!whole)
		report_received(b, i);
	if (!whole && !j.is_timeless)
		report_times(s, b, &r, i);
	i->recovered = r.recovered;
	s->count.recovered += r.recovered;
	if (s->side.recovered_at != NULL)
		i->has |= ES_INTERVAL_HAS_RECOVERED;
	note_buffer(&j, last);
	if (!j.is_timeless)
		es_scored_block(c, s, p, &loss, i);
	if (s->life == ES_STREAM_OPEN)
		es_context_emit(c, &rec, ES_REC_INTERVAL, at, &coverage);
}

/* When number n, between the highest and the one that arrived at `at`, should have come. */
static es_time
expectation(const struct es_stream_state *s, uint64_t n, uint64_t next, es_time at)
{
	int64_t gap_us = es_time_diff(at, s->highest_at) / ES_NS_PER_US;
	int64_t part = (int64_t)(n - s->highest);

	if (gap_us <= 0 || next <= s->highest)
		return s->highest_at;
	/* gap_us < 2^53, part < 2^16: the product may not fit, so the small quotient goes first. */
	return es_time_add(
	    s->highest_at, gap_us / (int64_t)(next - s->highest) * part * ES_NS_PER_US);
}

/* Closes the part of block that was not judged yet, up to last. */
static void
close_block(struct es_context *c, struct es_stream_state *s, uint64_t block, uint64_t last,
    es_time expected, es_time at)
{
	uint64_t first = block * ES_BLOCK_SEQS;
	struct es_block *b =
	    block <= s->highest / ES_BLOCK_SEQS ? &s->window.block[block % 2] : NULL;
	const struct es_block *next =
	    block < s->highest / ES_BLOCK_SEQS ? &s->window.block[(block + 1) % 2] : NULL;

	if (first <= s->judged)
		first = s->judged + 1;
	if (first < s->lowest)
		first = s->lowest;
	if (first > last)
		return;
	if (b != NULL)
		settle_identical(s, b, next);
	emit(c, s, first, last, b, expected, at);
	s->judged = last;
}

void
es_window_reach(struct es_context *c, struct es_stream_state *s, uint64_t number, es_time at)
{
	uint64_t highest_block = s->highest / ES_BLOCK_SEQS;
	uint64_t block;

	/* Above the highest, no block is open yet: silence closed the one before at its very end. */
	if (number / ES_BLOCK_SEQS == s->oldest && s->oldest <= highest_block)
		return;
	for (;; s->oldest++) {
		uint64_t first = s->oldest * ES_BLOCK_SEQS;
		uint64_t last = first + ES_BLOCK_SEQS - 1;

		if (last + ES_BLOCK_CLOSE_SEQS > number)
			break;
		close_block(c, s, s->oldest, last,
		    first > s->highest ? expectation(s, first, number, at) : s->highest_at, at);
	}
	block = highest_block + 1 > s->oldest ? highest_block + 1 : s->oldest;
	for (; block <= number / ES_BLOCK_SEQS; block++) {
		clear(s, block);
		begin_part(s, block, block == highest_block + 1,
		    expectation(s, block * ES_BLOCK_SEQS, number, at));
	}
}

void
es_window_skip(
    struct es_context *c, struct es_stream_state *s, uint64_t from, uint64_t to, es_time at)
{
	uint64_t block = (to + 1) / ES_BLOCK_SEQS;

	if (from > s->highest + 1) {
		es_window_reach(c, s, from - 1, at);
		s->highest = from - 1;
	}
	es_window_close_all(c, s, at);
	if (block > s->highest / ES_BLOCK_SEQS) {
		clear(s, block);
		begin_part(s, block, false, at);
	}
	s->oldest = block;
	s->judged = to;
	s->highest = to;
	s->elsewhere += to - from + 1;
}

void
es_window_close_all(struct es_context *c, struct es_stream_state *s, es_time at)
{
	uint64_t last_block = s->highest / ES_BLOCK_SEQS;

	for (;; s->oldest++) {
		uint64_t end = s->oldest * ES_BLOCK_SEQS + ES_BLOCK_SEQS - 1;

		if (s->oldest > last_block)
			return;
		close_block(
		    c, s, s->oldest, end < s->highest ? end : s->highest, s->highest_at, at);
		if (s->oldest == last_block && end > s->highest)
			break;
	}
	/* The block may continue: this begins a further part of the same number. */
	begin_part(s, last_block, false, s->highest_at);
}
