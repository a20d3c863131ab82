/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables: values, sections, errors with file, line and column, texts made from the same table. */
#include "harness.h"
#include "runtime/options.h"

#include <stdlib.h>

static const char *const role_words[] = { "endpoint", "sbc", "gateway", NULL };

static const struct es_option capture_table[] = {
	{ .name = "interface", .kind = ES_OPT_STRING, .help = "The interface.", .required = true },
	{ .name = "role",
	    .kind = ES_OPT_ENUM,
	    .words = role_words,
	    .fallback = "sbc",
	    .help = "Where it stands." },
	{ 0 },
};

static const struct es_option table[] = {
	{ .name = "name", .kind = ES_OPT_STRING, .min = 1, .max = 8, .help = "A name." },
	{ .name = "port",
	    .kind = ES_OPT_INT,
	    .min = 1,
	    .max = 65535,
	    .fallback = "6100",
	    .help = "A port." },
	{ .name = "payload", .kind = ES_OPT_BOOL, .fallback = "no", .help = "Use payload." },
	{ .name = "quota",
	    .kind = ES_OPT_BYTES,
	    .min = 1 << 20,
	    .max = INT64_C(1) << 40,
	    .fallback = "64MiB",
	    .help = "Bytes on disk." },
	{ .name = "age",
	    .kind = ES_OPT_DURATION,
	    .min = 60000,
	    .max = INT64_C(30) * 86400000,
	    .fallback = "7d",
	    .help = "Age of the oldest." },
	{ .name = "local", .kind = ES_OPT_LIST, .min = 1, .max = 3, .help = "Own addresses." },
	{ .name = "capture",
	    .kind = ES_OPT_SECTION,
	    .options = capture_table,
	    .max = 4,
	    .help = "What to capture." },
	{ 0 },
};

static struct es_options *
good(const char *text)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_options *o = NULL;

	if (es_options_read(table, "test.conf", text, error, &o) != 0)
		test_fail(__FILE__, __LINE__, "%s", error);
	return o;
}

/* The text of the i-th entry of a list, or NULL. */
static const char *
item(const struct es_section *s, const char *name, size_t i)
{
	const struct es_option_value *v = es_section_values(s, name)->first;

	while (v != NULL && i-- > 0)
		v = v->next;
	return v == NULL ? NULL : v->text;
}

/* The error a text gives, or "" when it gives none. */
static const char *
bad(const char *text)
{
	static char error[ES_OPTIONS_ERROR_MAX];
	struct es_options *o = NULL;

	if (es_options_read(table, "test.conf", text, error, &o) == 0) {
		es_options_free(o);
		return "";
	}
	return error;
}

TEST(runtime_options_values_and_fallbacks)
{
	struct es_options *o = good("# a comment\nname = \"my box\"\nage = 36h\nquota = 1GiB\n"
				    "payload = yes\nlocal = {10.0.0.1, \"2001:db8::1\"}\n");
	const struct es_section *s;

	CHECK(o != NULL);
	s = o->top;
	CHECK_STR(es_section_str(s, "name"), "my box");
	CHECK_EQ(es_section_num(s, "port"), 6100);
	CHECK_EQ(es_section_num(s, "quota"), 1 << 30);
	CHECK_EQ(es_section_num(s, "age"), 36 * 3600 * 1000);
	CHECK_EQ(es_section_num(s, "payload"), 1);
	CHECK_EQ(es_section_values(s, "local")->n, 2);
	CHECK_STR(item(s, "local", 1), "2001:db8::1");
	CHECK_EQ(es_section_values(s, "capture")->n, 0);
	es_options_free(o);
	o = good("name = \"#/*'x\" # no 'comment\"\nlocal = {/a//b, '#\\'#', c#d\n}\nport = 7");
	CHECK(o != NULL);
	s = o->top;
	CHECK_STR(es_section_str(s, "name"), "#/*'x");
	CHECK_STR(item(s, "local", 0), "/a//b");
	CHECK_STR(item(s, "local", 1), "#'#");
	CHECK_STR(item(s, "local", 2), "c");
	CHECK_EQ(es_section_num(s, "port"), 7);
	es_options_free(o);
	o = good("");
	CHECK(o != NULL);
	CHECK(es_section_str(o->top, "name") == NULL);
	CHECK_EQ(es_section_num(o->top, "payload"), 0);
	es_options_free(o);
}

