/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in a test where a role gives up its rights. */
#ifndef TESTS_MADE_RIGHTS_H
#define TESTS_MADE_RIGHTS_H

extern void (*made_rights_drop)(void); /* NULL: nothing */

#endif
