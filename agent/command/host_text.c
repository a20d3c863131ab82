/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's health for people. */
#include "agent/command/host_text.h"

#include "earshot/host.h"
#include "probes/base/signal_limit.h"
#include "probes/base/time_text.h"

enum { TEXT_MAX = 64 };

/* "-60 dBm", "15.3 %", "12 per 5 s" */
static void
value_text(const struct es_signal_limit *l, int64_t value, char text[TEXT_MAX])
{
	double shown = (double)es_signal_limit_milli(l, value) / 1000;
	const char *unit = l->unit[0] != '\0' ? l->unit : "per 5 s";

	_Static_assert(ES_SIGNAL_PERIOD_MS == 5000, "the unit of counts");
	(void)snprintf(text, TEXT_MAX, "%.*f %s", l->one > 1 ? 1 : 0, shown, unit);
}

/* Of what has no limit it is only said whether there is any. */
static void
print_judgement(const struct es_signal_limit *l, int64_t value, FILE *to)
{
	char limit[TEXT_MAX];

	if (l->side == ES_LIMIT_NONE) {
		fputs(value == 0 ? "none\n" : "some\n", to);
		return;
	}
	value_text(l, l->limit, limit);
	if (es_signal_limit_is_beyond(l, value))
		fprintf(to, "bad: %s %s\n", l->side == ES_LIMIT_ABOVE ? "above" : "below", limit);
	else
		fputs("good\n", to);
}

static bool
has_signal(const struct es_host *h, enum es_signal signal)
{
	for (uint32_t i = 0; i < h->n_values; i++)
		if (h->values[i].signal == (uint16_t)signal)
			return true;
	return false;
}

static void
print_absent(const struct es_host *h, bool has_wifi, FILE *to)
{
	if (h->interface.n == 0)
		fputs("  network: none, there is no default route\n", to);
	if (!has_wifi)
		fprintf(to, "  Wi-Fi: none%s%.*s\n", h->interface.n > 0 ? " on " : "",
		    (int)h->interface.n, (const char *)h->interface.p);
	if (!has_signal(h, ES_SIG_CPU_PRESSURE))
		fputs("  CPU pressure: none, the kernel does not measure it\n", to);
}

void
es_host_text_print(const struct es_host *h, bool is_first, FILE *to)
{
	int64_t length_ms = es_time_diff(h->end, h->start) / ES_NS_PER_MS;
	char when[ES_TIME_TEXT_BYTES];
	bool has_wifi = false;

	es_time_text(h->end, when);
	fprintf(to, "%.*s  this machine%s%.*s\n", (int)sizeof(when), when,
	    h->interface.n > 0 ? ", network " : "", (int)h->interface.n,
	    (const char *)h->interface.p);
	for (uint32_t i = 0; i < h->n_values; i++) {
		const struct es_signal_limit *l = es_signal_limit_of(h->values[i].signal);
		char text[TEXT_MAX];
		int64_t value;

		if (l == NULL)
			continue;
		has_wifi |= l->part == ES_PART_WIFI;
		value = es_signal_limit_comparable(l, h->values[i].value, length_ms);
		value_text(l, value, text);
		fprintf(to, "  %-28s %16s  ", l->name, text);
		print_judgement(l, value, to);
	}
	if (!is_first)
		print_absent(h, has_wifi, to);
}

/* "2026-01-01T00:00:00.000000Z  route default: via 192.0.2.1 dev eth0 -> dev tun0" */
void
es_host_text_change(const struct es_change *c, bool is_first, FILE *to)
{
	char when[ES_TIME_TEXT_BYTES];

	es_time_text(c->time, when);
	fprintf(to, "%.*s  %s %.*s: ", (int)sizeof(when), when,
	    es_change_name((enum es_change_kind)c->kind), (int)c->subject.n,
	    (const char *)c->subject.p);
	if (!is_first || c->before.n > 0)
		fprintf(to, "%s%.*s -> ", c->before.n == 0 ? "none" : "", (int)c->before.n,
		    (const char *)c->before.p);
	fprintf(to, "%s%.*s\n", c->after.n == 0 ? "none" : "", (int)c->after.n,
	    (const char *)c->after.p);
}
