/* SPDX-License-Identifier: Apache-2.0 */
/* Takes user parts out of what a page shows. */
#include "agent/report/mask.h"

#include "probes/base/text.h"

#include <stdio.h>

enum { DIGITS_ALIKE = 6 }; /* last digits of a number, however its prefix is written */

void
es_mask_add(struct es_mask *m, es_slice party)
{
	es_slice user = es_text_first(party, es_text_find(party, '@'));

	for (uint32_t i = 0; i < m->n_users; i++)
		if (es_text_same(m->users[i], user))
			return;
	if (user.n > 0 && m->n_users < ES_MASK_USERS_MAX)
		m->users[m->n_users++] = user;
}

es_slice
es_mask_party(const struct es_mask *m, es_slice party, char out[ES_MASK_PARTY_MAX])
{
	es_slice host = es_text_from(party, es_text_find(party, '@'));
	int n;

	if (!m->is_on || party.n == 0)
		return party;
	n = snprintf(out, ES_MASK_PARTY_MAX, "****%.*s", (int)host.n, (const char *)host.p);
	return es_slice_of(out, n < ES_MASK_PARTY_MAX ? (size_t)n : ES_MASK_PARTY_MAX - 1);
}

/* The last digits that were written one after the other. */
struct digits {
	uint8_t last[DIGITS_ALIKE];
	size_t n;
};

static void
add_digit(struct digits *d, uint8_t c)
{
	memmove(d->last, d->last + 1, DIGITS_ALIKE - 1);
	d->last[DIGITS_ALIKE - 1] = c;
	d->n++;
}

/* "+49-30-123456" ends like "4930123456". False: no number of that length. */
static bool
last_digits(es_slice user, struct digits *out)
{
	uint8_t c;

	*out = (struct digits){ .n = 0 };
	for (size_t i = 0; i < user.n;) {
		i += es_text_uri_byte(user, i, &c);
		if (es_is_digit(c))
			add_digit(out, c);
		else if (es_is_alpha(c))
			out->n = 0;
	}
	return out->n >= DIGITS_ALIKE;
}

/* Bytes at the start of text that are this user, escapes in either undone. */
static size_t
name_at(es_slice user, es_slice text)
{
	size_t at = 0;
	uint8_t a, b;

	for (size_t i = 0; i < user.n;) {
		if (at == text.n)
			return 0;
		i += es_text_uri_byte(user, i, &a);
		at += es_text_uri_byte(text, at, &b);
		if (!es_text_same(es_slice_of(&a, 1), es_slice_of(&b, 1)))
			return 0;
	}
	return at;
}

/* Bytes at the start of text that are digits, if those of the user's number are among them. */
static size_t
number_at(es_slice user, es_slice text)
{
	struct digits wanted, d = { .n = 0 };
	bool is_found = false;
	size_t at = 0, n;
	uint8_t c;

	(void)es_text_uri_byte(text, 0, &c);
	if (!es_is_digit(c) || !last_digits(user, &wanted))
		return 0;
	while (at < text.n) {
		n = es_text_uri_byte(text, at, &c);
		if (!es_is_digit(c))
			break;
		at += n;
		add_digit(&d, c);
		is_found |= d.n >= DIGITS_ALIKE && memcmp(d.last, wanted.last, DIGITS_ALIKE) == 0;
	}
	return is_found ? at : 0;
}

/* Bytes at the start of text that read like this user. */
static size_t
user_at(es_slice user, es_slice text)
{
	size_t n = name_at(user, text);

	return n > 0 ? n : number_at(user, text);
}

void
es_mask_text(const struct es_mask *m, es_slice text, struct es_html *to)
{
	size_t shown = 0;

	for (size_t i = 0; m->is_on && i < text.n;) {
		size_t hidden = 0;

		for (uint32_t u = 0; u < m->n_users; u++) {
			size_t n = user_at(m->users[u], es_text_from(text, i));

			hidden = n > hidden ? n : hidden;
		}
		if (hidden == 0) {
			i++;
			continue;
		}
		es_html_text(to, es_slice_of(text.p + shown, i - shown));
		es_html_raw(to, "****");
		i += hidden;
		shown = i;
	}
	es_html_text(to, es_text_from(text, shown));
}