TEST(runtime_options_sections_have_titles_places_and_own_values)
{
	struct es_options *o =
	    good("capture \"access\" {\n  interface = eth0\n}\n"
		 "capture \"core\" {\n  interface = eth1\n  role = gateway\n}\n");
	char error[ES_OPTIONS_ERROR_MAX];
	const struct es_option_value *c;

	CHECK(o != NULL);
	CHECK_EQ(es_section_values(o->top, "capture")->n, 2);
	c = es_section_values(o->top, "capture")->first;
	CHECK_STR(c->text, "access");
	CHECK_STR(es_section_str(c->section, "interface"), "eth0");
	CHECK_EQ(es_section_num(c->section, "role"), 1);
	c = c->next;
	CHECK_STR(c->text, "core");
	CHECK_EQ(es_section_num(c->section, "role"), 2);
	CHECK(c->next == NULL);
	c = es_section_values(c->section, "role")->first;
	CHECK_EQ(es_option_error(&c->place, error, "no %s", "good"), ES_EMALFORMED);
	CHECK_STR(error, "test.conf:6:10: no good");
	c = es_section_values(o->top, "capture")->first->next;
	(void)es_option_error(&c->place, error, "bad");
	CHECK_STR(error, "test.conf:4:9: bad");
	(void)es_option_error(&c->section->place, error, "bad");
	CHECK_STR(error, "test.conf:4:9: bad");
	(void)es_option_error(&o->top->place, error, "bad");
	CHECK_STR(error, "test.conf: bad");
	/* a default lies where its section does */
	(void)es_option_error(&es_section_values(o->top, "port")->first->place, error, "bad");
	CHECK_STR(error, "test.conf: bad");
	es_options_free(o);
}

