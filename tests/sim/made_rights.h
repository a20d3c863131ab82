/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in a test where a role gives up its rights. */
#ifndef TESTS_MADE_RIGHTS_H
#define TESTS_MADE_RIGHTS_H

/* What the role that ran last gave up, and how often; "" where it named none. */
struct made_rights {
	unsigned n;
	unsigned n_files; /* at most, where it was confined, too */
	char user[64], group[64], capabilities[64];
};

extern struct made_rights made_rights;
extern void (*made_rights_drop)(void); /* NULL: nothing */

#endif
