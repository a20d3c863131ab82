/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudonyms of the user parts of SIP URIs. */
#include "runtime/crypto/pseudonym.h"

#include "probes/base/text.h"

enum {
	HEX_BYTES = 12,   /* 96 bits */
	USER_MAX = 128,   /* longer user parts are hashed as they are, as names */
	DIGITS_MAX = 15,  /* E.164 */
	DIALLED_MAX = 18, /* with a prefix such as 00 or 011 */
	TAIL_DIGITS = 8,
	EXTENSION_DIGITS = 6,
};

/* A user part that is a number, normalised. */
struct number {
	bool international; /* digits begin with the country code */
	char digits[DIALLED_MAX + 1];
	size_t n;
};

int
es_pseudonym_init(struct es_pseudonym *p, const uint8_t key[ES_KEY_BYTES], const char *country)
{
	size_t n = country == NULL ? 0 : strlen(country);

	if (n > 3)
		return ES_EINVALID;
	for (size_t i = 0; i < n; i++)
		if (country[i] < '0' || country[i] > '9')
			return ES_EINVALID;
	memset(p, 0, sizeof(*p));
	memcpy(p->key, key, sizeof(p->key));
	memcpy(p->country, country == NULL ? "" : country, n);
	return 0;
}

/* Undoes %HH (RFC 3261 section 19.1.2) and cuts parameters off: "%2B49;phone-context=x" -> "+49". */
static size_t
unescape(es_slice user, char out[USER_MAX])
{
	size_t n = 0;
	uint8_t c;

	for (size_t i = 0; i < user.n && n < USER_MAX && user.p[i] != ';';) {
		i += es_text_uri_byte(user, i, &c);
		out[n++] = (char)c;
	}
	return n;
}

/* Digits of a number without visual separators (RFC 3966); false when it is not one. */
static bool
digits_of(const char *text, size_t n, struct number *out)
{
	size_t i = 0;

	out->n = 0;
	out->international = n > 0 && text[0] == '+';
	if (out->international)
		i = 1;
	for (; i < n; i++) {
		char c = text[i];

		if (c == '-' || c == '.' || c == '(' || c == ')' || c == ' ')
			continue;
		if (c < '0' || c > '9' || out->n == DIALLED_MAX)
			return false;
		out->digits[out->n++] = c;
	}
	return out->n > 0;
}

static void
drop_front(struct number *d, size_t n)
{
	memmove(d->digits, d->digits + n, d->n - n);
	d->n -= n;
}

/* Dialling prefixes to E.164. */
static void
normalise(const struct es_pseudonym *p, struct number *d)
{
	size_t n_country = strlen(p->country);
	bool is_nanp = strcmp(p->country, "1") == 0;

	if (d->international || d->n <= EXTENSION_DIGITS)
		return;
	if (d->digits[0] == '0' && d->digits[1] == '0') {
		drop_front(d, 2);
		d->international = true;
	} else if (is_nanp && memcmp(d->digits, "011", 3) == 0) {
		drop_front(d, 3);
		d->international = true;
	} else if (is_nanp && (d->n == 10 || (d->n == 11 && d->digits[0] == '1'))) {
		if (d->n == 10) {
			memmove(d->digits + 1, d->digits, d->n);
			d->digits[0] = '1';
			d->n++;
		}
		d->international = true;
	} else if (n_country > 0 && d->digits[0] == '0' && d->n - 1 + n_country <= DIGITS_MAX) {
		memmove(d->digits + n_country, d->digits + 1, d->n - 1);
		memcpy(d->digits, p->country, n_country);
		d->n += n_country - 1;
		d->international = true;
	}
}

/* Length of the country code an E.164 number begins with (ITU-T E.164 list of assigned codes). */
static size_t
country_code_len(const struct number *d)
{
	static const char two[][3] = { "20", "27", "30", "31", "32", "33", "34", "36", "39", "40",
		"41", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53", "54", "55", "56",
		"57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
		"91", "92", "93", "94", "95", "98" };

	if (d->n < 3)
		return d->n;
	if (d->digits[0] == '1' || d->digits[0] == '7')
		return 1;
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++)
		if (memcmp(d->digits, two[i], 2) == 0)
			return 2;
	return 3;
}

/* HMAC over label, zero byte, text; 24 hex digits at out. */
static void
keyed(const struct es_pseudonym *p, char label, const void *text, size_t n, char *out)
{
	uint8_t bytes[2 + ES_PSEUDONYM_URI_MAX * 4];
	uint8_t mac[ES_SHA256_BYTES];

	if (n > sizeof(bytes) - 2) {
		/* a hostile length: the hash of the text stands for it */
		es_sha256(es_slice_of(text, n), bytes + 2);
		n = ES_SHA256_BYTES;
	} else {
		memcpy(bytes + 2, text, n);
	}
	bytes[0] = (uint8_t)label;
	bytes[1] = 0;
	es_hmac_sha256(es_slice_of(p->key, sizeof(p->key)), es_slice_of(bytes, n + 2), mac);
	es_hex_text(mac, HEX_BYTES, out);
}

