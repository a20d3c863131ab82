/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call between Alice (1) and Bob (2) over an SBC (9) that lets them send to each other in between, as a
 * capture next to each of the three sees it, or one on each side of the SBC, and what the records of some of them
 * explain. Static on purpose.
 */
#ifndef TESTS_VANTAGES_H
#define TESTS_VANTAGES_H

#include "earshot/correlate.h"
#include "tests/sim/rtcp.h"
#include "tests/sim/world.h"
#include "tests/unit/harness.h"
#include "tests/unit/made_records.h"

#include <stdio.h>

enum {
	V_ALICE = 1,
	V_BOB = 2,
	V_ALICE_NAT = 5,
	V_BOB_NAT = 6,
	V_SBC = 9,
	V_A_PORT = 4000,
	V_B_PORT = 5000
};
enum { V_SBC_A = 10000, V_SBC_B = 10002 };    /* ports of the SBC towards Alice and Bob */
enum { V_NAT_PORT = 61000, V_NEW_PORTS = 4 }; /* behind the usual ports: of has_new_port */

/* Who has a capture: the last two, of the SBC's interfaces, in a call that is_split. */
enum { V_AT_ALICE = 1, V_AT_SBC = 2, V_AT_BOB = 4, V_AT_ACCESS = 8, V_AT_CORE = 16 };
enum { V_PLACES = 5, V_AT_ALL = 31 };

/* How the SBC numbers what it relays. */
enum v_ssrc { V_SAME_SSRC, V_OWN_SSRC, V_OWN_SSRC_NO_GAP };

struct v_call {
	/*
	 * 'r' relayed, 'd' direct, 'f' forward alone direct, 'g' reverse alone, 'x' lost both ways, 'y' forward
	 * alone, 'z' reverse alone, 'b' forward lost behind the SBC, 'l' forward direct and lost, 'm' so as SDP
	 * says, 'n' forward not sent, and SDP says direct, 'h' held: numbers go on and nothing is sent, 'i' relayed
	 * though SDP says direct, 'w' lost then
	 */
	const char *phases;
	enum v_ssrc ssrc;
	unsigned n[8]; /* packets of each phase; 0: 500 */
	bool has_no_sip;
	bool has_reinvite; /* SDP names the address that media go to, or holds */
	bool is_refreshed; /* a re-INVITE begins each phase whether it changes anything or not */
	bool is_one_call;  /* the SBC keeps the Call-ID */
	bool has_reports;  /* of both phones, over the SBC while it relays */
	bool counts_lost;  /* they count what no receiver got */
	bool is_tap;       /* the capture at the SBC is a tap next to it */
	bool is_natted; /* direct media: each phone knows the other one by an address of its NAT */
	bool has_new_codec; /* direct media are coded otherwise */
	bool
	    has_new_port; /* each phone receives direct media at another port, as it says by then */
	bool is_nat_said; /* natted, and the SBC names to each phone the other one's NAT */
	bool is_split;    /* each side of the SBC has a capture of its own */
	unsigned shed_at; /* places that have no budget for new streams */
};

struct v_way {
	uint16_t seq;
	uint16_t out_seq; /* behind the SBC, under its own SSRC */
	uint32_t ts;
	uint32_t ssrc;
	uint32_t own;
	uint32_t lost; /* as its receiver counts */
};

static struct world v_world[V_PLACES]; /* at Alice, the SBC, Bob, and towards Alice, towards Bob */
static double v_ms;
static struct v_way v_forward, v_reverse;

static struct v_call v_now; /* the one that runs */

static inline unsigned
v_places(void)
{
	return v_now.is_split ? V_PLACES : 3;
}

static inline bool
v_sees(unsigned i, uint8_t from, uint8_t to)
{
	static const uint8_t host[] = { V_ALICE, V_SBC, V_BOB, V_SBC, V_SBC };
	static const uint8_t other[] = { 0, 0, 0, V_ALICE, V_BOB };

	return (from == host[i] && (other[i] == 0 || to == other[i])) ||
	       (to == host[i] && (other[i] == 0 || from == other[i]));
}

static inline void
v_sip(double ms, uint8_t from, uint8_t to, const struct world_sip *m)
{
	for (unsigned i = 0; i < v_places(); i++)
		if (v_sees(i, from, to))
			world_send_sip(
			    &v_world[i], ms, world_addr(from, 5060), world_addr(to, 5060), m);
}

