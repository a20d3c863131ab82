/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of bars, made of the interval records of each stream while it lasts. */
#include "agent/output/sparkline.h"
#include "agent/output/stream_key.h"

#include <string.h>

enum {
	STEPS = 8,
	MOS_LOWEST_MILLI = 1000,
	MOS_STEP_MILLI = 500,
};

int
es_sparklines_new(struct es_sparklines *s, struct es_hash_key key)
{
	memset(s, 0, sizeof(*s));
	s->key = key;
	if (es_pool_new(&s->pool, ES_SPARKLINE_STREAMS_MAX, sizeof(struct es_sparkline)) != 0 ||
	    es_table_new(&s->table, ES_SPARKLINE_STREAMS_MAX) != 0) {
		es_sparklines_free(s);
		return ES_ENOMEM;
	}
	return 0;
}

void
es_sparklines_free(struct es_sparklines *s)
{
	es_pool_free(&s->pool);
	es_table_free(&s->table);
	memset(s, 0, sizeof(*s));
}

/* Its place in the pool, or ES_POOL_NONE. */
static uint32_t
find(const struct es_sparklines *s, uint64_t hash, const struct es_stream_key *key)
{
	struct es_probe at = es_table_probe(&s->table, hash);
	uint32_t i;

	while ((i = es_table_next(&s->table, &at)) != ES_TABLE_NONE) {
		const struct es_sparkline *line = es_pool_at(&s->pool, i);

		if (es_stream_key_eq(&line->key, key))
			return i;
	}
	return ES_POOL_NONE;
}

static struct es_sparkline *
add(struct es_sparklines *s, uint64_t hash, const struct es_interval *v)
{
	uint32_t i = es_pool_take(&s->pool);
	struct es_sparkline *line;

	if (i == ES_POOL_NONE)
		return NULL;
	(void)es_table_insert(&s->table, hash, i); /* has room for all of the pool */
	line = es_pool_at(&s->pool, i);
	line->key = v->stream;
	line->first_block = v->block;
	line->blocks_per_bar = 1;
	return line;
}

static void
join(struct es_spark *to, const struct es_spark *from)
{
	to->expected += from->expected;
	to->lost += from->lost;
	if (from->mos_milli != 0 && (to->mos_milli == 0 || from->mos_milli < to->mos_milli))
		to->mos_milli = from->mos_milli;
}

static void
halve(struct es_sparkline *line)
{
	for (uint32_t i = 0; i < ES_SPARKLINE_BARS / 2; i++) {
		struct es_spark both = line->bars[2 * i];

		join(&both, &line->bars[2 * i + 1]);
		line->bars[i] = both;
	}
	memset(line->bars + ES_SPARKLINE_BARS / 2, 0, sizeof(line->bars) / 2);
	line->n = (line->n + 1) / 2;
	line->blocks_per_bar *= 2;
}

void
es_sparklines_block(struct es_sparklines *s, const struct es_interval *v)
{
	uint64_t hash = es_stream_key_hash(&s->key, &v->stream), bar;
	uint32_t i = find(s, hash, &v->stream);
	struct es_sparkline *line = i != ES_POOL_NONE ? es_pool_at(&s->pool, i) : add(s, hash, v);
	struct es_spark block = { v->expected, v->lost,
		v->has & ES_INTERVAL_HAS_QUALITY ? v->mos_lq_milli : 0 };

	if (line == NULL || v->block < line->first_block)
		return;
	/* At most 64 times in a stream's life: the bars double in length. */
	while ((bar = (v->block - line->first_block) / line->blocks_per_bar) >= ES_SPARKLINE_BARS)
		halve(line);
	join(&line->bars[bar], &block);
	line->n = bar + 1 > line->n ? (uint32_t)bar + 1 : line->n;
}

const struct es_sparkline *
es_sparklines_find(const struct es_sparklines *s, const struct es_stream_key *key)
{
	uint32_t i = find(s, es_stream_key_hash(&s->key, key), key);

	return i == ES_POOL_NONE ? NULL : es_pool_at(&s->pool, i);
}

bool
es_sparklines_take(
    struct es_sparklines *s, const struct es_stream_key *key, struct es_sparkline *out)
{
	uint64_t hash = es_stream_key_hash(&s->key, key);
	uint32_t i = s->table.slots == NULL ? ES_POOL_NONE : find(s, hash, key);

	if (i == ES_POOL_NONE)
		return false;
	*out = *(const struct es_sparkline *)es_pool_at(&s->pool, i);
	(void)es_table_remove(&s->table, hash, i);
	es_pool_give(&s->pool, i);
	return true;
}

static void
put_bar(unsigned step, bool is_utf8, FILE *to)
{
	if (is_utf8)
		fprintf(to, "\xe2\x96%c", (char)(0x81 + step)); /* U+2581 to U+2588 */
	else
		fputc('0' + (int)step, to);
}

void
es_sparkline_loss(const struct es_sparkline *line, bool is_utf8, FILE *to)
{
	static const uint32_t from_ppm[STEPS] = { 0, 1000, 5000, 10000, 20000, 50000, 100000,
		200000 };

	for (uint32_t i = 0; i < line->n; i++) {
		const struct es_spark *bar = &line->bars[i];
		unsigned step = STEPS - 1;
		uint64_t ppm;

		if (bar->expected == 0) {
			fputc(' ', to);
			continue;
		}
		ppm = UINT64_C(1000000) * bar->lost / bar->expected;
		while (ppm < from_ppm[step])
			step--;
		put_bar(step, is_utf8, to);
	}
}

void
es_sparkline_mos(const struct es_sparkline *line, bool is_utf8, FILE *to)
{
	for (uint32_t i = 0; i < line->n; i++) {
		uint32_t mos = line->bars[i].mos_milli, step;

		if (mos == 0) {
			fputc(' ', to);
			continue;
		}
		step = mos < MOS_LOWEST_MILLI ? 0 : (mos - MOS_LOWEST_MILLI) / MOS_STEP_MILLI;
		put_bar(step < STEPS ? step : STEPS - 1, is_utf8, to);
	}
}