static size_t
put(char *out, size_t at, const char *text, size_t n)
{
	memcpy(out + at, text, n);
	out[at + n] = '\0';
	return at + n;
}

static size_t
number_text(const struct es_pseudonym *p, const struct number *d, char out[ES_PSEUDONYM_TEXT_MAX])
{
	char full[DIALLED_MAX + 1];
	size_t n_full = 0;
	size_t n = put(out, 0, "n1-", 3);

	if (d->international) {
		full[n_full++] = '+';
		n = put(out, n, "cc", 2);
		n = put(out, n, d->digits, country_code_len(d));
	} else if (d->n <= EXTENSION_DIGITS) {
		n = put(out, n, "ext", 3);
	} else {
		n = put(out, n, "nat", 3);
	}
	memcpy(full + n_full, d->digits, d->n);
	n = put(out, n, "-", 1);
	keyed(p, 'n', full, n_full + d->n, out + n);
	n += 2 * HEX_BYTES;
	if (d->n < TAIL_DIGITS)
		return n;
	n = put(out, n, "-", 1);
	keyed(p, 't', d->digits + d->n - TAIL_DIGITS, TAIL_DIGITS, out + n);
	return n + 2 * HEX_BYTES;
}

static bool
is_hex(es_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

/* Whether a user part is a pseudonym already: applying twice must not change it. */
static bool
is_pseudonym(es_slice u)
{
	size_t hex = 2 * HEX_BYTES;

	if (u.n == 3 + hex && memcmp(u.p, "u1-", 3) == 0)
		return is_hex(es_slice_of(u.p + 3, hex));
	if (u.n < 3 + 3 + 1 + hex || u.n >= ES_PSEUDONYM_TEXT_MAX || memcmp(u.p, "n1-", 3) != 0)
		return false;
	if (!is_hex(es_slice_of(u.p + u.n - hex, hex)) || u.p[u.n - hex - 1] != '-')
		return false;
	return memcmp(u.p + 3, "cc", 2) == 0 || memcmp(u.p + 3, "nat", 3) == 0 ||
	       memcmp(u.p + 3, "ext", 3) == 0;
}

/* A user part. An empty one stays empty; a pseudonym of this form stays as it is. Returns the length. */
static size_t
user_text(const struct es_pseudonym *p, es_slice user, char out[ES_PSEUDONYM_TEXT_MAX])
{
	struct number d;
	char text[USER_MAX];
	size_t n;

	out[0] = '\0';
	if (user.n == 0)
		return 0;
	if (is_pseudonym(user))
		return put(out, 0, (const char *)user.p, user.n);
	n = user.n < USER_MAX ? unescape(user, text) : 0;
	if (digits_of(text, n, &d)) {
		normalise(p, &d);
		return number_text(p, &d, out);
	}
	put(out, 0, "u1-", 3);
	if (n > 0)
		keyed(p, 'u', text, n, out + 3);
	else
		keyed(p, 'u', user.p, user.n, out + 3);
	return 3 + 2 * HEX_BYTES;
}

size_t
es_pseudonym_uri(const struct es_pseudonym *p, es_slice uri, char out[ES_PSEUDONYM_URI_MAX])
{
	size_t at = uri.n;
	size_t n;

	for (size_t i = 0; i < uri.n; i++)
		if (uri.p[i] == '@')
			at = i; /* the last one: a host has none */
	if (es_slice_eq(es_slice_of(uri.p, at), es_slice_str("anonymous")))
		n = put(out, 0, "anonymous", 9);
	else
		n = user_text(p, es_slice_of(uri.p, at), out);
	if (at == uri.n)
		return n;
	uri = es_slice_of(uri.p + at, uri.n - at);
	if (uri.n > ES_PSEUDONYM_URI_MAX - 1 - n)
		uri.n = ES_PSEUDONYM_URI_MAX - 1 - n;
	return put(out, n, (const char *)uri.p, uri.n);
}

size_t
es_pseudonym_key(const struct es_pseudonym *p, es_slice key, char out[ES_PSEUDONYM_TEXT_MAX])
{
	const size_t n = 3 + 2 * HEX_BYTES;

	out[0] = '\0';
	if (key.n == 0)
		return 0;
	if (key.n == n && memcmp(key.p, "k1-", 3) == 0 && is_hex(es_slice_of(key.p + 3, n - 3)))
		return put(out, 0, (const char *)key.p, n);
	put(out, 0, "k1-", 3);
	keyed(p, 'k', key.p, key.n, out + 3);
	return n;
}
