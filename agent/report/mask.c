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

static size_t
digits_of(es_slice text)
{
	size_t n = 0;

	while (n < text.n && es_is_digit(text.p[n]))
		n++;
	return n;
}

/* "4930123456" of "+49-30-123456", from its end on: the last digits. False: no number of that length. */
static bool
last_digits(es_slice user, uint8_t out[DIGITS_ALIKE])
{
	size_t n = DIGITS_ALIKE;

	for (size_t i = user.n; i-- > 0 && n > 0;)
		if (es_is_digit(user.p[i]))
			out[--n] = user.p[i];
		else if (es_is_alpha(user.p[i]))
			return false;
	return n == 0;
}

/* Bytes at the start of text that read like this user. */
static size_t
user_at(es_slice user, es_slice text)
{
	uint8_t digits[DIGITS_ALIKE];
	size_t n = digits_of(text);

	if (user.n <= text.n && es_text_same(user, es_text_first(text, user.n)))
		return user.n;
	if (n < DIGITS_ALIKE || !last_digits(user, digits))
		return 0;
	for (size_t i = 0; i + DIGITS_ALIKE <= n; i++)
		if (memcmp(text.p + i, digits, DIGITS_ALIKE) == 0)
			return n;
	return 0;
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
