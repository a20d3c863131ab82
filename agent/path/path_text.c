/* SPDX-License-Identifier: Apache-2.0 */
/* A path for people. */
#include "agent/path/path_text.h"

enum { SUBJECT_WIDTH = 22, TIME_MAX = 24 };

static const char *
state_text(enum es_link_state state)
{
	switch (state) {
	case ES_LINK_OK:
		return "ok";
	case ES_LINK_SLOW:
		return "slow";
	case ES_LINK_BROKEN:
		return "BROKEN";
	case ES_LINK_NOT_KNOWN:
		break;
	}
	return "not known";
}

static void
print_link(const struct es_link *l, FILE *to)
{
	char rtt[TIME_MAX] = "";

	if (l->has_rtt)
		(void)snprintf(rtt, sizeof(rtt), "%.1f ms", (double)l->rtt_us / 1000);
	fprintf(to, "  %-9s  %-9s  %9s  %-*.*s  %.*s", es_link_name(l->kind), state_text(l->state),
	    rtt, SUBJECT_WIDTH, (int)l->subject.n, (const char *)l->subject.p, (int)l->text.n,
	    (const char *)l->text.p);
	if (l->has_loss && l->loss_ppm > 0)
		fprintf(to, ", %.0f %% without an answer", (double)l->loss_ppm / 10000);
	fputc('\n', to);
}

void
es_path_text_print(const struct es_path *p, FILE *to)
{
	const struct es_link *b = p->broken;

	fprintf(to, "%.*s\n", (int)p->target.n, (const char *)p->target.p);
	for (uint32_t i = 0; i < p->n_links; i++)
		print_link(&p->links[i], to);
	if (b == NULL)
		fputs("  Nothing on this path is broken.\n", to);
	else
		fprintf(to, "  Broken: %s %.*s: %.*s.\n", es_link_name(b->kind), (int)b->subject.n,
		    (const char *)b->subject.p, (int)b->text.n, (const char *)b->text.p);
}
