/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of phones, line by line: "Name: KEY=value KEY="quoted value"", RFC 6035 section 4.6. */
#include "probes/wire/sip/vq_report.h"
#include "probes/base/text.h"
#include "probes/wire/sip/reported_list.h"

struct reader {
	struct es_vq_report *report;
	struct es_vq_metrics *metrics; /* of the section; NULL before the first */
};

static es_slice
unquote(es_slice text)
{
	if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
		return es_slice_of(text.p + 1, text.n - 2);
	return text;
}

static bool
is_separator(uint8_t c)
{
	return es_is_space(c) || c == ';'; /* the latter: seen in life */
}

/* Bytes up to the first separator or `stop` outside of quotes. */
static size_t
word_bytes(es_slice text, uint8_t stop)
{
	bool in_quotes = false;
	size_t n = 0;

	for (; n < text.n; n++) {
		if (text.p[n] == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && (is_separator(text.p[n]) || text.p[n] == stop))
			break;
	}
	return n;
}

static es_slice
skip_blanks(es_slice text)
{
	while (text.n > 0 && es_is_space(text.p[0]))
		text = es_text_from(text, 1);
	return text;
}

/* Whether text begins with a key and its equals sign. */
static bool
is_pair(es_slice text)
{
	return es_text_begins(skip_blanks(es_text_from(text, word_bytes(text, '='))), "=");
}

/*
 * The next KEY=value; blanks and folds may be around the sign (EQUAL of RFC 3261 section 25.1), and the value
 * may be a quoted string with spaces in it. "RTD= ESD=9" has an empty value: seen in captures.
 */
static bool
next_pair(es_slice *rest, es_slice *key, es_slice *value)
{
	es_slice behind;
	size_t n;

	while (rest->n > 0 && is_separator(rest->p[0]))
		*rest = es_text_from(*rest, 1);
	if (rest->n == 0)
		return false;
	n = word_bytes(*rest, '=');
	*key = es_text_first(*rest, n);
	*value = es_text_first(*rest, 0);
	behind = skip_blanks(es_text_from(*rest, n));
	*rest = es_text_from(*rest, n);
	if (!es_text_begins(behind, "="))
		return true;
	*rest = es_text_from(behind, 1);
	behind = skip_blanks(*rest);
	if (behind.n < rest->n && is_pair(behind))
		return true;
	n = word_bytes(behind, ';');
	*value = unquote(es_text_first(behind, n));
	*rest = es_text_from(behind, n);
	return true;
}

/* "IP=10.10.1.100 PORT=5000 SSRC=1a3b5c7d"; the SSRC is hexadecimal, with or without 0x. */
static void
read_address(struct es_vq_end *end, es_slice line)
{
	es_slice key, value;

	for (int n = 0; n < ES_VQ_PAIRS_MAX && next_pair(&line, &key, &value); n++) {
		uint64_t ssrc;
		uint32_t port;

		if (es_text_is(key, "IP")) {
			port = end->addr.port;
			if (es_text_begins(value, "[") && value.p[value.n - 1] == ']')
				value = es_slice_of(value.p + 1, value.n - 2);
			if (es_addr_parse_ip((const char *)value.p, value.n, &end->addr) != 0)
				memset(&end->addr, 0, sizeof(end->addr));
			end->addr.port = (uint16_t)port;
		} else if (es_text_is(key, "PORT")) {
			if (es_text_u32(value, UINT16_MAX, &port) == 0)
				end->addr.port = (uint16_t)port;
		} else if (es_text_is(key, "SSRC")) {
			end->ssrc = es_text_hex(value, &ssrc) == 0 && ssrc <= UINT32_MAX
					? (uint32_t)ssrc
					: 0;
		}
	}
}

/*
 * RFC 6035 section 4.6.2 with the limits of RFC 3611 section 4.7. 127 means "unavailable" where it is out of
 * range. A delay of 0 is what phones write that have not measured one.
 */