TEST(runtime_options_errors_name_place_and_what_was_expected)
{
	static const struct {
		const char *text, *place, *says;
	} cases[] = {
		{ "name = a\nprot = 5\n",
		    "test.conf:2:1: ", "unknown option \"prot\", did you mean \"port\"?" },
		{ "name = a\ncolour = 5\n", "test.conf:2:1: ",
		    "unknown option \"colour\", expected one of "
		    "name, port, payload" },
		{ "\n\nport = 70000\n", "test.conf:3:8: ", "expected a number from 1 to 65535" },
		{ "port = -1\n", "test.conf:1:8: ", "expected a number" },
		{ "port = 5x\n", "test.conf:1:8: ", "port = \"5x\"" },
		{ "port = 99999999999999999999\n", "test.conf:1:8: ", "expected a number" },
		{ "payload = maybe\n", "test.conf:1:11: ", "expected yes or no" },
		{ "quota = 1kb\n", "test.conf:1:9: ",
		    "a size such as 512, 64KiB or 1MiB from 1MiB to "
		    "1024GiB" },
		{ "age = 10\n", "test.conf:1:7: ",
		    "a time such as 250ms, 5s, 10m, 2h or 7d from 1m to "
		    "30d" },
		{ "age = 5s\n", "test.conf:1:7: ", "from 1m to 30d" },
		{ "name = \"much too long\"\n", "test.conf:1:8: ", "text from 1 to 8 bytes long" },
		{ "capture \"a\" {\n interface = e\n role = boss\n}\n",
		    "test.conf:3:9: ", "one of endpoint, sbc or gateway" },
		{ "capture \"a\" {\n interfaces = e\n}\n", "test.conf:2:2: ",
		    "unknown option \"interfaces\", did you mean \"interface\"?" },
		{ "\ncapture \"a\" {\n}\n", "test.conf:2:9: ", "option \"interface\" is missing" },
		{ "capture \"a\" { interface = x }\ncapture \"a\" { interface = y }\n",
		    "test.conf:2:9: ", "a" },
		{ "local = {1,\n2, 3,\n4}\n", "test.conf:3:1: ", "more than 3 of \"local\"" },
		{ "local = {\n}\n", "test.conf:2:1: ",
		    "local has too few entries, expected a list such as {a, b} from 1 to " },
		{ "port = \n", "test.conf:2:1: ", "the file ends, expected a value" },
		{ "port 5\n", "test.conf:1:6: ", "\"5\", expected =" },
		{ "port = }\n", "test.conf:1:8: ", "\"}\", expected a value" },
		{ "local = =\n", "test.conf:1:9: ", "expected a value or {" },
		{ "local = {1, =\n", "test.conf:1:13: ", "expected a value or }" },
		{ "port = 1\n}\n", "test.conf:2:1: ", "expected the name of an option" },
		{ "\n= 1\n", "test.conf:2:1: ", "expected the name of an option" },
		{ "name = \"a\n\"\n", "test.conf:1:8: ", "quotes has no end" },
		{ "name = 'a\\", "test.conf:1:8: ", "quotes has no end" },
		{ "capture {\n}\n", "test.conf:1:9: ", "the section's title" },
		{ "capture a\n interface = x\n", "test.conf:2:2: ", "\"interface\", expected {" },
		{ "include \"x\"\n", "test.conf:1:9: ", "expected (" },
		{ "include(\"/nonexistent/x\")\n",
		    "test.conf:1:9: /nonexistent/x: ", "No such file" },
		{ "capture a { interface = x include(\"y\") }",
		    "test.conf:1:27: ", "unknown option" },
		{ "capture a { interface = x }\ncapture b { interface = x }\ncapture c { interface "
		  "= x }\n"
		  "capture d { interface = x }\ncapture e { interface = x }\n",
		    "test.conf:5:9: ", "more than 4 of \"capture\"" },
		{ "capture \"a\" {\n interface = x\n", "test.conf:3:1: ", "ends inside section" },
		{ "local = {a\"b\"'c", "test.conf:1:14: ", "quotes has no end" },
		{ "local = {a'b'c", "test.conf:1:15: ", "the file ends, expected a value or }" },
		{ "\tname = a\r\n\t port = x", "test.conf:2:10: ", "port" },
		{ "# a\n# b\n\n## c\nport = 5 # d\nport = x\n", "test.conf:6:8: ", "port" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *error = bad(cases[i].text);

		if (strncmp(error, cases[i].place, strlen(cases[i].place)) != 0 ||
		    strstr(error, cases[i].says) == NULL)
			test_fail(__FILE__, __LINE__, "case %zu: \"%s\" says \"%s\"", i,
			    cases[i].text, error);
	}
}

/* Of configurations that were written before all names had hyphens. */
TEST(runtime_options_names_may_have_underscores)
{
	static const struct es_option hyphens[] = {
		{ .name = "max-data-base", .kind = ES_OPT_INT, .max = 10, .help = "One." },
		{ .name = "max", .kind = ES_OPT_INT, .max = 10, .help = "Another." },
		{ 0 },
	};
	static const char *const right[] = { "max-data-base = 3", "max_data_base = 3",
		"max_data-base = 3", "max-data-base = 4\nmax_data_base = 3" };
	static const char *const wrong[] = { "max-data = 3", "max--data-base = 3", "_max = 3",
		"max_data_base_ = 3" };
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_options *o;

	for (size_t i = 0; i < 4; i++) {
		CHECK_EQ(es_options_read(hyphens, "test.conf", right[i], error, &o), 0);
		CHECK_EQ(es_section_num(o->top, "max-data-base"), 3);
		CHECK_EQ(es_section_num(o->top, "max"), -1);
		es_options_free(o);
		CHECK_EQ(es_options_read(hyphens, "test.conf", wrong[i], error, &o), ES_EMALFORMED);
		CHECK(strstr(error, "unknown option") != NULL);
	}
}

TEST(runtime_options_a_list_given_again_replaces_the_first)
{
	struct es_options *o = good("local = {a, b}\nport = 1\nlocal = c\nport = 2\n");

	CHECK(o != NULL);
	CHECK_EQ(es_section_values(o->top, "local")->n, 1);
	CHECK_STR(item(o->top, "local", 0), "c");
	CHECK(item(o->top, "local", 1) == NULL);
	CHECK_EQ(es_section_num(o->top, "port"), 2);
	es_options_free(o);
}

/* Each beginning of a file, and each file with one byte turned into another, is read or refused. */
TEST(runtime_options_cut_and_damaged_files_give_a_place)
{
	static const char whole[] =
	    "name = \"my # box\" port = 5\n# note\nlocal = {10.0.0.1, 'b'}\n"
	    "capture \"a\" {\n\tinterface = eth0 role = sbc\n}\n";
	static const char other[] = "{}()=,#\"' \n\\x";
	char text[sizeof(whole)];
	size_t refused = 0;

	for (size_t i = 0; i < sizeof(whole) - 1; i++)
		for (size_t k = 0; k < sizeof(other); k++) {
			const char *error;

			memcpy(text, whole, sizeof(text));
			text[i] = other[k]; /* the last one ends the text here */
			error = bad(text);
			refused += error[0] != '\0';
			CHECK(error[0] == '\0' || strncmp(error, "test.conf:", 10) == 0);
		}
	CHECK(refused > 100);
}

/* Values that replace each other are not given back: a file of them meets a cap. */
TEST(runtime_options_memory_has_a_cap)
{
	static const char entry[] = "port = 1\n";
	enum { N = 100000 };
	char *text = malloc(N * (sizeof(entry) - 1) + 1);

	CHECK(text != NULL);
	for (size_t i = 0; i < N; i++)
		memcpy(text + i * (sizeof(entry) - 1), entry, sizeof(entry));
	CHECK(strstr(bad(text), "more options than 2097152 bytes of memory hold") != NULL);
	text[1000 * (sizeof(entry) - 1)] = '\0';
	CHECK_STR(bad(text), "");
	free(text);
}

/* Words that touch each other fill the room of their file to its last byte. */
TEST(runtime_options_words_without_blanks_fit)
{
	struct es_options *o = good("local={a\"b\"c}name='d'port=5");

	CHECK(o != NULL);
	CHECK_STR(item(o->top, "local", 0), "a");
	CHECK_STR(item(o->top, "local", 1), "b");
	CHECK_STR(item(o->top, "local", 2), "c");
	CHECK_STR(es_section_str(o->top, "name"), "d");
	CHECK_EQ(es_section_num(o->top, "port"), 5);
	es_options_free(o);
	CHECK(strstr(bad("a\"b\"c"), "unknown option \"a\"") != NULL);
}

static char *
text_of(void (*write_it)(const struct es_option *, FILE *))
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		return NULL;
	write_it(table, f);
	fclose(f);
	return text;
}

