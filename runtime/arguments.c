/* SPDX-License-Identifier: Apache-2.0 */
/* Parses command lines by option tables; getopt_long does the splitting. */
#include "runtime/arguments.h"

#include "runtime/near.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { ROW = 256 }; /* getopt's code of the table's first row, above all letters */

static int
say_version(const char *command, const char *value, void *out)
{
	(void)value;
	(void)out;
	printf("%.*s " EARSHOT_VERSION "\n", (int)strcspn(command, " "), command);
	exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

const struct es_argument es_version_argument[] = {
	{ .name = "version", .letter = 'V', .help = "The version.", .take = say_version },
	{ .name = NULL },
};

struct splitting {
	const struct es_argument *rows[ES_ARGUMENTS_MAX];
	size_t n;
	struct option longs[ES_ARGUMENTS_MAX + 1];
	char letters[2 * ES_ARGUMENTS_MAX + 2];
};

/* The leading colon makes getopt tell a missing value from an unknown option. */
static void
prepare(struct splitting *s, const struct es_argument *table)
{
	char *letter = s->letters;

	memset(s, 0, sizeof(*s));
	*letter++ = ':';
	for (const struct es_argument *row = es_argument_at(table); row != NULL;
	     row = es_argument_at(row + 1)) {
		assert(s->n < ES_ARGUMENTS_MAX);
		s->rows[s->n] = row;
		s->longs[s->n].name = row->name;
		s->longs[s->n].has_arg = row->value != NULL ? required_argument : no_argument;
		s->longs[s->n].val = ROW + (int)s->n;
		s->n++;
		if (row->letter == 0)
			continue;
		*letter++ = row->letter;
		if (row->value != NULL)
			*letter++ = ':';
	}
}

static const struct es_argument *
row_of(const struct splitting *s, int code)
{
	if (code >= ROW)
		return s->rows[code - ROW];
	for (size_t i = 0; i < s->n; i++)
		if (code > 0 && s->rows[i]->letter == code)
			return s->rows[i];
	return NULL;
}

/* How many names begin with what was written, up to its '='. */
static size_t
beginning(const struct splitting *s, const char *written, size_t n_written)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += strncmp(s->rows[i]->name, written, n_written) == 0;
	return n;
}

static void
unknown(const struct splitting *s, const char *command, const char *written)
{
	char name[80];
	struct es_near near = { .written = name };

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(written, "="), written);
	if (beginning(s, name, strlen(name)) > 1) {
		fprintf(stderr, "%s: --%s could be", command, name);
		for (size_t i = 0; i < s->n; i++)
			if (strncmp(s->rows[i]->name, name, strlen(name)) == 0)
				fprintf(stderr, " --%s", s->rows[i]->name);
		fprintf(stderr, ": write more of it\n");
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		es_near_offer(&near, s->rows[i]->name);
	if (near.best != NULL)
		fprintf(stderr, "%s: unknown option --%s; did you mean --%s?\n", command, name,
		    near.best);
	else
		fprintf(
		    stderr, "%s: unknown option --%s; --help lists the options\n", command, name);
}

/* getopt's ':' is a missing value; its '?' the rest. */
static int
refuse(const struct splitting *s, int code, char **argv)
{
	const struct es_argument *row = row_of(s, optopt);

	if (code == ':')
		fprintf(
		    stderr, "%s: --%s: expected %s behind it\n", argv[0], row->name, row->value);
	else if (row != NULL)
		fprintf(stderr, "%s: --%s has no value\n", argv[0], row->name);
	else if (optopt != 0)
		fprintf(stderr, "%s: unknown option -%c; --help lists the options\n", argv[0],
		    optopt > ' ' && optopt < 0x7f ? optopt : '?');
	else
		unknown(s, argv[0], argv[optind - 1] + 2);
	return ES_EINVALID;
}

int
es_arguments_parse(
    const struct es_argument *table, int argc, char **argv, void *out, int *first_operand)
{
	struct splitting s;
	int code, rc = 0;

	prepare(&s, table);
	opterr = 0;
	optind = 0; /* glibc: begin afresh, also behind another table */
	while (rc == 0 && (code = getopt_long(argc, argv, s.letters, s.longs, NULL)) != -1) {
		const struct es_argument *row =
		    code == '?' || code == ':' ? NULL : row_of(&s, code);

		if (row == NULL)
			rc = refuse(&s, code, argv);
		else if (row->take != NULL)
			rc = row->take(argv[0], optarg, out);
		else if (row->value == NULL)
			*(bool *)(void *)((char *)out + row->offset_bytes) = true;
		else
			*(const char **)(void *)((char *)out + row->offset_bytes) = optarg;
	}
	*first_operand = optind;
	return rc;
}

int
es_arguments_expected(const char *command, const char *expected)
{
	fprintf(stderr, "%s: expected %s; %s --help tells more\n", command, expected, command);
	return ES_EINVALID;
}

int
es_arguments_wrong(const char *command, const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "%s: %s: \"%s\": expected %s\n", command, option, value, expected);
	return ES_EINVALID;
}
