/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as text: RFC 5952 out, RFC 4291 section 2.2 in. */
#include "earshot/addr.h"
#include "earshot/error.h"
#include "probes/base/cursor.h"
#include "probes/base/text.h"

enum { GROUPS = 8 };

struct sink {
	char *out;
	size_t n;
};

static void
put(struct sink *s, char c)
{
	s->out[s->n++] = c;
}

static void
put_u(struct sink *s, unsigned v)
{
	s->n += es_text_of_u64(v, s->out + s->n);
}

static void
put_hex(struct sink *s, unsigned v)
{
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned digit = v >> shift & 0xf;

		begun = begun || digit != 0 || shift == 0;
		if (begun)
			put(s, "0123456789abcdef"[digit]);
	}
}

static void
put_v4(struct sink *s, const uint8_t *ip)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			put(s, '.');
		put_u(s, ip[i]);
	}
}

/* First and length of the longest run of two or more zero groups, the first of equals. */
static int
longest_zeros(const uint16_t g[GROUPS], int *len)
{
	int best = -1;

	*len = 1;
	for (int i = 0; i < GROUPS; i++) {
		int n = 0;

		while (i + n < GROUPS && g[i + n] == 0)
			n++;
		if (n > *len) {
			best = i;
			*len = n;
		}
		i += n;
	}
	return best;
}

static void
put_v6(struct sink *s, const uint8_t ip[16])
{
	struct es_cur c = es_cur_of(es_slice_of(ip, 16));
	uint16_t g[GROUPS];
	int zeros, n_zeros;

	for (int i = 0; i < GROUPS; i++)
		g[i] = es_cur_be16(&c);
	zeros = longest_zeros(g, &n_zeros);
	if (zeros == 0 && n_zeros == 5 && g[5] == 0xffff) { /* IPv4-mapped: section 5 */
		memcpy(s->out + s->n, "::ffff:", 7);
		s->n += 7;
		put_v4(s, ip + 12);
		return;
	}
	for (int i = 0; i < GROUPS; i++) {
		if (i == zeros) {
			put(s, ':');
			put(s, ':');
			i += n_zeros - 1;
			continue;
		}
		if (i > 0 && i != zeros + n_zeros) /* without a run: -1 + 1 */
			put(s, ':');
		put_hex(s, g[i]);
	}
}

static void
put_ip(struct sink *s, const struct es_addr *a)
{
	if (a->family == 4)
		put_v4(s, a->ip);
	else if (a->family == 6)
		put_v6(s, a->ip);
	else
		put(s, '-');
}

int
es_addr_ip_text(const struct es_addr *a, char out[ES_ADDR_TEXT_MAX])
{
	struct sink s = { out, 0 };

	put_ip(&s, a);
	out[s.n] = '\0';
	return (int)s.n;
}

int
es_addr_text(const struct es_addr *a, char out[ES_ADDR_TEXT_MAX])
{
	struct sink s = { out, 0 };

	if (a->family == 6)
		put(&s, '[');
	put_ip(&s, a);
	if (a->family == 6)
		put(&s, ']');
	put(&s, ':');
	put_u(&s, a->port);
	out[s.n] = '\0';
	return (int)s.n;
}

static int
parse_v4(es_slice text, uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		bool is_last = i == 3;
		es_slice part;
		uint32_t v;

		if (is_last != (es_text_find(text, '.') == text.n))
			return ES_EMALFORMED;
		part = es_text_cut(&text, '.');
		if (part.n > 3 || (part.n > 1 && part.p[0] == '0') || /* 010 is octal to some */
		    es_text_u32(part, 255, &v) != 0)
			return ES_EMALFORMED;
		ip[i] = (uint8_t)v;
	}
	return 0;
}

/* One group, or the IPv4 tail, at bytes n.. of ip; returns the new n, or an error. */
static int
parse_group(es_slice part, bool is_last, uint8_t ip[16], int n)
{
	uint64_t v;

	if (is_last && n <= 12 && es_text_find(part, '.') < part.n)
		return parse_v4(part, ip + n) == 0 ? n + 4 : ES_EMALFORMED;
	if (n > 14 || part.n > 4 || es_text_begins_same(part, "0x") || es_text_hex(part, &v) != 0)
		return ES_EMALFORMED;
	ip[n] = (uint8_t)(v >> 8);
	ip[n + 1] = (uint8_t)v;
	return n + 2;
}

static int
parse_v6(es_slice text, uint8_t ip[16])
{
	int n = 0, gap = -1;

	memset(ip, 0, 16);
	if (es_text_begins(text, "::")) {
		gap = 0;
		text = es_text_from(text, 2);
	}
	while (text.n > 0) {
		size_t colon = es_text_find(text, ':');
		bool is_last = colon == text.n;

		n = parse_group(es_text_first(text, colon), is_last, ip, n);
		if (n < 0)
			return ES_EMALFORMED;
		text = es_text_from(text, colon + 1);
		if (!is_last && text.n == 0)
			return ES_EMALFORMED; /* one colon at the end */
		if (text.n > 0 && text.p[0] == ':') {
			if (gap >= 0)
				return ES_EMALFORMED;
			gap = n;
			text = es_text_from(text, 1);
		}
	}
	if (gap < 0)
		return n == 16 ? 0 : ES_EMALFORMED;
	if (n > 14) /* :: stands for at least one group */
		return ES_EMALFORMED;
	memmove(ip + 16 - (n - gap), ip + gap, (size_t)(n - gap));
	memset(ip + gap, 0, (size_t)(16 - n));
	return 0;
}

int
es_addr_parse_ip(const char *text, size_t n, struct es_addr *out)
{
	es_slice s = es_slice_of(text, n);
	struct es_addr a;
	int err;

	memset(&a, 0, sizeof(a));
	if (es_text_find(s, ':') < s.n) {
		a.family = 6;
		err = parse_v6(s, a.ip);
	} else {
		a.family = 4;
		err = parse_v4(s, a.ip);
	}
	if (err == 0)
		*out = a;
	return err;
}