static const struct es_reported_row numbers[] = {
	{ "SessionDesc", "PT", ES_RM_PAYLOAD_TYPE, 0, 0, 127 },
	{ "SessionDesc", "SR", ES_RM_SAMPLE_RATE_HZ, 0, 1, 999999 },
	{ "SessionDesc", "FD", ES_RM_FRAME_US, 3, 1, 9999000 },
	{ "SessionDesc", "FPP", ES_RM_FRAMES_PER_PACKET, 0, 1, 99 },
	{ "SessionDesc", "PPS", ES_RM_PACKETS_PER_SECOND, 0, 1, 99999 },
	{ "SessionDesc", "PLC", ES_RM_PLC, 0, 0, 3 },
	{ "JitterBuffer", "JBA", ES_RM_JITTER_BUFFER_ADAPTIVE, 0, 0, 3 },
	{ "JitterBuffer", "JBR", ES_RM_JITTER_BUFFER_RATE, 0, 0, 15 },
	{ "JitterBuffer", "JBN", ES_RM_JITTER_BUFFER_NOMINAL_US, 3, 0, 65534000 },
	{ "JitterBuffer", "JBM", ES_RM_JITTER_BUFFER_MAX_US, 3, 0, 65534000 },
	{ "JitterBuffer", "JBX", ES_RM_JITTER_BUFFER_ABS_MAX_US, 3, 0, 65534000 },
	{ "PacketLoss", "NLR", ES_RM_LOSS_PPM, 4, 0, 1000000 },
	{ "PacketLoss", "JDR", ES_RM_DISCARD_PPM, 4, 0, 1000000 },
	{ "BurstGapLoss", "BLD", ES_RM_BURST_DENSITY_PPM, 4, 0, 1000000 },
	{ "BurstGapLoss", "BD", ES_RM_BURST_LENGTH_US, 3, 0, 3600000000 },
	{ "BurstGapLoss", "GLD", ES_RM_GAP_DENSITY_PPM, 4, 0, 1000000 },
	{ "BurstGapLoss", "GD", ES_RM_GAP_LENGTH_US, 3, 0, 3600000000 },
	{ "BurstGapLoss", "GMIN", ES_RM_GMIN, 0, 1, 255 },
	{ "Delay", "RTD", ES_RM_ROUND_TRIP_US, 3, 1, 65534000 },
	{ "Delay", "ESD", ES_RM_END_SYSTEM_DELAY_US, 3, 1, 65534000 },
	{ "Delay", "OWD", ES_RM_ONE_WAY_DELAY_US, 3, 1, 65534000 },
	{ "Delay", "SOWD", ES_RM_ONE_WAY_DELAY_US, 3, 1, 65534000 },
	{ "Delay", "IAJ", ES_RM_INTERARRIVAL_JITTER_US, 3, 0, 65534000 },
	{ "Delay", "MAJ", ES_RM_MEAN_ABSOLUTE_JITTER_US, 3, 0, 65534000 },
	{ "Signal", "SL", ES_RM_SIGNAL_DBM, 0, -126, 63 },
	{ "Signal", "NL", ES_RM_NOISE_DBM, 0, -126, 63 },
	{ "Signal", "RERL", ES_RM_RERL_DB, 0, 0, 126 },
	{ "QualityEst", "RLQ", ES_RM_R_LQ_MILLI, 3, 0, 120000 },
	{ "QualityEst", "RCQ", ES_RM_R_MILLI, 3, 0, 120000 },
	{ "QualityEst", "EXTRI", ES_RM_EXTERNAL_R_MILLI, 3, 0, 120000 },
	{ "QualityEst", "EXTRO", ES_RM_EXTERNAL_R_OUT_MILLI, 3, 0, 120000 },
	{ "QualityEst", "MOSLQ", ES_RM_MOS_LQ_MILLI, 3, 1000, 5000 },
	{ "QualityEst", "MOSCQ", ES_RM_MOS_CQ_MILLI, 3, 1000, 5000 },
};

