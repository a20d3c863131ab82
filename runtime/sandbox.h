/* SPDX-License-Identifier: Apache-2.0 */
/* What a process may still ask the kernel for once it reads what strangers sent: lists of system calls (seccomp). */
#ifndef EARSHOT_RUNTIME_SANDBOX_H
#define EARSHOT_RUNTIME_SANDBOX_H

#include "earshot/error.h"

#include <stddef.h>
#include <stdint.h>

enum es_sandbox_role {
	ES_SANDBOX_PARSER,
	ES_SANDBOX_SHIPPER,
	ES_SANDBOX_INGEST,
	ES_SANDBOX_PORTAL
};

/* In the order of es_sandbox_words, which the option "sandbox" takes. */
enum es_sandbox_mode {
	ES_SANDBOX_ENFORCE, /* another call ends the process */
	ES_SANDBOX_LOG,     /* another call is written to the kernel's log, and done */
	ES_SANDBOX_OFF,
};

extern const char *const es_sandbox_words[];

/*
 * From now on this process, all its threads, may do what the list of its role has. Call once, after es_rights_drop and when
 * configuration, users, locale and libraries are loaded. Where the program was built with a sanitizer, or the
 * kernel has no seccomp, nothing is done. Logs as name an error, and a warning where no list is enforced. ES_EDENIED: the
 * process must end.
 */
int es_sandbox_enter(enum es_sandbox_role role, enum es_sandbox_mode mode, const char *name);

/*
 * Before it: from now on this process opens files to read only; another open is refused (EACCES). For descriptors that a
 * library would keep to write. Nothing is done where no list is enforced. ES_EDENIED as above.
 */
int es_sandbox_open_to_read(enum es_sandbox_mode mode, const char *name);

/* What is in force in a process. The numbers travel in health records. */
enum es_sandbox_state {
	ES_SANDBOX_UNKNOWN = 0, /* nothing was entered yet, or another process does not report it */
	ES_SANDBOX_ENFORCED = 1,
	ES_SANDBOX_LOGGED = 2,
	ES_SANDBOX_IS_OFF = 3,
	ES_SANDBOX_SANITIZER = 4,
	ES_SANDBOX_NO_KERNEL = 5,
};

/* Of this process. */
enum es_sandbox_state es_sandbox_state(void);

/*
 * For status: "enforce", "log", "off", "off (sanitizer)", "off (this kernel has no seccomp)"; "unknown" for any other
 * number.
 */
const char *es_sandbox_text(uint64_t state);

/*
 * The i-th call of a role's list, counted from 0; NULL behind the last. A call that has several names, as machines differ, is
 * all of them with blanks between: "mmap mmap2".
 */
const char *es_sandbox_call(enum es_sandbox_role role, size_t i);

#endif