TEST(runtime_options_sample_is_a_file_that_parses)
{
	char *sample = text_of(es_options_sample);
	struct es_options *o;
	char *all;
	size_t n = 0;

	CHECK(sample != NULL);
	CHECK(strstr(sample, "# quota = 64MiB") != NULL);
	/* uncommented, every default is still right */
	all = calloc(1, strlen(sample) + 1);
	CHECK(all != NULL);
	for (const char *line = sample; *line != '\0';) {
		const char *end = strchr(line, '\n');
		const char *at = line + strspn(line, " ");

		if (at[0] == '#' && strchr(at, '=') != NULL && strchr(at, '=') < end &&
		    strstr(at, "Expected") == NULL && strstr(at, " =\n") != strchr(at, '=') - 1)
			at += 2;
		memcpy(all + n, at, (size_t)(end + 1 - at));
		n += (size_t)(end + 1 - at);
		line = end + 1;
	}
	{
		char *required = strstr(all, "# interface =");

		CHECK(
		    required != NULL); /* has no example in this table: a person must fill it in */
		memcpy(required, "interface = x", 13);
	}
	o = good(all);
	CHECK(o != NULL);
	CHECK_EQ(es_section_num(o->top, "quota"), 64 << 20);
	es_options_free(o);
	free(all);
	free(sample);
}

