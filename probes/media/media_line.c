/* SPDX-License-Identifier: Apache-2.0 */
/* Media lines of streams. */
#include "probes/media/media_line.h"

#include "probes/stream/pauses.h"
#include "probes/stream/side.h"

static bool
has_line(const struct es_media *m, unsigned line)
{
	return line < ES_MEDIA_LINES_MAX && (m->terms->lines >> line & 1) != 0;
}

static void
set(struct es_context *c, struct es_stream_state *s, const struct es_media *m, uint8_t line,
    enum es_line_by by)
{
	struct es_stream_rare *rare;
	const struct es_media_line *l;

	if (!has_line(m, line) || by < s->owner.line_by)
		return;
	l = &m->terms->line[line];
	s->owner.line = line;
	s->owner.line_by = (uint8_t)by;
	s->owner.media_kind = l->kind;
	if (l->mid_bytes == 0 && s->side.rare == NULL)
		return;
	rare = es_side_rare(c, s);
	rare->mid_bytes = l->mid_bytes;
	memcpy(rare->mid, l->mid, sizeof(rare->mid));
}

void
es_media_line_of_type(struct es_context *c, struct es_stream_state *s, const struct es_media *m,
    const struct es_payload *p)
{
	set(c, s, m, p->line, ES_LINE_BY_TYPE);
}

void
es_media_line_find(struct es_context *c, struct es_stream_state *s, const struct es_media *m,
    const struct es_dialog_side *sender)
{
	s->level_id = m->terms->level_id;
	s->mid_id = m->terms->mid_id;
	/* A lone line is the line of all that comes, in types it does not list, too. */
	for (unsigned i = 0; i < ES_MEDIA_LINES_MAX; i++)
		if (m->terms->lines == 1u << i)
			set(c, s, m, (uint8_t)i, ES_LINE_BY_TYPE);
	for (unsigned i = 0; sender != NULL && i < sender->n_sources; i++) {
		const struct es_source *source = &sender->source[i];

		if (source->ssrc != s->id.key.ssrc)
			continue;
		set(c, s, m, source->line, ES_LINE_BY_SSRC);
		s->owner.has_repairs = source->has_repairs;
		s->owner.repairs_ssrc = source->repairs;
	}
}

static void
read_mid(struct es_context *c, struct es_stream_state *s, const struct es_media *m,
    const struct es_rtp *rtp)
{
	es_slice mid;

	if (!es_rtp_element(rtp, s->mid_id, &mid) || mid.n == 0)
		return;
	for (unsigned i = 0; i < ES_MEDIA_LINES_MAX; i++)
		if (has_line(m, i) && es_slice_eq(mid, es_slice_of(m->terms->line[i].mid,
							   m->terms->line[i].mid_bytes)))
			set(c, s, m, (uint8_t)i, ES_LINE_BY_MID);
}

void
es_media_line_read(struct es_context *c, struct es_stream_state *s, const struct es_media *m,
    const struct es_rtp *rtp)
{
	struct es_levels *levels;
	struct es_rtp_level level;

	if (s->mid_id != 0 && m != NULL && s->owner.line_by != ES_LINE_BY_MID)
		read_mid(c, s, m, rtp);
	if (s->level_id == 0 || !es_rtp_level(rtp, s->level_id, &level))
		return;
	levels = &es_side_rare(c, s)->levels;
	levels->sum += level.below_dbov;
	levels->packets++;
	levels->speech += level.is_speech;
	if (c->pauses.pool.cap > 0 && s->life == ES_STREAM_OPEN)
		es_pauses_level(c, s, rtp->seq, level.below_dbov);
}
