/* SPDX-License-Identifier: Apache-2.0 */
/* An explained call for people. */
#include "runtime/explained_text.h"

#include "probes/base/sip_status.h"
#include "probes/base/text.h"
#include "probes/base/time_text.h"
#include "runtime/shown_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
	STRIP_MAX = 1024,
	INDENT = 4,
	LATE_WORTH = 200, /* one packet in so many is worth a figure in the strip */
};

struct strip {
	char text[STRIP_MAX];
	size_t n;
	bool is_utf8;
};

/* What is printed to. */
struct paper {
	FILE *to;
	int columns;
	bool is_utf8;
};

static void
append(struct strip *s, const char *bytes, size_t n)
{
	n = n > sizeof(s->text) - 1 - s->n ? sizeof(s->text) - 1 - s->n : n;
	memcpy(s->text + s->n, bytes, n);
	s->n += n;
	s->text[s->n] = '\0';
}

static void
append_slice(struct strip *s, es_slice text)
{
	while (text.n > 0) {
		struct es_shown_char c = es_shown_text_next(text, s->is_utf8);
		size_t n = c.is_fine ? c.n_bytes : 1;

		if (n > sizeof(s->text) - 1 - s->n) /* no part of a character */
			return;
		append(s, c.is_fine ? (const char *)text.p : "?", n);
		text = es_slice_of(text.p + c.n_bytes, text.n - c.n_bytes);
	}
}

/* " ==113 lost 5.6 %==> " where packets went, " --> " where none did, " --?--> " where nobody knows. */
static void
append_arrow(struct strip *s, const struct es_segment *seg)
{
	char text[96];
	int n;

	if ((seg->has & ES_SEGMENT_HAS_LOST) == 0)
		n = snprintf(text, sizeof(text), " --?--> ");
	else if (seg->lost * LATE_WORTH >= seg->expected && seg->lost > 0)
		n = snprintf(text, sizeof(text), " ==%" PRIu64 " lost %.1f %%==> ", seg->lost,
		    100.0 * (double)seg->lost / (double)seg->expected);
	else if (seg->lost > 0)
		n = snprintf(text, sizeof(text), " --%" PRIu64 " lost--> ", seg->lost);
	else if ((seg->has & ES_SEGMENT_HAS_LATE) != 0 && seg->late * LATE_WORTH > seg->expected)
		n = snprintf(text, sizeof(text), " ~~%" PRIu64 " late~~> ", seg->late);
	else
		n = snprintf(text, sizeof(text), " --> ");
	append(s, text, n < 0 ? 0 : (size_t)n);
}

/* Whether a line may end at this blank: a number stays with its unit and with the word before it. */
static bool
may_break(const char *text, size_t at)
{
	return text[at] == ' ' && !isdigit((unsigned char)text[at - 1]) &&
	       !isdigit((unsigned char)text[at + 1]);
}

/* How many bytes of a text have room in so many columns. */
static size_t
fitting(const struct paper *p, es_slice text, size_t columns)
{
	es_slice rest = text;

	while (rest.n > 0) {
		struct es_shown_char c = es_shown_text_next(rest, p->is_utf8);

		if ((size_t)c.columns > columns)
			break;
		columns -= (size_t)c.columns;
		rest = es_slice_of(rest.p + c.n_bytes, rest.n - c.n_bytes);
	}
	return text.n - rest.n;
}

/* How much of a text that is longer than a line, of which room bytes would fit, goes into it. */
static size_t
line_length(const char *text, size_t room)
{
	size_t n;

	for (n = room; n > 0 && !may_break(text, n); n--)
		continue;
	if (n > 0)
		return n;
	for (n = room; n > 0 && text[n] != ' '; n--)
		continue;
	return n > 0 ? n : room;
}

/* Prints text indented, broken at blanks before the last column. */
static void
print_wrapped(const struct paper *p, const char *first, size_t indent, const char *text)
{
	FILE *to = p->to;
	size_t left = strlen(text);

	fputs(first, to);
	while (left > 0) {
		size_t room = fitting(p, es_slice_of(text, left), (size_t)p->columns - indent);
		size_t n = left > room ? line_length(text, room) : left;

		fwrite(text, 1, n, to);
		fputc('\n', to);
		text += n;
		left -= n;
		while (left > 0 && *text == ' ') {
			text++;
			left--;
		}
		if (left > 0)
			fprintf(to, "%*s", (int)indent, "");
	}
}