TEST(runtime_options_sample_and_man_list_every_option)
{
	char *sample = text_of(es_options_sample);
	char *man = text_of(es_options_man);

	CHECK(sample != NULL && man != NULL);
	for (char *at = man;
	     (at = strchr(at, '\n')) != NULL;) /* where a line ends is of no account */
		*at = ' ';
	for (const struct es_option *row = table; row->name != NULL; row++) {
		CHECK(strstr(sample, row->name) != NULL && strstr(sample, row->help) != NULL);
		CHECK(strstr(man, row->help) != NULL);
	}
	CHECK(strstr(sample, "interface =") != NULL);
	CHECK(strstr(man, ".It Cm interface") != NULL);
	CHECK(strstr(sample, "# age = 7d") != NULL);
	CHECK(strstr(man, "Default: 7d.") != NULL);
	free(sample);
	free(man);
}

static char changed[256];

static void
on_change(void *ctx, const struct es_option_change *change)
{
	size_t n = strlen(changed);

	(void)ctx;
	(void)snprintf(changed + n, sizeof(changed) - n, "%s %d:%d ", change->row->name,
	    change->place->line, change->place->column);
}

/* The changes between two texts, each as "NAME LINE:COLUMN ". */
static const char *
changes(const char *before, const char *now)
{
	struct es_options *a = good(before), *b = good(now);

	changed[0] = '\0';
	es_options_changes(a, b, on_change, NULL);
	es_options_free(a);
	es_options_free(b);
	return changed;
}

TEST(options_changes_are_found)
{
	CHECK_STR(changes("", ""), "");
	CHECK_STR(changes("port = 6100\nquota = 64MiB", "quota = 65536KiB\npayload = off"), "");
	CHECK_STR(changes("age = 7d", "age = 168h"), "");
	CHECK_STR(changes("name = a", "\nname = b"), "name 2:8 ");
	CHECK_STR(changes("", "name = b"), "name 1:8 ");
	CHECK_STR(changes("name = a\nport = 1", ""), "name 0:0 port 0:0 ");
	CHECK_STR(changes("local = {a, b}", "local = {a, b}"), "");
	CHECK_STR(changes("local = {a, b}", "local = {a}"), "local 1:10 ");
	CHECK_STR(changes("local = {a}", "local = {a, b}"), "local 1:10 ");
	CHECK_STR(changes("local = {a, b}", "local = {b, a}"), "local 1:10 ");
}

TEST(options_changes_of_sections_go_by_title)
{
	static const char two[] = "capture a { interface = x }\ncapture b { interface = y }\n";

	CHECK_STR(changes(two, "capture b { interface = y }\ncapture a { interface = x }\n"), "");
	CHECK_STR(changes(two, "capture a { interface = x }\ncapture b { interface = z }\n"),
	    "interface 2:25 ");
	CHECK_STR(changes(two, "capture a { interface = x }\n"), "capture 0:0 ");
	CHECK_STR(changes(two, "capture a { interface = x }\ncapture c { interface = y }\n"),
	    "capture 2:9 capture 0:0 ");
	CHECK_STR(
	    changes("capture a { interface = x\nrole = gateway }", "capture a { interface = x }"),
	    "role 1:9 ");
}

/* The text of what was given, read again. */
static struct es_options *
written_again(const struct es_options *o)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	struct es_options *again;

	es_options_write(o, out);
	(void)fclose(out);
	again = good(text);
	free(text);
	return again;
}

TEST(options_that_are_written_are_read_as_the_same)
{
	static const char *const texts[] = { "", "name = a", "name = 'a # b'\nport = 7",
		"name = '\"\\\\ {=,'", "quota = 128MiB\nage = \"10h\"\npayload = on",
		"local = {a, 'b c', \"{'\"}", "local = one\nport = 6100",
		"capture \"a \\\"b\\\"\" { interface = \"x,y\" }\n"
		"capture c { interface = z\nrole = gateway }\nname = e" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct es_options *before = good(texts[i]), *again = written_again(before);

		changed[0] = '\0';
		es_options_changes(before, again, on_change, NULL);
		CHECK_STR(changed, "");
		CHECK_EQ(es_section_values(again->top, "capture")->n,
		    es_section_values(before->top, "capture")->n);
		es_options_free(before);
		es_options_free(again);
	}
}

