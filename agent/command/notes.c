/* SPDX-License-Identifier: Apache-2.0 */
/* Notes on standard error. */
#include "agent/command/notes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	TEXT_BYTES = 128,
	ETHERTYPE_MIN = 1536, /* below, it is no ethertype but a frame of IEEE 802.2 */
};

/* A number that announces what nobody here understands, by the name voice engineers know it. */
struct named {
	enum es_unknown_layer layer;
	uint32_t number;
	const char *name;
};

/* What most of the packets were. */
struct most {
	uint64_t count;
	bool is_opaque; /* calls may be in it, and nobody here can see them */
	const char *advice;
	char what[TEXT_BYTES];
};

static void
note(const struct es_notes *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
note(const struct es_notes *n, const char *fmt, ...)
{
	va_list args;

	fprintf(n->to, "earshot %s: ", n->command);
	if (n->name.n > 0)
		fprintf(n->to, "%.*s: ", (int)n->name.n, (const char *)n->name.p);
	fputs("note: ", n->to);
	va_start(args, fmt);
	vfprintf(n->to, fmt, args);
	va_end(args);
	fputc('\n', n->to);
}

void
es_notes_feed(const struct es_notes *n, const struct es_feed *feed)
{
	if (feed->n_back > 0)
		note(n,
		    "%" PRIu64
		    " packets stand behind packets up to %.1f s later; 2 s and 32 MiB are "
		    "sorted, these were taken as they stand: sort the capture with reordercap",
		    feed->n_back, (double)feed->back_ns / (double)ES_NS_PER_S);
	if (feed->dropped != 0)
		note(n, "the captures lost %" PRIu64 " packets themselves", feed->dropped);
}

void
es_notes_no_call_fits(const struct es_notes *n, uint64_t n_calls)
{
	note(n,
	    "no call fits, of %" PRIu64
	    ": --call takes a part of a Call-ID, --number a part of a user or number",
	    n_calls);
}

static const char *
name_of(const struct es_unknown *u)
{
	static const struct named names[] = {
		{ ES_UNKNOWN_ETHERTYPE, 0x88e5, "MACsec, encrypted" },
		{ ES_UNKNOWN_ETHERTYPE, 0x88a2, "ATA over Ethernet" },
		{ ES_UNKNOWN_ETHERTYPE, 0x8906, "Fibre Channel over Ethernet" },
		{ ES_UNKNOWN_ETHERTYPE, 0x8892, "PROFINET" },
		{ ES_UNKNOWN_ETHERTYPE, 0x88a4, "EtherCAT" },
		{ ES_UNKNOWN_ETHERTYPE, 0x22f0, "audio video transport" },
		{ ES_UNKNOWN_ETHERTYPE, 0x8899, "a tag of Realtek's switches" },
		{ ES_UNKNOWN_IP_PROTO, 50, "IPsec, encrypted" },
		{ ES_UNKNOWN_IP_PROTO, 33, "DCCP" },
		{ ES_UNKNOWN_IP_PROTO, 46, "RSVP" },
		{ ES_UNKNOWN_IP_PROTO, 132, "SCTP" },
		{ ES_UNKNOWN_IP_PROTO, 136, "UDP-Lite" },
		{ ES_UNKNOWN_IP_PROTO, 253, "for experiments" },
		{ ES_UNKNOWN_IP_PROTO, 254, "for experiments" },
		{ ES_UNKNOWN_LINK, 105, "wireless frames, encrypted or in aggregates" },
		{ ES_UNKNOWN_LINK, 127, "wireless frames, encrypted or in aggregates" },
		{ ES_UNKNOWN_LINK, 192, "wireless frames, encrypted or in aggregates" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].layer == u->layer && names[i].number == u->number)
			return names[i].name;
	return NULL;
}

/* "of ethertype 0x88a2 (ATA over Ethernet), which is not understood". */
static void
describe(const struct es_unknown *u, char text[TEXT_BYTES])
{
	const char *name = name_of(u);
	char number[32];
	const char *kind;

	(void)snprintf(number, sizeof(number), "%" PRIu32, u->number);
	switch (u->layer) {
	case ES_UNKNOWN_LINK:
		kind = "of link type";
		break;
	case ES_UNKNOWN_ETHERTYPE:
		if (u->number < ETHERTYPE_MIN) {
			(void)snprintf(
			    text, TEXT_BYTES, "of an IEEE 802.2 service that is not understood");
			return;
		}
		kind = "of ethertype";
		(void)snprintf(number, sizeof(number), "0x%04" PRIx32, u->number);
		break;
	case ES_UNKNOWN_IP_PROTO:
		kind = "of IP protocol";
		break;
	case ES_UNKNOWN_PPP:
		kind = "of PPP protocol";
		(void)snprintf(number, sizeof(number), "0x%04" PRIx32, u->number);
		break;
	default:
		(void)snprintf(text, TEXT_BYTES, "inside more than 8 encapsulations");
		return;
	}
	if (name != NULL)
		(void)snprintf(
		    text, TEXT_BYTES, "%s %s (%s), which is not understood", kind, number, name);
	else
		(void)snprintf(text, TEXT_BYTES, "%s %s, which is not understood", kind, number);
}

static const char see_samples[] =
    "capture where the packets stand in clear; --records health shows a sample of their bytes";
static const char take_whole[] = "let whole packets be captured (tcpdump -s 0)";

/* What is counted by kind, and what to do about it. */
static const struct {
	enum es_counter counter;
	bool is_opaque;
	const char *what;
	const char *advice;
} kinds[] = {
	{ ES_CNT_ENCRYPTED_TUNNEL, true, "of encrypted tunnels (IPsec, WireGuard, OpenVPN)",
	    "capture inside the tunnel, on one of its ends" },
	{ ES_CNT_TCP_SEGMENTS, false, "TCP segments in which no SIP or media was found",
	    "capture where SIP and RTP pass; SIP over TLS is read with --keylog FILE only" },
	{ ES_CNT_DTLS_PACKETS, true, "DTLS", "capture inside the tunnel, on one of its ends" },
	{ ES_CNT_QUIC_PACKETS, true, "QUIC, which is encrypted",
	    "capture where the calls are not inside of it" },
	{ ES_CNT_HEP_COMPRESSED, true, "HEP with a compressed payload, which is not read",
	    "switch compression off at the sender" },
	{ ES_CNT_HEP_OTHER, false, "HEP with neither SIP, RTP nor RTCP inside",
	    "let its sender hand on SIP as well" },
	{ ES_CNT_HEP_MALFORMED, false, "HEP with lengths that do not fit", take_whole },
	{ ES_CNT_HEADERS_CUT, true,
	    "cut by the capture's snap length within or right behind their headers, so that "
	    "nothing "
	    "tells what they carry",
	    take_whole },
	{ ES_CNT_MALFORMED, false, "damaged in their headers",
	    "check the link type that the capture names" },
	{ ES_CNT_UDP_OTHER, false, "UDP datagrams that are neither SIP nor media",
	    "capture where SIP and RTP pass" },
	{ ES_CNT_RTP_PACKETS, false, "like RTP, but never two in a row of one stream",
	    "capture for longer than a few packets" },
	{ ES_CNT_RTCP_PACKETS, false, "RTCP without the media it reports on",
	    "capture where the media passes, on its ports too" },
	{ ES_CNT_STUN_MESSAGES, false, "STUN", "capture where SIP and RTP pass" },
	{ ES_CNT_TURN_CHANNEL, false, "channel data of TURN without media inside",
	    "capture where SIP and RTP pass" },
	{ ES_CNT_ZRTP_PACKETS, false, "ZRTP", "capture for longer than a few packets" },
	{ ES_CNT_KEEPALIVES, false, "keep-alives", "capture while calls are up" },
	{ ES_CNT_GTP_CONTROL, false, "control of a mobile network (GTP-C)",
	    "capture the user plane, UDP port 2152" },
	{ ES_CNT_IP_FRAGMENTS, false, "parts of IP datagrams that were never whole",
	    "a capture filter by port drops all parts but the first: filter by address" },
	{ ES_CNT_SIP_MALFORMED, false, "SIP that breaks its format",
	    "--records health counts it by method and status" },
	{ ES_CNT_UNKNOWN_ETHERTYPE, true, "of ethertypes that are not understood", see_samples },
	{ ES_CNT_UNKNOWN_IP_PROTO, true, "of IP protocols that are not understood", see_samples },
	{ ES_CNT_UNKNOWN_PPP, true, "of PPP protocols that are not understood", see_samples },
	{ ES_CNT_UNKNOWN_LINK, true, "of link types that are not understood", see_samples },
	{ ES_CNT_OTHER_PROTOCOLS, false, "ARP, ICMP and other protocols without voice",
	    "capture where SIP and RTP pass" },
};

static uint64_t
all_of_layer(const struct es_engine *e, enum es_unknown_layer layer)
{
	static const enum es_counter counters[] = {
		[ES_UNKNOWN_LINK] = ES_CNT_UNKNOWN_LINK,
		[ES_UNKNOWN_ETHERTYPE] = ES_CNT_UNKNOWN_ETHERTYPE,
		[ES_UNKNOWN_IP_PROTO] = ES_CNT_UNKNOWN_IP_PROTO,
		[ES_UNKNOWN_PPP] = ES_CNT_UNKNOWN_PPP,
		[ES_UNKNOWN_DEPTH] = ES_CNT_TOO_DEEP,
	};

	return es_engine_counter(e, counters[layer]);
}

/* Packets of RTCP, those apart that the capture doubled. */
static uint64_t
reports_of(const struct es_engine *e)
{
	return es_engine_counter(e, ES_CNT_RTCP_PACKETS) - es_engine_counter(e, ES_CNT_RTCP_COPIES);
}

static void
find_most(const struct es_engine *e, struct most *m)
{
	uint64_t n_reports = reports_of(e);
	uint64_t n_cut = es_engine_counter(e, ES_CNT_RTCP_CUT);
	struct es_unknown u;

	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t count = es_engine_counter(e, kinds[i].counter);

		if (count <= m->count)
			continue;
		m->count = count;
		m->is_opaque = kinds[i].is_opaque;
		m->advice = kinds[i].advice;
		(void)snprintf(m->what, sizeof(m->what), "%s", kinds[i].what);
	}
	if (n_cut > 0 && m->count == es_engine_counter(e, ES_CNT_RTCP_PACKETS) &&
	    n_cut * 2 >= n_reports) {
		(void)snprintf(m->what, sizeof(m->what),
		    "RTCP, %" PRIu64 " %% of it cut by the capture's snap length",
		    n_cut * 100 / n_reports);
		m->advice = take_whole;
	}
	/* One kind that is half of what is not understood in its layer goes by its own name. */
	if (es_engine_unknowns(e, &u, 1) == 0 || u.count * 2 < all_of_layer(e, u.layer) ||
	    (u.count < m->count && m->count != all_of_layer(e, u.layer)))
		return;
	m->count = u.count;
	m->is_opaque = true;
	m->advice = see_samples;
	describe(&u, m->what);
}

