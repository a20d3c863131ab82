/* SPDX-License-Identifier: Apache-2.0 */
/* A path as JSON. */
#include "agent/path/path_json.h"

/* What a link and the `broken` of a path have both. */
static void
put_head(struct es_json *j, const struct es_link *l)
{
	es_json_key(j, "kind");
	es_json_str(j, es_link_name(l->kind));
	es_json_key(j, "subject");
	es_json_slice(j, l->subject);
}

static void
put_text(struct es_json *j, const struct es_link *l)
{
	es_json_key(j, "text");
	es_json_slice(j, l->text);
}

static void
put_link(struct es_json *j, const struct es_link *l)
{
	es_json_begin(j);
	put_head(j, l);
	es_json_key(j, "state");
	es_json_str(j, es_link_state_name(l->state));
	if (l->has_rtt) {
		es_json_key(j, "rtt_ms");
		es_json_scaled(j, l->rtt_us, 3, 3);
	}
	if (l->has_loss) {
		es_json_key(j, "loss");
		es_json_scaled(j, l->loss_ppm, 6, 4);
	}
	put_text(j, l);
	es_json_end(j);
}

void
es_path_json(const struct es_path *p, struct es_json *j)
{
	es_json_begin(j);
	es_json_key(j, "record");
	es_json_str(j, "path");
	es_json_key(j, "time");
	es_json_time(j, p->time);
	es_json_key(j, "target");
	es_json_slice(j, p->target);
	es_json_key(j, "links");
	es_json_array(j);
	for (uint32_t i = 0; i < p->n_links; i++)
		put_link(j, &p->links[i]);
	es_json_array_end(j);
	if (p->broken != NULL) {
		es_json_key(j, "broken");
		es_json_begin(j);
		put_head(j, p->broken);
		put_text(j, p->broken);
		es_json_end(j);
	}
	es_json_end(j);
	es_json_line(j);
}
