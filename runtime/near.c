/* SPDX-License-Identifier: Apache-2.0 */
/* Distance of words by optimal string alignment. */
#include "runtime/near.h"

#include <string.h>

enum { LETTERS_MAX = 64, EDITS_MAX = 2 };

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Both words have at most LETTERS_MAX letters. */
static unsigned
distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	unsigned rows[3][LETTERS_MAX + 1]; /* of the table: the one in work and the two before */

	for (size_t j = 0; j <= n_b; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n_a; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *before = rows[(i - 1) % 3];
		const unsigned *earlier = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n_b; j++) {
			now[j] = least(before[j] + 1, now[j - 1] + 1);
			now[j] = least(now[j], before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], earlier[j - 2] + 1);
		}
	}
	return rows[n_a % 3][n_b];
}

static unsigned
common_letters(const char *a, const char *b)
{
	unsigned n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

void
es_near_offer(struct es_near *n, const char *name)
{
	size_t n_written = strlen(n->written), n_name = strlen(name);
	unsigned d, common = common_letters(n->written, name);

	if (n_written > LETTERS_MAX || n_name > LETTERS_MAX)
		return;
	d = distance(n->written, n_written, name, n_name);
	if (d > EDITS_MAX || d >= n_name || d >= n_written)
		return;
	if (n->best != NULL && (d > n->distance || (d == n->distance && common <= n->common)))
		return;
	n->best = name;
	n->distance = d;
	n->common = common;
}