static bool
is_sip_seen(const struct es_engine *e)
{
	return es_engine_counter(e, ES_CNT_SIP_MESSAGES) > 0 ||
	       es_engine_counter(e, ES_CNT_HEP_MESSAGES) > 0 ||
	       es_engine_counter(e, ES_CNT_SIP_CUT) > 0;
}

/* Streams alone: where their signalling may be. */
static void
note_unannounced(const struct es_notes *n, bool is_unannounced, uint64_t packets)
{
	if (is_unannounced)
		note(n,
		    "no calls were found: none of %" PRIu64
		    " packets is SIP; capture the signalling, too (SIP in TLS is read with "
		    "--keylog FILE)",
		    packets);
}

/* Where no call or no stream was found: what most of the packets were. */
static void
note_most(const struct es_notes *n, const struct es_engine *e, uint64_t n_cut)
{
	uint64_t packets = es_engine_counter(e, ES_CNT_PACKETS);
	bool has_streams = es_engine_counter(e, ES_CNT_STREAMS) > 0;
	bool has_calls = es_engine_counter(e, ES_CNT_CALLS) > 0;
	bool has_sip = is_sip_seen(e);
	const char *missing = "nothing could be measured";
	char cut[TEXT_BYTES] = "";
	struct most m;

	if (has_streams && has_calls)
		return;
	if (packets == 0) {
		note(n, "nothing could be measured: no packets %s",
		    n->filter != NULL ? "pass --filter" : "are in the input");
		return;
	}
	find_most(e, &m);
	if (m.count == 0 || ((has_streams || has_sip) && (!m.is_opaque || m.count < packets / 2))) {
		note_unannounced(n, has_streams && !has_sip && n->name.n == 0, packets);
		return;
	}
	if (has_streams)
		missing = "no calls were found";
	else if (has_sip)
		missing = "no media was found";
	if (n_cut > 0)
		(void)snprintf(
		    cut, sizeof(cut), "; %" PRIu64 " packets are cut by the capture", n_cut);
	m.count = m.count < packets ? m.count : packets;
	note(n, "%s: %" PRIu64 " of %" PRIu64 " packets (%" PRIu64 " %%) are %s%s: %s", missing,
	    m.count, packets, m.count * 100 / packets, m.what, cut, m.advice);
}

