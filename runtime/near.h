/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The word that someone who mistyped a name probably meant. Offer it each known name; the nearest is in
 * best:
 *
 *	struct es_near near = { .written = "--jsn" };
 *
 *	es_near_offer(&near, "json");
 *	if (near.best != NULL)
 *		... did you mean near.best?
 */
#ifndef EARSHOT_RUNTIME_NEAR_H
#define EARSHOT_RUNTIME_NEAR_H

struct es_near {
	const char *written;
	const char *best;  /* NULL: no name is near; of equals the one that begins most alike */
	unsigned distance; /* of best */
	unsigned common;   /* first letters that best has in common with written */
};

/*
 * A name is near at two or fewer edits: a letter put in, left out, replaced, or two neighbours swapped
 * (Damerau-Levenshtein), if it has more letters than that. name is borrowed.
 */
void es_near_offer(struct es_near *n, const char *name);

#endif
