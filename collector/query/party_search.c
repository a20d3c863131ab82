/* SPDX-License-Identifier: Apache-2.0 */
/* Who is searched for, as agents have written it. */
#include "collector/query/party_search.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HEX = 24 }; /* digits of one hash */

static const char spaces[] = " \t\r\n";

/* "sip:", "<sips:": what stands before the user. Returns how much. */
static size_t
scheme_len(es_slice text)
{
	static const char *const schemes[] = { "sip:", "sips:", "tel:" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i]);

		if (text.n >= n && strncasecmp((const char *)text.p, schemes[i], n) == 0)
			return n;
	}
	return 0;
}

static size_t
find(es_slice text, const char *any)
{
	size_t i = 0;

	while (i < text.n && memchr(any, text.p[i], strlen(any)) == NULL)
		i++;
	return i;
}

/* The URI of `"Bob" <sip:bob@example.org>;tag=1`; any other text without the space around it. */
static es_slice
uri_of(const char *text)
{
	const char *bracket = strrchr(text, '<');
	es_slice s = es_slice_str(bracket == NULL ? text : bracket + 1);

	s.n = find(s, ">");
	while (s.n > 0 && memchr(spaces, s.p[0], sizeof(spaces) - 1) != NULL)
		s = es_slice_of(s.p + 1, s.n - 1);
	while (s.n > 0 && memchr(spaces, s.p[s.n - 1], sizeof(spaces) - 1) != NULL)
		s.n--;
	return s;
}

/*
 * How many bytes at p stand between the digits of a number on paper: signs of RFC 3966, space, slash, and in UTF-8 the
 * no-break space, what U+2000 to U+206F has of spaces and dashes, and the minus sign.
 */
static size_t
separator_len(const uint8_t *p, size_t n)
{
	if (memchr("-.()/ \t\r\n", p[0], 9) != NULL)
		return 1;
	if (n >= 2 && memcmp(p, "\xc2\xa0", 2) == 0)
		return 2;
	if (n >= 3 && p[0] == 0xe2 &&
	    (p[1] == 0x80 || p[1] == 0x81 || memcmp(p + 1, "\x88\x92", 2) == 0))
		return 3;
	return 0;
}

/*
 * "+49 (0)30 / 123-45" -> "+493012345" at out: the trunk prefix in brackets is not dialled behind a country code. A user
 * that is no such number is returned as it is, for agents take it for a name.
 */
static es_slice
as_dialled(es_slice user, char out[ES_PARTY_HOST_MAX])
{
	size_t n = 0, i = 0, len;

	while (i < user.n && user.p[i] != ';') {
		bool has_country = n > 1 && (out[0] == '+' || memcmp(out, "00", 2) == 0);

		len = separator_len(user.p + i, user.n - i);
		if (has_country && user.n - i >= 3 && memcmp(user.p + i, "(0)", 3) == 0)
			len = 3;
		if (len == 0 && !(user.p[i] >= '0' && user.p[i] <= '9') &&
		    !(user.p[i] == '+' && n == 0))
			return user;
		if (len == 0)
			out[n++] = (char)user.p[i++];
		i += len;
	}
	return n == 0 ? user : es_slice_of(out, n);
}

int
es_party_search_parse(const struct es_pseudonym *key, const char *text, struct es_party_search *out)
{
	char dialled[ES_PARTY_HOST_MAX];
	es_slice s = uri_of(text), user, host;
	size_t scheme = scheme_len(s), at;

	memset(out, 0, sizeof(*out));
	s = es_slice_of(s.p + scheme, s.n - scheme);
	at = find(s, "@");
	user = es_slice_of(s.p, at);
	host = at < s.n ? es_slice_of(s.p + at + 1, s.n - at - 1) : es_slice_of(NULL, 0);
	host.n = find(host, ";?>"); /* parameters and headers of the URI */
	if (user.n == 0 || user.n >= ES_PARTY_HOST_MAX || host.n >= ES_PARTY_HOST_MAX ||
	    (at < s.n && host.n == 0))
		return ES_EMALFORMED;
	if (host.n > 0)
		memcpy(out->host, host.p, host.n);
	out->n_host = host.n;
	(void)es_pseudonym_uri(key, as_dialled(user, dialled), out->pseudonym);
	return 0;
}

static bool
is_national(es_slice number)
{
	return number.n > 7 && memcmp(number.p, "n1-nat-", 7) == 0;
}

/* The hash of the last eight digits; empty: there are not as many. */
static es_slice
tail_of(es_slice number)
{
	size_t n = number.n;

	if (n < 4 + 2 * (HEX + 1) || memcmp(number.p, "n1-", 3) != 0 ||
	    number.p[n - HEX - 1] != '-' || number.p[n - 2 * (HEX + 1)] != '-')
		return es_slice_of(NULL, 0);
	return es_slice_of(number.p + n - HEX, HEX);
}

static bool
same_user(es_slice wanted, es_slice user)
{
	es_slice tail;

	if (es_slice_eq(wanted, user))
		return wanted.n > 0;
	if (!is_national(wanted) && !is_national(user))
		return false;
	tail = tail_of(wanted);
	return tail.n > 0 && es_slice_eq(tail, tail_of(user));
}

/* The stored host may have a port. */
static bool
same_host(const struct es_party_search *p, es_slice host)
{
	size_t n = p->n_host;

	return n == 0 || (host.n >= n && strncasecmp(p->host, (const char *)host.p, n) == 0 &&
			     (host.n == n || host.p[n] == ':'));
}

bool
es_party_search_fits(const struct es_party_search *p, es_slice stored)
{
	size_t at = find(stored, "@");

	return same_user(es_slice_str(p->pseudonym), es_slice_of(stored.p, at)) &&
	       same_host(p, at < stored.n ? es_slice_of(stored.p + at + 1, stored.n - at - 1)
					  : es_slice_of(NULL, 0));
}

es_slice
es_party_search_hash(const struct es_party_search *p)
{
	es_slice user = es_slice_str(p->pseudonym);

	if (user.n < 3 + HEX || user.p[user.n - HEX - 1] != '-')
		return es_slice_of(NULL, 0);
	return es_slice_of(user.p + user.n - HEX, HEX);
}
