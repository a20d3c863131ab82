/* SPDX-License-Identifier: Apache-2.0 */
/* The options and operands of `earshot explain`. */
#include "agent/command/explain_options.h"

#include "agent/command/agent_command.h"
#include "probes/base/text.h"
#include "runtime/near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AT(member) ES_ARGUMENT_AT(struct es_explain_options, member)

const struct es_argument es_explain_arguments[] = {
	{ .name = "json", .help = "One JSON object per call and line.", AT(json) },
	{ .name = "html",
	    .value = "FILE",
	    .kind = ES_ARGUMENT_FILE,
	    .help = "Also write a page to send: paths, plots over call time, evidence, SIP "
		    "messages; one file that needs nothing from elsewhere. An older page is "
		    "replaced, any other file is not.",
	    AT(html) },
	{ .name = "mask",
	    .help = "Hide who calls whom: no user parts of From and To are printed; in the page "
		    "also none where a Call-ID or another name contains one, and no names of "
		    "files.",
	    AT(mask) },
	{ .name = "keep-going",
	    .help = "Explain with what is left where an input cannot be read; each answer names "
		    "what is missing.",
	    AT(keep_going) },
	ES_COMMAND_LEG_HEADER(struct es_explain_options),
	ES_COMMAND_KEYLOG(struct es_explain_options),
	{ .name = "help", .letter = 'h', .help = "This text.", AT(help) },
	{ .name = NULL, .more = es_version_argument },
};

static const struct {
	const char *word;
	enum es_role role;
} roles[] = {
	{ "endpoint", ES_ROLE_ENDPOINT },
	{ "sbc", ES_ROLE_SBC },
	{ "gateway", ES_ROLE_GATEWAY },
	{ "tap", ES_ROLE_TAP },
};

static int
wrong(const char *operand, const char *expected)
{
	fprintf(stderr, "earshot explain: \"%s\": %s\n", operand, expected);
	return ES_EINVALID;
}

static int
wrong_role(const char *operand, es_slice role)
{
	char written[16], expected[120];
	struct es_near near = { .written = written };

	(void)snprintf(written, sizeof(written), "%.*s", (int)role.n, (const char *)role.p);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		es_near_offer(&near, roles[i].word);
	es_near_offer(&near, "host");
	(void)snprintf(expected, sizeof(expected),
	    "the role before : must be endpoint, sbc, gateway, tap or host%s%s%s",
	    near.best == NULL ? "" : "; did you mean ", near.best == NULL ? "" : near.best,
	    near.best == NULL ? "" : "?");
	return wrong(operand, expected);
}

/* A name is in every line of the answer: short, printable, without the slash before a label. */
static bool
is_name(es_slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!es_is_alpha(c) && !es_is_digit(c) && memchr("._-", c, 3) == NULL &&
		    !(c == '/' && i > 0 && i + 1 < name.n))
			return false;
	}
	return name.n > 0 && name.n <= ES_EXPLAIN_NAME_MAX;
}

static int
add_host(struct es_explain_options *o, es_slice name, const char *file, const char *operand)
{
	if (o->n_hosts == ES_EXPLAIN_HOSTS_MAX)
		return wrong(operand, "too many timelines, 64 is the limit");
	o->hosts[o->n_hosts].name = name;
	o->hosts[o->n_hosts++].file = file;
	return 0;
}

static int
add_vantage(
    struct es_explain_options *o, enum es_role role, es_slice name, char *file, const char *operand)
{
	struct es_explain_vantage *v = NULL;

	for (uint32_t i = 0; i < o->n_vantages && v == NULL; i++) {
		if (es_slice_eq(o->vantages[i].name, name))
			v = &o->vantages[i];
	}
	if (v != NULL && v->role != role)
		return wrong(operand, "this name has another role already");
	if (v == NULL) {
		if (o->n_vantages == ES_CORRELATE_VANTAGES_MAX)
			return wrong(operand, "too many vantage points, 64 is the limit");
		v = &o->vantages[o->n_vantages++];
		v->name = name;
		v->role = role;
	}
	if (v->n_files == ES_EXPLAIN_FILES_MAX)
		return wrong(operand, "too many captures of one vantage point, 256 is the limit");
	v->files[v->n_files++] = file;
	return 0;
}

