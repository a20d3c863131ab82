/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of DNS: one question, one answer. */
#include "probes/path/question.h"

#include "probes/base/cursor.h"
#include "probes/base/text.h"

enum {
	CLASS_IN = 1,
	FLAG_RECURSION_DESIRED = 0x0100,
	FLAG_RESPONSE = 0x8000,
	FLAG_CUT = 0x0200,
	POINTERS_MAX = 16, /* of one name */
	ALIASES_MAX = 8,
	RECORDS_MAX = 64, /* of an answer that are looked at */
};

/* The whole message, and where its records begin. */
struct message {
	es_slice whole;
	size_t records_at;
	uint16_t n_records;
};

struct record {
	char owner[ES_TARGET_HOST_MAX];
	uint16_t type;
	size_t data_at;
	size_t n_data;
};

static void
put_be16(uint8_t *to, unsigned v)
{
	to[0] = (uint8_t)(v >> 8);
	to[1] = (uint8_t)v;
}

int
es_question_build(const struct es_question *q, uint8_t out[ES_QUESTION_MAX_BYTES], size_t *n_bytes)
{
	es_slice rest = es_slice_str(q->name);
	size_t n = 12;

	if (!es_target_is_name(rest))
		return ES_EINVALID;
	memset(out, 0, ES_QUESTION_MAX_BYTES);
	put_be16(out, q->id);
	put_be16(out + 2, FLAG_RECURSION_DESIRED);
	put_be16(out + 4, 1); /* questions */
	while (rest.n > 0) {
		es_slice label = es_text_cut(&rest, '.');

		out[n++] = (uint8_t)label.n;
		memcpy(out + n, label.p, label.n);
		n += label.n;
	}
	n++; /* the root */
	put_be16(out + n, q->type);
	put_be16(out + n + 2, CLASS_IN);
	*n_bytes = n + 4;
	return 0;
}

/*
 * The name at a place of the message, as text without the last dot; "" for the root, and for a name with bytes that
 * no host name has. *at moves behind it. A pointer leads backwards only, so that a name ends.
 */
static bool
read_name(es_slice whole, size_t *at, char out[ES_TARGET_HOST_MAX])
{
	size_t here = *at, n = 0, limit = *at;
	bool has_jumped = false;

	for (unsigned jumps = 0; here < whole.n;) {
		uint8_t length = whole.p[here];

		if (length >> 6 == 3) {
			if (here + 2 > whole.n || jumps++ == POINTERS_MAX)
				return false;
			if (!has_jumped)
				*at = here + 2;
			has_jumped = true;
			here = (size_t)(length & 0x3f) << 8 | whole.p[here + 1];
			if (here >= limit)
				return false;
			limit = here;
			continue;
		}
		if (length >> 6 != 0)
			return false;
		if (length == 0) {
			out[n] = '\0';
			if (!es_target_is_name(es_slice_of(out, n)))
				out[0] = '\0';
			if (!has_jumped)
				*at = here + 1;
			return true;
		}
		if (here + 1 + length > whole.n || n + 1 + length >= ES_TARGET_HOST_MAX)
			return false;
		if (n > 0)
			out[n++] = '.';
		memcpy(out + n, whole.p + here + 1, length);
		n += length;
		here += 1u + length;
	}
	return false;
}

static bool
is_same_name(const char *a, const char *b)
{
	return es_text_is(es_slice_str(a), b);
}

static bool
read_record(es_slice whole, size_t *at, struct record *r)
{
	struct es_cur c;
	uint16_t class;

	if (!read_name(whole, at, r->owner))
		return false;
	c = es_cur_of(es_text_from(whole, *at));
	r->type = es_cur_be16(&c);
	class = es_cur_be16(&c);
	es_cur_skip(&c, 4); /* time to live */
	r->n_data = es_cur_be16(&c);
	if (c.bad || r->n_data > es_cur_left(&c))
		return false;
	r->data_at = *at + 10;
	*at = r->data_at + r->n_data;
	if (class != CLASS_IN)
		r->type = 0;
	return true;
}

static void
take_address(es_slice data, uint8_t family, struct es_answer *a)
{
	size_t n = family == 4 ? 4 : 16;
	struct es_addr *to = &a->addresses[a->n_addresses];

	if (data.n != n || a->n_addresses == ES_ANSWER_ADDRESSES_MAX)
		return;
	to->family = family;
	memcpy(to->ip, data.p, n);
	a->n_addresses++;
}

/* The choice among records so far; lower goes first. */
struct choice {
	bool any;
	uint32_t rank;
};

static bool
is_better(struct choice *best, uint32_t rank)
{
	if (best->any && rank >= best->rank)
		return false;
	best->any = true;
	best->rank = rank;
	return true;
}