static void
print_direction(const struct es_direction *d, const struct paper *p)
{
	struct strip s = { .is_utf8 = p->is_utf8 };
	char head[64];

	if (d->has_mos_lq)
		snprintf(head, sizeof(head),
		    "    %s  MOS %.2f %3" PRIu32 "/%" PRIu32 " blocks bad  ",
		    d->name == ES_FORWARD ? "forward" : "reverse", (double)d->mos_lq_milli / 1000,
		    d->bad_blocks, d->blocks);
	else
		snprintf(head, sizeof(head),
		    "    %s           %3" PRIu32 "/%" PRIu32 " blocks bad  ",
		    d->name == ES_FORWARD ? "forward" : "reverse", d->bad_blocks, d->blocks);
	append_slice(&s, d->from);
	for (uint32_t i = 0; i < d->n_segments; i++) {
		append_arrow(&s, &d->segments[i]);
		append_slice(&s, d->segments[i].to);
	}
	print_wrapped(p, head, strlen(head), s.text);
}

const char *
es_explained_cause(enum es_cause cause)
{
	switch (cause) {
	case ES_CAUSE_NETWORK_LOSS:
		return "packets lost in the network";
	case ES_CAUSE_NETWORK_JITTER:
		return "packets delayed in the network";
	case ES_CAUSE_ONE_WAY:
		return "one-way audio";
	case ES_CAUSE_SENDER_STARVED:
		return "the sender did not send on time";
	case ES_CAUSE_WIFI:
		return "Wi-Fi";
	case ES_CAUSE_CPU:
		return "an overloaded machine";
	case ES_CAUSE_VPN:
		return "a VPN or route change";
	case ES_CAUSE_POLICY:
		return "a network policy";
	case ES_CAUSE_FAR_SIDE:
		return "the far side, beyond what was captured";
	case ES_CAUSE_CODEC:
		return "transcoding";
	case ES_CAUSE_CONGESTION:
		return "congestion of the network";
	case ES_CAUSE_MEMORY:
		return "a machine short of memory";
	case ES_CAUSE_DISK:
		return "a slow disk";
	case ES_CAUSE_NIC:
		return "a network interface";
	case ES_CAUSE_LAN:
		return "the local network";
	case ES_CAUSE_GATEWAY:
		return "the way to the gateway";
	case ES_CAUSE_ISP:
		return "the internet provider";
	case ES_CAUSE_DNS:
		return "name resolution";
	case ES_CAUSE_POWER:
		return "a change of power";
	case ES_CAUSE_AUDIO:
		return "an audio device";
	case ES_CAUSE_SIGNALLING:
		return "signalling";
	default:
		return "cause not known";
	}
}

static void
append_place(struct strip *s, es_slice from, es_slice to)
{
	append_slice(s, from);
	append(s, " -> ", 4);
	append_slice(s, to);
}

/* A cause that rests on made-up records of a machine says so where it is named. */
static const char *
synthetic_mark(const struct es_ranked_cause *c)
{
	return c->is_synthetic ? ", synthetic data" : "";
}

/* "degraded: Wi-Fi (confidence 0.93 of 1), on ep -> access, forward; also: ... (0.84)" */
static void
print_verdict(const struct es_verdict *v, const struct paper *p)
{
	static const char *const ways[] = { ", forward", ", reverse", ", both ways" };
	struct strip s = { .is_utf8 = p->is_utf8 };
	char text[128];
	int n;

	if (v->state != ES_VERDICT_DEGRADED) {
		fputs(v->state == ES_VERDICT_CLEAN ? "    clean\n" : "    unknown\n", p->to);
		return;
	}
	if (v->n_causes > 0) {
		append(&s, es_explained_cause(v->causes[0].cause),
		    strlen(es_explained_cause(v->causes[0].cause)));
		n = snprintf(text, sizeof(text), " (confidence %.2f of 1%s)",
		    (double)v->causes[0].confidence_ppm / 1e6, synthetic_mark(&v->causes[0]));
		append(&s, text, n < 0 ? 0 : (size_t)n);
	}
	if (v->has_segment) {
		append(&s, v->n_one_of > 0 ? ", on one of " : ", on ", v->n_one_of > 0 ? 12 : 5);
		if (v->n_one_of == 0)
			append_place(&s, v->segment_from, v->segment_to);
		for (uint32_t i = 0; i < v->n_one_of; i++) {
			append(&s, ", ", i == 0 ? 0 : 2);
			append_place(&s, v->one_of[i].from, v->one_of[i].to);
		}
		append(&s, ways[v->segment_direction], strlen(ways[v->segment_direction]));
	}
	for (uint32_t i = 1; i < v->n_causes; i++) {
		n = snprintf(text, sizeof(text), "%s%s (%.2f%s)", i == 1 ? "; also: " : ", ",
		    es_explained_cause(v->causes[i].cause),
		    (double)v->causes[i].confidence_ppm / 1e6, synthetic_mark(&v->causes[i]));
		append(&s, text, n < 0 ? 0 : (size_t)n);
	}
	print_wrapped(p, "    degraded ", INDENT + 9, s.text);
}