/* SIP that was there and that nobody could read. */
static void
note_sip(const struct es_notes *n, const struct es_engine *e)
{
	struct es_sip_count counts[ES_HEALTH_SIP_MAX];
	uint32_t n_counts = es_engine_sip_counts(e, counts, ES_HEALTH_SIP_MAX);
	uint64_t all = 0;
	uint64_t cut = es_engine_counter(e, ES_CNT_SIP_CUT);
	uint64_t compressed = es_engine_counter(e, ES_CNT_HEP_COMPRESSED);
	uint64_t deflated = es_engine_counter(e, ES_CNT_WS_DEFLATED);
	uint64_t tls = es_engine_counter(e, ES_CNT_SIP_TLS);
	uint64_t turn = es_engine_counter(e, ES_CNT_TURN_TLS);

	for (uint32_t i = 0; i < n_counts; i++)
		all += counts[i].messages;
	all = all > cut ? all : cut; /* a start line that was cut is not among them */
	if (cut > 0)
		note(n,
		    "%" PRIu64 " of %" PRIu64 " SIP messages (%" PRIu64
		    " %%) were cut by the capture's "
		    "snap length: calls are missing or incomplete; let whole packets be captured "
		    "(tcpdump -s 0)",
		    cut, all, cut * 100 / all);
	if (compressed > 0)
		note(n,
		    "%" PRIu64 " HEP packets have a compressed payload, which is not read: switch "
		    "compression off at the sender",
		    compressed);
	if (deflated > 0)
		note(n,
		    "%" PRIu64
		    " SIP messages over WebSocket are compressed (permessage-deflate), which "
		    "is not read: switch it off at the server",
		    deflated);
	if (turn > 0 && es_engine_counter(e, ES_CNT_STREAMS) == 0)
		note(n,
		    "%" PRIu64
		    " connections carry TURN over TLS, whose media is not read: with their "
		    "keys --keylog FILE reads it",
		    turn);
	if (tls > 0 && es_engine_counter(e, ES_CNT_CALLS) == 0)
		note(n,
		    "%" PRIu64
		    " connections carry SIP over TLS, whose calls are not read: with their "
		    "keys --keylog FILE reads them",
		    tls);
}

/* Media was measured, and not all that its ends reported by RTCP could be read. */
static void
note_rtcp(const struct es_notes *n, const struct es_engine *e)
{
	uint64_t cut = es_engine_counter(e, ES_CNT_RTCP_CUT);
	uint64_t all = reports_of(e);

	if (cut > 0 && (is_sip_seen(e) || es_engine_counter(e, ES_CNT_STREAMS) > 0))
		note(n,
		    "%" PRIu64 " of %" PRIu64 " RTCP packets (%" PRIu64
		    " %%) were cut by the capture's snap length: what the far ends reported is "
		    "missing or incomplete; let whole packets be captured (tcpdump -s 0)",
		    cut, all, cut * 100 / all);
}

void
es_notes_engine(const struct es_notes *n, const struct es_engine *e, uint64_t n_cut)
{
	uint64_t links = es_engine_counter(e, ES_CNT_UNKNOWN_LINK);

	if (links > 0)
		note(n, "%" PRIu64 " packets are of a link type not understood", links);
	note_sip(n, e);
	note_rtcp(n, e);
	note_most(n, e, n_cut);
}