static void
note_fault(void *ctx, const char *text)
{
	size_t n = strlen(ctx);

	(void)snprintf((char *)ctx + n, 2000 - n, "%s\n", text);
}

/* One fault a run made a file of four faults take four runs of check-config. */
TEST(runtime_options_check_reports_every_fault_at_its_place)
{
	static const struct {
		const char *name, *text, *expected;
	} cases[] = {
		{ "right", "name = x\n", "" },
		{ "values", "name = x\nport = much\nage = never\n",
		    "t.conf:2:8: port = |t.conf:3:7: age = |" },
		{ "unknown options with their values",
		    "nmae = x\nname = x\nwhat = { a, b }\nport = 0\n",
		    "t.conf:1:1: unknown option|t.conf:3:1: unknown option|t.conf:4:8: port = |" },
		{ "unknown sections with what is in them",
		    "name = x\nbox \"a\" { port = 1 inner { } }\nage = never\n",
		    "t.conf:2:1: unknown option|t.conf:3:7: age = |" },
		{ "too few entries", "name = x\nlocal = {}\nage = never\n",
		    "t.conf:2:10: local has too few|t.conf:3:7: age = |" },
		{ "missing files",
		    "name = x\ninclude(/no/a.conf)\ninclude(\"/no/b.conf\")\nage = never\n",
		    "t.conf:2:9: /no/a.conf: No such|t.conf:3:9: /no/b.conf: No such|t.conf:4:7: "
		    "age = |" },
		{ "nothing can be read on behind quotes", "port = much\nname = \"x\nage = never\n",
		    "t.conf:1:8: port = |t.conf:2:8: the text in quotes|" },
		{ "a section without an end", "name = x\nbox { a\n",
		    "t.conf:2:1: unknown option|t.conf:3:1: the file ends|" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char found[2000] = "";
		const struct es_option_faults faults = { note_fault, found };
		const char *at = found, *expected = cases[i].expected;
		struct es_options *o;
		unsigned n = es_options_check(table, "t.conf", cases[i].text, &faults, &o),
			 n_expected = 0;

		for (const char *end; (end = strchr(expected, '|')) != NULL; expected = end + 1) {
			size_t part = (size_t)(end - expected);

			n_expected++;
			if (strncmp(at, expected, part) != 0)
				test_fail(__FILE__, __LINE__, "%s: \"%.80s\", not \"%.*s\"",
				    cases[i].name, at, (int)part, expected);
			at += strcspn(at, "\n");
			at += *at == '\n';
		}
		if (n != n_expected)
			test_fail(__FILE__, __LINE__, "%s: %u faults: %s", cases[i].name, n, found);
		es_options_free(o);
	}
}

/* What depends on a value can be checked, whatever stands in its place, and nothing has more entries than it may. */
TEST(runtime_options_check_puts_defaults_in_place_of_wrong_values)
{
	static const char text[] = "port = much\nage = 5s\nage = never\nlocal = {a, b, c, d, e}\n";
	char found[2000] = "";
	const struct es_option_faults faults = { note_fault, found };
	struct es_options *o = NULL;

	CHECK_EQ(es_options_check(table, "t.conf", text, &faults, &o), 5);
	CHECK(strstr(found, "t.conf:4:19: more than 3 of \"local\"") != NULL);
	CHECK(o != NULL);
	CHECK_EQ(es_section_num(o->top, "port"), 6100);
	CHECK_EQ(es_section_num(o->top, "age"), INT64_C(7) * 86400000);
	CHECK_EQ(es_section_values(o->top, "local")->n, 3);
	es_options_free(o);
	CHECK_EQ(es_options_check(table, "t.conf", "name = \"x\n", &faults, &o), 1);
	CHECK(o == NULL);
}