enum { N_NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

/* The numbers that a line of this name may hold: one run of the table. */
static size_t
rows_of(es_slice line_name, const struct es_reported_row **first)
{
	size_t from = 0, n = 0;

	while (from < N_NUMBERS && !es_text_is(line_name, numbers[from].line))
		from++;
	while (from + n < N_NUMBERS && es_text_is(line_name, numbers[from + n].line))
		n++;
	*first = &numbers[from];
	return n;
}

static void
read_metrics(struct es_vq_metrics *m, es_slice line_name, es_slice line)
{
	const struct es_reported_row *rows;
	size_t n_rows = rows_of(line_name, &rows);
	es_slice key, value;

	for (int n = 0; n < ES_VQ_PAIRS_MAX && next_pair(&line, &key, &value); n++) {
		if (es_text_is(key, "PD"))
			m->codec = value;
		else if (es_text_begins_same(key, "QoEEstAlg")) /* some write Algo */
			m->algorithm = value;
		if (es_text_is(key, "SSUP")) {
			bool is_on = es_text_is(value, "on");

			if (is_on || es_text_is(value, "off"))
				es_reported_add(m->values, ES_VQ_VALUES_MAX, &m->n_values,
				    ES_RM_SILENCE_SUPPRESSION, is_on);
			continue;
		}
		for (size_t i = 0; i < n_rows; i++)
			if (es_text_is(key, rows[i].key))
				es_reported_read(
				    m->values, ES_VQ_VALUES_MAX, &m->n_values, &rows[i], value);
	}
}

/* Lines about the call; false: about something else. */
static bool
read_info(struct es_vq_report *r, es_slice name, es_slice value)
{
	static const char *const unread[] = { "OrigID", "LocalID", "RemoteID", "LocalGroup",
		"RemoteGroup", "DialogID" };

	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
		if (es_text_is(name, unread[i]))
			return true;
	if (es_text_is(name, "CallID"))
		r->call_id = value;
	else if (es_text_is(name, "LocalAddr"))
		read_address(&r->local, value);
	else if (es_text_is(name, "RemoteAddr"))
		read_address(&r->remote, value);
	else
		return false;
	return true;
}

static void
read_line(struct reader *r, es_slice line)
{
	es_slice value = line;
	es_slice name = es_text_trim(es_text_cut(&value, ':'));

	value = es_text_trim(value);
	if (es_text_is(name, "LocalMetrics"))
		r->metrics = &r->report->local_metrics;
	else if (es_text_is(name, "RemoteMetrics"))
		r->metrics = &r->report->remote_metrics;
	else if (!read_info(r->report, name, value) && r->metrics != NULL)
		read_metrics(r->metrics, name, value);
}

/* "VQSessionReport: CallTerm", "VQAlertReport: Type=NLR Severity=Critical Dir=local" */
static bool
read_kind(struct es_vq_report *r, es_slice line)
{
	static const struct {
		const char *name;
		enum es_vq_kind kind;
	} kinds[] = {
		{ "VQSessionReport", ES_VQ_SESSION },
		{ "VQIntervalReport", ES_VQ_INTERVAL },
		{ "VQAlertReport", ES_VQ_ALERT },
	};
	r->kind_text = es_text_trim(es_text_cut(&line, ':'));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (es_text_is(r->kind_text, kinds[i].name))
			r->kind = kinds[i].kind;
	return r->kind != 0;
}

/* Names at the front of lines, those of the sections and of what is read in them. */
static bool
is_line_name(es_slice name)
{
	static const char *const names[] = { "CallID", "OrigID", "LocalID", "RemoteID",
		"LocalGroup", "RemoteGroup", "LocalAddr", "RemoteAddr", "LocalMAC", "RemoteMAC",
		"DialogID", "LocalMetrics", "RemoteMetrics", "Timestamps", "SessionDesc",
		"JitterBuffer", "PacketLoss", "BurstGapLoss", "Delay", "Signal", "QualityEst" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (es_text_is(name, names[i]))
			return true;
	return false;
}

/* Whether text continues the line before it. Some indent lines: a name that is known begins one. */
static bool
is_fold(es_slice text)
{
	es_slice line;

	if (!es_text_begins(text, " ") && !es_text_begins(text, "\t"))
		return false;
	(void)es_text_line(&text, &line); /* there is a byte */
	line = es_text_trim(line);
	return line.n > 0 && !is_line_name(es_text_trim(es_text_cut(&line, ':')));
}

/* The next line with its folds, the line breaks inside. */
static bool
next_line(es_slice *body, es_slice *line)
{
	es_slice more;

	if (!es_text_line(body, line))
		return false;
	while (is_fold(*body) && es_text_line(body, &more))
		line->n = (size_t)(more.p + more.n - line->p);
	return true;
}

int
es_vq_report_parse(es_slice body, struct es_vq_report *out)
{
	struct es_vq_report report;
	struct reader r;
	es_slice line;
	int n = 0;

	memset(&report, 0, sizeof(report));
	memset(&r, 0, sizeof(r));
	r.report = &report;
	while (next_line(&body, &line)) {
		if (++n > ES_VQ_LINES_MAX || line.n > ES_VQ_LINE_MAX_BYTES)
			return ES_EFULL;
		line = es_text_trim(line);
		if (line.n == 0)
			continue;
		if (report.kind != 0)
			read_line(&r, line);
		else if (!read_kind(&report, line))
			return ES_EMALFORMED;
	}
	if (report.kind == 0 || report.call_id.n == 0)
		return ES_EMALFORMED;
	*out = report;
	return 0;
}