static inline const char *
v_call_id(bool is_leg_a)
{
	return is_leg_a || v_now.is_one_call ? "leg-a" : "leg-b";
}

/* An offer and its answer on a leg. */
static inline void
v_negotiate(double ms, bool is_leg_a, unsigned cseq, const char *offer, const char *answer)
{
	uint8_t caller = is_leg_a ? V_ALICE : V_SBC, callee = is_leg_a ? V_SBC : V_BOB;
	char branch[32];
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = v_call_id(is_leg_a),
		.from_tag = "tc",
		.to_tag = cseq == 1 ? NULL : "te",
		.cseq = cseq,
		.method = "INVITE",
		.branch = branch,
		.max_forwards = is_leg_a ? 70 : 69,
		.extra = "Session-ID: 0123456789abcdef0123456789abcdef\r\n",
		.sdp = offer };

	snprintf(branch, sizeof(branch), "z9hG4bK-%c%u", is_leg_a ? 'a' : 'b', cseq);
	v_sip(ms, caller, callee, &m);
	m.start = "SIP/2.0 200 OK";
	m.to_tag = "te";
	m.sdp = answer;
	v_sip(ms + 10, callee, caller, &m);
	m.start = "ACK sip:x@example SIP/2.0";
	m.method = "ACK";
	m.branch = NULL;
	m.sdp = NULL;
	v_sip(ms + 20, caller, callee, &m);
}

/* Where a phone receives. */
static inline uint16_t
v_port(uint8_t phone, bool is_direct)
{
	uint16_t port = phone == V_ALICE ? V_A_PORT : V_B_PORT;

	return is_direct && v_now.has_new_port ? (uint16_t)(port + V_NEW_PORTS) : port;
}

/* What the SBC names when a phone is to be sent to directly: the phone's own SDP, or its NAT. */
static inline void
v_sdp_past(char out[1024], uint8_t phone, const char *own)
{
	if (v_now.is_nat_said)
		world_sdp(out, phone == V_BOB ? V_BOB_NAT : V_ALICE_NAT, V_NAT_PORT, "0", NULL);
	else
		memcpy(out, own, 1024);
}

/* Where each side is to send: over the SBC or not. */
static inline void
v_sdp(unsigned cseq, bool is_forward_direct, bool is_reverse_direct, bool is_held)
{
	const char *extra = is_held ? "a=inactive\r\n" : NULL;
	char a[1024], b[1024], sbc_a[1024], sbc_b[1024];

	world_sdp(a, V_ALICE, v_port(V_ALICE, is_reverse_direct), "0", extra);
	world_sdp(b, V_BOB, v_port(V_BOB, is_forward_direct), "0", extra);
	world_sdp(sbc_a, V_SBC, V_SBC_A, "0", extra);
	world_sdp(sbc_b, V_SBC, V_SBC_B, "0", extra);
	if (is_forward_direct)
		v_sdp_past(sbc_a, V_BOB, b);
	if (is_reverse_direct)
		v_sdp_past(sbc_b, V_ALICE, a);
	if (v_now.is_one_call) /* its record is of the first INVITE, the caller's */
		v_negotiate(v_ms - 70, true, cseq, a, sbc_a);
	v_negotiate(v_ms - 50, false, cseq, sbc_b, b);
	if (!v_now.is_one_call)
		v_negotiate(v_ms - 30, true, cseq, a, sbc_a);
}

static inline void
v_bye(bool is_leg_a)
{
	uint8_t caller = is_leg_a ? V_ALICE : V_SBC, callee = is_leg_a ? V_SBC : V_BOB;
	struct world_sip m = { .start = "BYE sip:x@example SIP/2.0",
		.call_id = v_call_id(is_leg_a),
		.from_tag = "tc",
		.to_tag = "te",
		.cseq = 90,
		.method = "BYE" };

	v_sip(v_ms, caller, callee, &m);
	m.start = "SIP/2.0 200 OK";
	v_sip(v_ms + 5, callee, caller, &m);
	v_ms += 10;
}

static inline void
v_rtp(double ms, const struct world_rtp *r, unsigned seen)
{
	for (unsigned i = 0; i < v_places(); i++)
		if (v_sees(i, r->from, r->to) && (seen & 1u << i) != 0)
			world_send_rtp(&v_world[i], ms, r);
}