/* ROLE:NAME=FILE, or host:NAME=TIMELINE. */
static int
parse_operand(struct es_explain_options *o, char *operand)
{
	es_slice rest = es_slice_str(operand);
	es_slice role = es_text_cut(&rest, ':');
	es_slice name = es_text_cut(&rest, '=');
	char *file = strchr(operand, '=');

	if (file == NULL || rest.n == 0 || role.n + name.n + 2 > strlen(operand))
		return wrong(operand, "expected ROLE:NAME=FILE, as endpoint:ep=ep.pcap");
	file++;
	if (!is_name(name))
		return wrong(operand, "the name before = must be 1 to 64 letters, digits, '.', "
				      "'_', '-' or an inner '/'");
	if (es_text_is(role, "host"))
		return add_host(o, name, file, operand);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (es_text_is(role, roles[i].word))
			return add_vantage(o, roles[i].role, name, file, operand);
	}
	return wrong_role(operand, role);
}

/* A timeline belongs to a vantage point, or to several that share the part before the slash. */
static int
check_hosts(const struct es_explain_options *o)
{
	for (uint32_t i = 0; i < o->n_hosts; i++) {
		bool is_known = false;

		for (uint32_t j = 0; j < o->n_vantages; j++) {
			es_slice name = o->vantages[j].name;

			is_known |= es_slice_eq(
			    es_text_first(name, es_text_find(name, '/')), o->hosts[i].name);
		}
		if (is_known)
			continue;
		fprintf(stderr,
		    "earshot explain: host:%.*s=%s: no vantage point has this name; expected "
		    "ROLE:%.*s=CAPTURE as well\n",
		    (int)o->hosts[i].name.n, (const char *)o->hosts[i].name.p, o->hosts[i].file,
		    (int)o->hosts[i].name.n, (const char *)o->hosts[i].name.p);
		return ES_EINVALID;
	}
	return 0;
}

struct given {
	dev_t device;
	ino_t number;
	const char *file;
	const struct es_explain_vantage *vantage;
};

static int
by_file(const void *a, const void *b)
{
	const struct given *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Every regular file among the captures; what is not there is reported when it is opened. */
static size_t
fill_given(const struct es_explain_options *o, struct given *out)
{
	struct stat st;
	size_t n = 0;

	for (uint32_t i = 0; i < o->n_vantages; i++) {
		for (size_t j = 0; j < o->vantages[i].n_files; j++) {
			const char *file = o->vantages[i].files[j];

			if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
				out[n++] =
				    (struct given){ st.st_dev, st.st_ino, file, &o->vantages[i] };
		}
	}
	qsort(out, n, sizeof(*out), by_file);
	return n;
}

/* A capture was made at one place: under two names it would show a path without damage between them. */
static int
check_files(const struct es_explain_options *o)
{
	struct given *given;
	size_t n = 0;
	int rc = 0;

	for (uint32_t i = 0; i < o->n_vantages; i++)
		n += o->vantages[i].n_files;
	given = calloc(n + 1, sizeof(*given));
	if (given == NULL)
		return ES_ENOMEM;
	n = fill_given(o, given);
	for (size_t i = 1; i < n && rc == 0; i++) {
		es_slice a = given[i - 1].vantage->name, b = given[i].vantage->name;

		if (by_file(&given[i - 1], &given[i]) != 0)
			continue;
		fprintf(stderr,
		    "earshot explain: %s is given for %.*s and for %.*s, expected it once: each "
		    "leg in it gets a name of its own\n",
		    given[i].file, (int)a.n, (const char *)a.p, (int)b.n, (const char *)b.p);
		rc = ES_EINVALID;
	}
	free(given);
	return rc;
}

int
es_explain_options_parse(int argc, char **argv, struct es_explain_options *out)
{
	int first, rc;

	memset(out, 0, sizeof(*out));
	rc = es_arguments_parse(es_explain_arguments, argc, argv, out, &first);
	for (int i = first; i < argc && rc == 0; i++)
		rc = parse_operand(out, argv[i]);
	if (rc == 0)
		rc = check_hosts(out);
	return rc == 0 ? check_files(out) : rc;
}