/* "from alice@example.com to bob@example.com   486 Busy Here" */
static void
print_parties(const struct es_explained *call, const struct paper *p)
{
	const char *phrase = es_sip_status_phrase(call->final_status);
	struct strip s = { .is_utf8 = p->is_utf8 };
	char text[64];
	int n;

	if (call->from.n == 0 && call->to.n == 0 && call->final_status == 0)
		return;
	append(&s, "from ", call->from.n > 0 ? 5 : 0);
	append_slice(&s, call->from);
	append(&s, " to ", call->to.n > 0 ? 4 : 0);
	append_slice(&s, call->to);
	if (call->final_status > 0) {
		n = snprintf(text, sizeof(text), "   %" PRIu32 " %s", call->final_status,
		    phrase == NULL ? "" : phrase);
		append(&s, text, n < 0 ? 0 : (size_t)n);
	}
	print_wrapped(p, "    ", INDENT, s.text);
}

/* An answer that was found without some of its witnesses says so next to the verdict. */
static void
print_missing(const struct es_explained *call, const struct paper *p)
{
	struct strip s = { .is_utf8 = p->is_utf8 };

	for (uint32_t i = 0; i < call->n_missing; i++) {
		append(&s, ", ", i == 0 ? 0 : 2);
		append_slice(&s, call->missing[i]);
	}
	if (s.n == 0)
		return;
	append(&s, " could not be read: found without it", call->n_missing == 1 ? 36 : 34);
	print_wrapped(p, "    missing  ", INDENT + 9, s.text);
}

/* The sentence holds its number already; the value is for programs. */
static void
print_evidence(const struct es_evidence *e, const struct paper *p)
{
	struct strip s = { .is_utf8 = p->is_utf8 };

	append_slice(&s, es_slice_str(e->text));
	print_wrapped(p, "             ", 13, s.text);
}

/* What shows that two legs are one call: headers as they are written on the wire. */
static const char *
join_words(enum es_join_reason reason)
{
	switch (reason) {
	case ES_JOIN_CALL_ID:
		return "Call-ID";
	case ES_JOIN_SESSION_ID:
		return "Session-ID";
	case ES_JOIN_X_CALL_ID:
		return "X-Call-ID";
	case ES_JOIN_ICID:
		return "ICID";
	case ES_JOIN_CONFIGURED:
		return "the header of --leg-header";
	case ES_JOIN_USER_TO_USER:
		return "User-to-User";
	case ES_JOIN_PARTIES:
		return "From, To and time";
	default:
		return es_join_name(reason);
	}
}

static void
print_joins(const struct es_explained *call, const struct paper *p)
{
	struct strip s = { .is_utf8 = p->is_utf8 };

	for (uint32_t i = 0; i < call->n_joins; i++) {
		const struct es_join *j = &call->joins[i];
		char text[96];
		int n;

		append(&s, ", ", i == 0 ? 0 : 2);
		append_slice(&s, call->legs[j->a].vantage);
		append(&s, " = ", 3);
		append_slice(&s, call->legs[j->b].vantage);
		if (j->reason == ES_JOIN_MEDIA)
			n = snprintf(text, sizeof(text), " by %" PRIu32 " equal packets", j->pairs);
		else
			n = snprintf(text, sizeof(text), " by %s", join_words(j->reason));
		append(&s, text, n < 0 ? 0 : (size_t)n);
	}
	if (s.n > 0)
		print_wrapped(p, "    joined   ", INDENT + 9, s.text);
}

void
es_explained_print(const struct es_explained *call, int columns, bool is_utf8, FILE *to)
{
	const struct paper paper = { to, columns, is_utf8 };
	char start[ES_TIME_TEXT_BYTES];
	struct strip s = { .is_utf8 = is_utf8 };
	char text[96];
	int n;

	es_time_text(call->start, start);
	append_slice(&s, call->call);
	n = snprintf(text, sizeof(text), "   %.*s", ES_TIME_TEXT_BYTES, start);
	append(&s, text, n < 0 ? 0 : (size_t)n);
	if (call->has_duration) {
		n = snprintf(text, sizeof(text), "   %.1f s", (double)call->duration_us / 1e6);
		append(&s, text, n < 0 ? 0 : (size_t)n);
	}
	print_wrapped(&paper, "call ", 5, s.text);
	print_parties(call, &paper);
	for (uint32_t i = 0; i < call->n_directions; i++)
		print_direction(&call->directions[i], &paper);
	print_verdict(&call->verdict, &paper);
	print_missing(call, &paper);
	for (uint32_t i = 0; i < call->verdict.n_evidence; i++)
		print_evidence(&call->verdict.evidence[i], &paper);
	print_joins(call, &paper);
	fputc('\n', to);
}

int
es_explained_columns(int fd)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint32_t n = 0;

	if ((text == NULL || es_text_u32(es_slice_str(text), UINT32_MAX, &n) != 0) &&
	    ioctl(fd, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0)
		return ES_COLUMNS_USUAL;
	if (n > ES_COLUMNS_MAX)
		return ES_COLUMNS_MAX;
	return n < ES_COLUMNS_MIN ? ES_COLUMNS_MIN : (int)n;
}