enum v_path { V_RELAYED, V_DIRECT, V_LOST, V_HELD, V_LOST_BEHIND, V_LOST_DIRECT };

/* One packet past the SBC, as its sender and its receiver see it. */
static inline void
v_direct(double ms, struct world_rtp r, bool is_lost, const struct v_call *call)
{
	uint8_t from = r.from, to = r.to;
	uint16_t from_port = r.from_port;

	r.pt = call->has_new_codec ? 8 : 0;
	r.to_port = v_port(to, true);
	if (call->is_natted) {
		r.to = to == V_BOB ? V_BOB_NAT : V_ALICE_NAT;
		r.to_port = V_NAT_PORT;
	}
	v_rtp(ms, &r, from == V_ALICE ? V_AT_ALICE : V_AT_BOB);
	r.to = to;
	r.to_port = v_port(to, true);
	r.from = call->is_natted ? (from == V_BOB ? V_BOB_NAT : V_ALICE_NAT) : from;
	r.from_port = call->is_natted ? V_NAT_PORT : from_port;
	if (!is_lost)
		v_rtp(ms, &r, to == V_ALICE ? V_AT_ALICE : V_AT_BOB);
}

/* One packet one way. What is lost is lost on its way to the SBC, from there, or on the direct way. */
static inline void
v_packet(struct v_way *w, bool is_forward, enum v_path path, const struct v_call *call)
{
	struct world_rtp r = { .from = is_forward ? V_ALICE : V_BOB,
		.to = is_forward ? V_BOB : V_ALICE,
		.from_port = is_forward ? V_A_PORT : V_B_PORT,
		.to_port = is_forward ? V_B_PORT : V_A_PORT,
		.ssrc = w->ssrc,
		.seq = w->seq,
		.ts = w->ts,
		.ttl = 64 };
	struct world_rtp in = r, out = r;
	double ms = v_ms + (is_forward ? 0 : 3);

	in.to = out.from = V_SBC;
	in.to_port = is_forward ? V_SBC_A : V_SBC_B;
	out.from_port = is_forward ? V_SBC_B : V_SBC_A;
	if (path == V_DIRECT || path == V_LOST_DIRECT) {
		v_direct(ms, r, path == V_LOST_DIRECT, call);
		w->lost += path == V_LOST_DIRECT && call->counts_lost;
	} else if (path != V_HELD) {
		v_rtp(ms, &in,
		    path == V_LOST ? is_forward ? (unsigned)V_AT_ALICE : V_AT_BOB : V_AT_ALL);
		if (call->ssrc != V_SAME_SSRC) {
			out.ssrc = w->own;
			out.seq = (uint16_t)(call->ssrc == V_OWN_SSRC ? w->seq + 777 : w->out_seq);
			out.ts = w->ts + 99999;
		}
		if (path != V_LOST) {
			v_rtp(ms + 1, &out,
			    path == V_RELAYED ? V_AT_ALL : V_AT_SBC | V_AT_ACCESS | V_AT_CORE);
			w->out_seq++;
		}
		w->lost += path != V_RELAYED && call->counts_lost;
	}
	w->seq++;
	w->ts += 160;
}

/* What the receiver of a way reports of it, over the SBC. */
static inline void
v_report(const struct v_way *w, bool is_forward, const struct v_call *call)
{
	uint8_t from = is_forward ? V_BOB : V_ALICE, to = is_forward ? V_ALICE : V_BOB;
	uint16_t from_port = is_forward ? V_B_PORT + 1 : V_A_PORT + 1;
	uint16_t to_port = is_forward ? V_A_PORT + 1 : V_B_PORT + 1;
	uint16_t in_port = is_forward ? V_SBC_B + 1 : V_SBC_A + 1;
	uint16_t out_port = is_forward ? V_SBC_A + 1 : V_SBC_B + 1;
	uint8_t p[64];
	size_t n;

	n = receiver_report(p, is_forward ? v_reverse.ssrc : v_forward.ssrc,
	    call->ssrc == V_SAME_SSRC ? w->ssrc : w->own, 0, 0);
	put32(p + 12, w->lost);
	put32(p + 16, 0x00010000u + w->seq);
	for (unsigned i = 0; i < v_places(); i++) {
		if (v_sees(i, from, V_SBC))
			world_send_udp(&v_world[i], v_ms + 5, world_addr(from, from_port),
			    world_addr(V_SBC, in_port), p, n);
		if (call->ssrc == V_SAME_SSRC && v_sees(i, V_SBC, to))
			world_send_udp(&v_world[i], v_ms + 6, world_addr(V_SBC, out_port),
			    world_addr(to, to_port), p, n);
	}
}

