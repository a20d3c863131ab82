/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files. One option table drives the parser, --help, the sample file and the man page,
 * so they cannot disagree.
 *
 *     name = value          # a comment
 *     name = "my \"value\"" # in quotes where it has blanks or one of {}()=,#
 *     local = {10.0.0.1, 10.0.0.2}
 *     capture "access" {    # a section; its title is unique
 *         interface = eth0
 *     }
 *     include("more.conf")  # at the top level; relative to this file
 *     include("conf.d/a-*") # all that fit, in the order of their names; there need not be one
 *
 * Names have hyphens; in a file _ stands for - in them, too. What is given again replaces what was given
 * before. An unknown name or a bad value is an error:
 * "FILE:LINE:COLUMN: what is wrong, expected ...". Columns are counted in bytes, the first is 1.
 */
#ifndef EARSHOT_RUNTIME_OPTIONS_H
#define EARSHOT_RUNTIME_OPTIONS_H

#include "earshot/error.h"
#include "probes/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum es_option_kind {
	ES_OPT_STRING,   /* min..max = length in bytes where max > 0 */
	ES_OPT_INT,      /* min..max */
	ES_OPT_BOOL,     /* yes no true false on off */
	ES_OPT_BYTES,    /* 512, 64KiB, 1MiB, 2GiB; min..max in bytes */
	ES_OPT_DURATION, /* 250ms, 5s, 10m, 2h, 7d; min..max in ms */
	ES_OPT_ENUM,     /* one of words */
	ES_OPT_LIST,     /* of strings; min..max = how many, where max > 0 */
	ES_OPT_SECTION,  /* min..max = how many, where max > 0 */
};

/* A row; the table ends with a row whose name is NULL. */
struct es_option {
	const char *name;
	enum es_option_kind kind;
	const char *fallback; /* as written in the file; NULL: absent unless given */
	int64_t min;
	int64_t max;
	const char *const *words; /* ES_OPT_ENUM: ends with NULL */
	const char *help;         /* one sentence, from a capital to a full stop, no backslash */
	const char *example;      /* for the sample file where there is no fallback; may be NULL */
	const struct es_option *options; /* ES_OPT_SECTION: its own table */
	bool required;                   /* must be given */
	/*
	 * Of which processes another value takes effect when they read the file again, a bit each; 0: at a restart. The owner
	 * of the table gives the bits.
	 */
	unsigned reloads;
};

enum { ES_OPTIONS_ERROR_MAX = 1024, ES_OPTIONS_FILE_MAX = 1 << 20 };

struct es_option_place {
	const char *file;
	int line, column; /* line 0: the whole file */
};

/* A value of an option, one of a list, or a section. */
struct es_option_value {
	struct es_option_place place;
	const char *text; /* as written in the file, without quotes; a section's title */
	int64_t number;   /* what es_section_num returns */
	struct es_section *section;
	struct es_option_value *next;
};

struct es_option_values {
	const struct es_option *row;
	struct es_option_value *first, **last; /* in the order of the file */
	size_t n;
};

/* The file's top level, or what is between { and }. */
struct es_section {
	struct es_option_place place;
	size_t n_options;
	struct es_option_values options[]; /* one for each row of the table */
};

struct es_options {
	struct es_section *top;
	struct es_arena memory; /* of sections, values and texts */
	unsigned n_included;
	const char *cut_file; /* does not end with a line end; NULL: none of them */
};

/*
 * Reads a file, or text where it is not NULL: then path is only used in errors. table and path must
 * outlive *out, which the caller frees. ES_EIO (cannot be read), ES_EUNSUPPORTED (includes what is not a regular file),
 * ES_EFULL (too large), ES_EMALFORMED (bad content), ES_ENOMEM;
 * error (NUL-terminated) is "FILE:LINE:COLUMN: ..." or "FILE: ...".
 */
int es_options_read(const struct es_option *table, const char *path, const char *text,
    char error[ES_OPTIONS_ERROR_MAX], struct es_options **out);

/*
 * Reads it once more while the process serves: a pipe, which a first reading would have emptied, is refused as each
 * included file that is not a regular one always is (ES_EUNSUPPORTED).
 */
int es_options_read_again(const struct es_option *table, const char *path,
    char error[ES_OPTIONS_ERROR_MAX], struct es_options **out);

struct es_option_faults {
	void (*fault)(void *ctx, const char *text); /* as error of es_options_read */
	void *ctx;
};

/*
 * Reads the same and reports every fault, not the first one only; after one of punctuation or quotes the rest
 * is not read, and *out NULL. Else the caller frees *out, in which the default or the example stands for a wrong value:
 * it is for further checks alone. Returns how many faults there are.
 */
unsigned es_options_check(const struct es_option *table, const char *path, const char *text,
    const struct es_option_faults *faults, struct es_options **out);

/* Checks of values that the table does not make: all that fail are reported to faults; where it is NULL, the first ends them. */
struct es_option_checks {
	const struct es_option_faults *faults;
	char *error;       /* of ES_OPTIONS_ERROR_MAX: of the last one that failed */
	int err;           /* 0, or of the last one that failed */
	unsigned n_faults; /* reported */
};

/* Takes the result of one. False: no other is wanted. */
bool es_option_checked(struct es_option_checks *c, int err);

void es_options_free(struct es_options *o); /* NULL is fine */

/*
 * What was given, else the default, else none; several only of LIST and SECTION. To ask for a name that
 * is not in the table is a bug and asserts.
 */
const struct es_option_values *es_section_values(const struct es_section *s, const char *name);
const char *es_section_str(const struct es_section *s, const char *name); /* STRING; NULL: absent */
/* INT, BYTES, DURATION (ms), BOOL (0, 1), ENUM (index into words); -1: absent. */
int64_t es_section_num(const struct es_section *s, const char *name);

/*
 * Another default for an option that has one, unless a file gave it. text is as in a file, right for its row, and outlives
 * the options.
 */
void es_section_default(struct es_section *s, const char *name, const char *text);

/* "FILE:LINE:COLUMN: ..." or "FILE: ...", also for what is found wrong later. Returns ES_EMALFORMED. */
int __attribute__((format(printf, 3, 4))) es_option_error(
    const struct es_option_place *place, char error[ES_OPTIONS_ERROR_MAX], const char *fmt, ...);

/* An option whose values in two files differ, or a section that one of them lacks. */
struct es_option_change {
	const struct es_option *row;
	const struct es_option_place
	    *place; /* in the later file; of one that it lacks, of the section around it */
};

/* Calls changed for each difference between two files that were read with one table. */
void es_options_changes(const struct es_options *before, const struct es_options *now,
    void (*changed)(void *ctx, const struct es_option_change *change), void *ctx);

/* The table for people: a commented sample file, also for --help; a man page fragment (mdoc). */
void es_options_sample(const struct es_option *table, FILE *out);
void es_options_man(const struct es_option *table, FILE *out);

/* What was given, as one file without includes: read again, it gives the same values. */
void es_options_write(const struct es_options *o, FILE *out);

/* A value as the file writes it: ES_EMALFORMED unless the whole text fits. */
int es_options_parse_duration(const char *text, int64_t *ms);

#endif
