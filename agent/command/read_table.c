/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for people. Text from the network is printed as plain ASCII: a terminal obeys the rest. */
#include "agent/command/read_table.h"
#include "agent/record_json.h"
#include "probes/base/time_text.h"

#include <inttypes.h>

enum {
	PAIR_COLUMNS = 44,  /* "10.0.0.1:4000 -> 10.0.0.2:5000" */
	PARTY_COLUMNS = 15, /* of one party of a call */
	CODEC_COLUMNS = 7,
	AOR_COLUMNS = 24,
	NUMBER_BYTES = 24,
};

const char *
es_read_table_title(enum es_record_type type)
{
	switch (type) {
	case ES_REC_STREAM:
		return "streams";
	case ES_REC_CALL:
		return "calls";
	case ES_REC_REGISTRATION:
		return "registrations";
	case ES_REC_INTERVAL:
		return "blocks of 256 sequence numbers";
	case ES_REC_REPORTED:
		return "reported by others (RTCP, SIP)";
	case ES_REC_HEALTH:
		return "counters";
	default:
		return NULL;
	}
}

const char *
es_read_table_columns(enum es_record_type type)
{
	switch (type) {
	case ES_REC_STREAM:
		return "from -> to                                   ssrc     codec   packets"
		       "  lost%  jitter    R  MOS worst";
	case ES_REC_CALL:
		return "start (UTC)         from -> to                         state     code"
		       "  setup    time ended   codecs";
	case ES_REC_REGISTRATION:
		return "from -> to                                   address                  state"
		       "    code   delay expires";
	case ES_REC_INTERVAL:
		return "from -> to                                   ssrc       block expected"
		       "   lost  late jitter    R  MOS";
	case ES_REC_REPORTED:
		return "from -> to                                   about      lost%   lost"
		       "  jitter     rtt";
	default:
		return NULL;
	}
}

es_time
es_read_table_start(const struct es_record *rec)
{
	switch (rec->type) {
	case ES_REC_STREAM:
		return rec->u.stream.start;
	case ES_REC_CALL:
		return rec->u.call.start;
	case ES_REC_REGISTRATION:
		return rec->u.registration.start;
	case ES_REC_INTERVAL:
		return rec->u.interval.start;
	case ES_REC_REPORTED:
		return rec->u.reported.time;
	default:
		return rec->at;
	}
}