static inline enum v_path
v_path_of(char phase, bool is_forward)
{
	switch (phase) {
	case 'd':
		return V_DIRECT;
	case 'f':
		return is_forward ? V_DIRECT : V_RELAYED;
	case 'g':
		return is_forward ? V_RELAYED : V_DIRECT;
	case 'x':
	case 'w':
		return V_LOST;
	case 'y':
		return is_forward ? V_LOST : V_RELAYED;
	case 'z':
		return is_forward ? V_RELAYED : V_LOST;
	case 'b':
		return is_forward ? V_LOST_BEHIND : V_RELAYED;
	case 'l':
	case 'm':
		return is_forward ? V_LOST_DIRECT : V_RELAYED;
	case 'n':
		return is_forward ? V_HELD : V_RELAYED;
	case 'h':
		return V_HELD;
	default:
		return V_RELAYED;
	}
}

static inline void
v_phase(const struct v_call *call, char phase, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		v_packet(&v_forward, true, v_path_of(phase, true), call);
		v_packet(&v_reverse, false, v_path_of(phase, false), call);
		if (call->has_reports && phase == 'r' && i % 250 == 249) {
			v_report(&v_forward, true, call);
			v_report(&v_reverse, false, call);
		}
		v_ms += 20;
	}
}

static inline void
v_run(const struct v_call *call)
{
	char before = '\0';
	unsigned cseq = 1;

	v_now = *call;
	v_ms = 100;
	v_forward = (struct v_way){ 100, 4000, 1000, 0xa, 0x50a, 0 };
	v_reverse = (struct v_way){ 20000, 8000, 77777, 0xb, 0x50b, 0 };
	for (unsigned i = 0; i < v_places(); i++) {
		world_init(&v_world[i]);
		v_world[i].cfg.may_shed = true;
		world_start(&v_world[i]);
		if ((call->shed_at & 1u << i) != 0)
			es_engine_shed(v_world[i].e, ES_SHED_RTP, 1000000);
	}
	for (unsigned i = 0; call->phases[i] != '\0'; i++) {
		char p = call->phases[i], said = strchr("dfgh", p) != NULL ? p
						 : strchr("iw", p) != NULL ? 'd'
						 : strchr("mn", p) != NULL ? 'f'
									   : 'r';
		bool is_said = call->has_reinvite;

		if (!call->has_no_sip &&
		    (i == 0 || call->is_refreshed || (is_said && said != before)))
			v_sdp(cseq++, is_said && (said == 'd' || said == 'f'),
			    is_said && (said == 'd' || said == 'g'), is_said && said == 'h');
		before = said;
		v_phase(call, p, call->n[i] != 0 ? call->n[i] : 500);
	}
	if (!call->has_no_sip) {
		v_bye(true);
		v_bye(false);
	}
	for (unsigned i = 0; i < v_places(); i++)
		world_flush(&v_world[i]);
}

/* What the captures at some places say of the call; v_done afterwards. */
static struct es_correlate *v_correlate;

static inline const struct made_solved *
v_explain(unsigned at, const struct v_call *call)
{
	static const char *const name[] = { "ep", "sbc", "epb", "access", "core" };
	enum es_role sbc = call->is_tap ? ES_ROLE_TAP : ES_ROLE_SBC;
	enum es_role role[] = { ES_ROLE_ENDPOINT, sbc, ES_ROLE_ENDPOINT, sbc, sbc };

	v_correlate = made_correlate();
	for (unsigned i = 0; i < v_places(); i++) {
		int vantage;

		if ((at & 1u << i) == 0)
			continue;
		vantage = es_correlate_vantage(v_correlate, es_slice_str(name[i]), role[i]);
		for (size_t k = 0; k < v_world[i].n_records; k++)
			(void)es_correlate_add(v_correlate, vantage, &v_world[i].records[k]->is);
	}
	return made_solve(v_correlate);
}

static inline void
v_done(void)
{
	for (unsigned i = 0; i < v_places(); i++)
		world_done(&v_world[i]);
}

#endif