static void
take_srv(es_slice whole, const struct record *r, struct choice *best, struct es_answer *a)
{
	struct es_cur c = es_cur_of(es_text_first(es_text_from(whole, r->data_at), r->n_data));
	uint16_t priority = es_cur_be16(&c);
	uint16_t weight = es_cur_be16(&c);
	uint16_t port = es_cur_be16(&c);
	size_t at = r->data_at + 6;
	char name[ES_TARGET_HOST_MAX];

	/* the root as its target: the service is not offered here (RFC 2782) */
	if (c.bad || !read_name(whole, &at, name) || at > r->data_at + r->n_data ||
	    name[0] == '\0' || port == 0)
		return;
	if (!is_better(best, (uint32_t)priority << 16 | (uint16_t)~weight))
		return;
	a->has_service = true;
	a->port = port;
	memcpy(a->name, name, sizeof(name));
}

static es_slice
counted(struct es_cur *c)
{
	uint8_t n = es_cur_u8(c);

	return es_cur_slice(c, n);
}

/* RFC 3263 section 4.1: "s" and one of SIP+D2U, SIP+D2T, SIPS+D2T. */
static void
take_naptr(es_slice whole, const struct record *r, struct choice *best, struct es_answer *a)
{
	struct es_cur c = es_cur_of(es_text_first(es_text_from(whole, r->data_at), r->n_data));
	uint16_t order = es_cur_be16(&c);
	uint16_t preference = es_cur_be16(&c);
	es_slice flags = counted(&c);
	es_slice service = counted(&c);
	enum es_transport transport;
	char name[ES_TARGET_HOST_MAX];
	size_t at;

	(void)counted(&c); /* the regular expression: none with "s" */
	at = r->data_at + r->n_data - es_cur_left(&c);
	if (c.bad || !es_text_is(flags, "s") || !read_name(whole, &at, name) ||
	    at > r->data_at + r->n_data || name[0] == '\0')
		return;
	if (es_text_is(service, "SIP+D2U"))
		transport = ES_TRANSPORT_UDP;
	else if (es_text_is(service, "SIP+D2T"))
		transport = ES_TRANSPORT_TCP;
	else if (es_text_is(service, "SIPS+D2T"))
		transport = ES_TRANSPORT_TLS;
	else
		return;
	if (!is_better(best, (uint32_t)order << 16 | preference))
		return;
	a->has_service = true;
	a->transport = transport;
	memcpy(a->name, name, sizeof(name));
}

/* Where the alias of a name leads. False: it has none. */
static bool
follow(const struct message *m, char name[ES_TARGET_HOST_MAX])
{
	size_t at = m->records_at;
	struct record r;

	for (unsigned i = 0; i < m->n_records && read_record(m->whole, &at, &r); i++) {
		size_t data_at = r.data_at;

		if (r.type == ES_RECORD_CNAME && is_same_name(r.owner, name))
			return read_name(m->whole, &data_at, name) && name[0] != '\0';
	}
	return false;
}

static void
collect(const struct message *m, enum es_record_type type, const char *owner, struct es_answer *a)
{
	size_t at = m->records_at;
	struct choice best = { 0 };
	struct record r;

	for (unsigned i = 0; i < m->n_records && read_record(m->whole, &at, &r); i++) {
		es_slice data = es_text_first(es_text_from(m->whole, r.data_at), r.n_data);

		if (r.type != type || !is_same_name(r.owner, owner))
			continue;
		if (type == ES_RECORD_A || type == ES_RECORD_AAAA)
			take_address(data, type == ES_RECORD_A ? 4 : 6, a);
		else if (type == ES_RECORD_SRV)
			take_srv(m->whole, &r, &best, a);
		else if (type == ES_RECORD_NAPTR)
			take_naptr(m->whole, &r, &best, a);
	}
}

int
es_question_answer(const struct es_question *q, es_slice message, struct es_answer *out)
{
	struct es_cur c = es_cur_of(message);
	uint16_t id = es_cur_be16(&c);
	uint16_t flags = es_cur_be16(&c);
	uint16_t n_questions = es_cur_be16(&c);
	struct message m = { .whole = message, .n_records = es_cur_be16(&c) };
	char name[ES_TARGET_HOST_MAX];
	struct es_answer a;
	size_t at = 12;

	es_cur_skip(&c, 4); /* authority and additional records */
	if (c.bad || (flags & FLAG_RESPONSE) == 0)
		return ES_EMALFORMED;
	if (id != q->id)
		return ES_ENOTFOUND;
	memset(&a, 0, sizeof(a));
	a.rcode = flags & 0x0f;
	a.is_cut = (flags & FLAG_CUT) != 0;
	if (n_questions == 0 && a.rcode != ES_RCODE_NOERROR) {
		*out = a; /* a server that cannot read a question need not repeat it */
		return 0;
	}
	if (n_questions != 1 || !read_name(message, &at, name) || at + 4 > message.n)
		return ES_EMALFORMED;
	c = es_cur_of(es_text_from(message, at));
	if (!is_same_name(name, q->name) || es_cur_be16(&c) != q->type)
		return ES_ENOTFOUND;
	m.records_at = at + 4;
	if (m.n_records > RECORDS_MAX)
		m.n_records = RECORDS_MAX;
	for (unsigned i = 0; i < ALIASES_MAX && follow(&m, name); i++)
		;
	if (name[0] != '\0')
		collect(&m, q->type, name, &a);
	*out = a;
	return 0;
}