/* At most `columns` bytes of text from outside; a ~ stands for what was cut off. */
static const char *
plain(es_slice text, size_t columns, char *out)
{
	size_t n = text.n < columns ? text.n : columns;
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t c = text.p[i];
		out[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	if (text.n > columns)
		out[columns - 1] = '~';
	out[n] = '\0';
	return out;
}

/* Value / 1000 with `decimals`, or "-" where it is not known. */
static const char *
number(bool known, double thousandths, int decimals, char out[NUMBER_BYTES])
{
	if (known)
		(void)snprintf(out, NUMBER_BYTES, "%.*f", decimals, thousandths / 1000.0);
	else
		(void)snprintf(out, NUMBER_BYTES, "-");
	return out;
}

/* A pair too long for its column, as IPv6 may be, gets a line of its own. */
static void
print_pair(FILE *to, const struct es_addr *src, const struct es_addr *dst)
{
	char a[ES_ADDR_TEXT_MAX], b[ES_ADDR_TEXT_MAX];
	int n = 4 + es_addr_text(src, a) + es_addr_text(dst, b);

	if (n > PAIR_COLUMNS)
		fprintf(to, "%s -> %s\n%*s", a, b, PAIR_COLUMNS, "");
	else
		fprintf(to, "%s -> %s%*s", a, b, PAIR_COLUMNS - n, "");
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void
stream(const struct es_stream *s, FILE *to)
{
	char codec[CODEC_COLUMNS + 1], jitter[NUMBER_BYTES], r[NUMBER_BYTES], mos[NUMBER_BYTES];
	char worst[NUMBER_BYTES];
	bool scored = s->has & ES_STREAM_HAS_QUALITY;
	es_slice name = s->has & ES_STREAM_HAS_CODEC ? s->codec : es_slice_str("-");

	print_pair(to, &s->key.src, &s->key.dst);
	fprintf(to, " %08" PRIx32 " %-*s %7" PRIu64 " %6.2f %7s %4s %4s %5s%s%s\n", s->key.ssrc,
	    CODEC_COLUMNS, plain(name, CODEC_COLUMNS, codec), s->packets,
	    percent(s->lost, s->expected),
	    number(s->has & ES_STREAM_HAS_JITTER, s->jitter_mean_us, 2, jitter),
	    number(scored, s->r_milli, 1, r), number(scored, s->mos_lq_milli, 2, mos),
	    number(s->has & ES_STREAM_HAS_WORST, s->worst_mos_lq_milli, 2, worst),
	    !scored && s->unscored != ES_UNSCORED_NOT ? " " : "",
	    !scored && s->unscored != ES_UNSCORED_NOT ? es_unscored_name(s->unscored) : "");
}

static void
call(const struct es_call *c, FILE *to)
{
	char from[PARTY_COLUMNS + 1], callee[PARTY_COLUMNS + 1], code[NUMBER_BYTES];
	char setup[NUMBER_BYTES], duration[NUMBER_BYTES], codec[CODEC_COLUMNS + 1];
	char start[ES_TIME_TEXT_BYTES];
	const char *ended = c->ended_by == ES_PARTY_CALLER   ? "caller"
			    : c->ended_by == ES_PARTY_CALLEE ? "callee"
							     : "-";
	uint32_t i;

	es_time_text(c->start, start);
	start[10] = ' ';
	fprintf(to, "%.19s %-*s -> %-*s %-9s %4s %6s %7s %-7s ", start, PARTY_COLUMNS,
	    plain(c->from, PARTY_COLUMNS, from), PARTY_COLUMNS, plain(c->to, PARTY_COLUMNS, callee),
	    c->state == ES_STATE_IN_PROGRESS ? "up" : es_state_name(c->state),
	    number(c->has & ES_CALL_HAS_STATUS, 1000.0 * c->final_status, 0, code),
	    number(c->has & ES_CALL_HAS_SETUP, (double)c->setup_us / 1000, 2, setup),
	    number(c->has & ES_CALL_HAS_DURATION, (double)c->duration_us / 1000, 1, duration),
	    ended);
	for (i = 0; i < c->n_codecs; i++)
		fprintf(to, "%s%s", i > 0 ? "," : "", plain(c->codecs[i], CODEC_COLUMNS, codec));
	fprintf(to, "%s\n", c->n_codecs == 0 ? "-" : "");
}

static void
registration(const struct es_registration *r, FILE *to)
{
	char aor[AOR_COLUMNS + 1], code[NUMBER_BYTES], delay[NUMBER_BYTES], expires[NUMBER_BYTES];

	print_pair(to, &r->src, &r->dst);
	fprintf(to, " %-*s %-8s %4s %7s %7s\n", AOR_COLUMNS, plain(r->aor, AOR_COLUMNS, aor),
	    es_registration_state_name(r->state),
	    number(r->has & ES_REGISTRATION_HAS_STATUS, 1000.0 * r->status, 0, code),
	    number(r->has & ES_REGISTRATION_HAS_DELAY, (double)r->delay_us, 1, delay),
	    number(r->has & ES_REGISTRATION_HAS_EXPIRES, 1000.0 * r->expires_s, 0, expires));
}

static void
interval(const struct es_interval *v, FILE *to)
{
	char late[NUMBER_BYTES], jitter[NUMBER_BYTES], r[NUMBER_BYTES], mos[NUMBER_BYTES];
	bool scored = v->has & ES_INTERVAL_HAS_QUALITY;

	print_pair(to, &v->stream.src, &v->stream.dst);
	fprintf(to, " %08" PRIx32 " %7" PRIu64 " %8" PRIu32 " %6" PRIu32 " %5s %6s %4s %4s\n",
	    v->stream.ssrc, v->block, v->expected, v->lost,
	    number(v->has & ES_INTERVAL_HAS_LATE, 1000.0 * v->late, 0, late),
	    number(v->has & ES_INTERVAL_HAS_JITTER, v->jitter_us, 2, jitter),
	    number(scored, v->r_milli, 1, r), number(scored, v->mos_lq_milli, 2, mos));
}

static void
reported(const struct es_reported *r, FILE *to)
{
	char share[NUMBER_BYTES], lost[NUMBER_BYTES], jitter[NUMBER_BYTES], rtt[NUMBER_BYTES];
	bool loss = r->has & ES_REPORTED_HAS_LOSS;

	print_pair(to, &r->src, &r->dst);
	fprintf(to, " %08" PRIx32 " %6s %6s %7s %7s\n", r->subject_ssrc,
	    number(loss, r->fraction_lost_ppm / 10.0, 2, share),
	    number(loss, 1000.0 * r->cumulative_lost, 0, lost),
	    number(r->has & ES_REPORTED_HAS_JITTER, r->jitter_us, 2, jitter),
	    number(r->has & ES_REPORTED_HAS_RTT, r->rtt_us, 2, rtt));
}

static void
health(const struct es_health *h, FILE *to)
{
	uint32_t i;

	for (i = 0; i < h->n_values; i++) {
		const char *name = es_counter_name((enum es_counter)h->values[i].counter);

		if (name != NULL)
			fprintf(to, "%12" PRIu64 " %s\n", h->values[i].value, name);
	}
	for (i = 0; i < h->n_sip; i++) {
		const char *name = es_record_json_sip_kind((enum es_sip_kind)h->sip[i].what);

		if (name != NULL)
			fprintf(to, "%12" PRIu64 " SIP %s", h->sip[i].messages, name);
		else
			fprintf(to, "%12" PRIu64 " SIP %u", h->sip[i].messages, h->sip[i].what);
		fprintf(to, ", %" PRIu64 " of them again\n", h->sip[i].resent);
	}
	for (i = 0; i < h->n_unknowns; i++)
		fprintf(to, "%12" PRIu64 " unknown %s %" PRIu32 "\n", h->unknowns[i].count,
		    es_unknown_layer_name(h->unknowns[i].layer), h->unknowns[i].number);
}

/* A figure that is not whole must not look as if it were. */
static void
coverage(const struct es_coverage *c, FILE *to)
{
	if (c->flags == 0)
		return;
	fprintf(to, "  note: incomplete:");
	if (c->flags & ES_COV_DROPS)
		fprintf(to, " the capture lost %" PRIu64 " packets meanwhile;", c->dropped);
	if (c->flags & ES_COV_GAP)
		fprintf(to, " the capture stood still for %" PRIu32 " ms;", c->gap_ms);
	if (c->flags & ES_COV_EVICTED)
		fprintf(to, " given up for want of room;");
	if (c->flags & ES_COV_CUT)
		fprintf(to, " the input breaks off;");
	if (c->flags & ES_COV_CLOCK)
		fprintf(to, " the clock stepped;");
	fprintf(to, " figures hold for what was seen\n");
}

void
es_read_table_row(const struct es_record *rec, FILE *to)
{
	switch (rec->type) {
	case ES_REC_STREAM:
		stream(&rec->u.stream, to);
		break;
	case ES_REC_CALL:
		call(&rec->u.call, to);
		break;
	case ES_REC_REGISTRATION:
		registration(&rec->u.registration, to);
		break;
	case ES_REC_INTERVAL:
		interval(&rec->u.interval, to);
		break;
	case ES_REC_REPORTED:
		reported(&rec->u.reported, to);
		break;
	case ES_REC_HEALTH:
		health(&rec->u.health, to);
		break;
	default:
		return;
	}
	coverage(&rec->coverage, to);
}
