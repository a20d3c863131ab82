/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of the live captures against the RFC 3550 figures of their truth files. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

#include <glob.h>
#include <jansson.h>
#include <stdlib.h>

enum { PATH_BYTES = 1024 };

static void
each(void *ctx, const struct es_packet *p)
{
	struct world *w = ctx;

	es_engine_packet(w->e, p);
}

static long long
number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static bool
is_endpoint(const struct es_addr *a, const json_t *o, const char *ip, const char *port)
{
	const char *text = json_string_value(json_object_get(o, ip));
	struct es_addr want;

	if (es_addr_parse_ip(text, strlen(text), &want) != 0)
		return false;
	want.port = (uint16_t)strtoul(json_string_value(json_object_get(o, port)), NULL, 10);
	return es_addr_eq(a, &want);
}

static const struct es_stream *
find(const struct world *w, const json_t *o)
{
	uint32_t ssrc = (uint32_t)strtoul(json_string_value(json_object_get(o, "ssrc")), NULL, 16);

	for (size_t i = w->n_records; i-- > 0;) {
		const struct es_stream *s = &w->records[i]->is.u.stream;

		if (w->records[i]->is.type == ES_REC_STREAM && s->key.ssrc == ssrc &&
		    is_endpoint(&s->key.src, o, "src", "sport") &&
		    is_endpoint(&s->key.dst, o, "dst", "dport"))
			return s;
	}
	return NULL;
}

static unsigned
differences(const struct es_stream *s, const json_t *o, const char *path)
{
	double jitter = json_number_value(json_object_get(o, "jitter_ms"));
	double ours = s->jitter_last_us / 1000.0;
	double off = ours > jitter ? ours - jitter : jitter - ours;
	unsigned n = 0;

	n += (long long)s->packets != number(o, "packets");
	n += (long long)s->expected != number(o, "expected");
	n += (long long)s->lost != number(o, "lost_unique");
	n += (long long)s->duplicates != number(o, "dup");
	if (number(o, "dup") == 0 && json_is_number(json_object_get(o, "jitter_ms")))
		n += !(off <= 0.05 || off <= jitter * 0.01);
	if (n > 0)
		printf("%s %08x: packets %llu expected %llu lost %llu dup %llu jitter %.3f, truth "
		       "%lld "
		       "%lld %lld %lld %.3f\n",
		    path, s->key.ssrc, (unsigned long long)s->packets,
		    (unsigned long long)s->expected, (unsigned long long)s->lost,
		    (unsigned long long)s->duplicates, ours, number(o, "packets"),
		    number(o, "expected"), number(o, "lost_unique"), number(o, "dup"), jitter);
	return n;
}

static unsigned
compare(const char *truth_path, unsigned *n_streams)
{
	char path[PATH_BYTES];
	json_t *truth = json_load_file(truth_path, 0, NULL);
	const char *slash = strstr(truth_path, "/truth/");
	unsigned bad = 0;
	struct world w;
	size_t i;
	json_t *o;

	snprintf(path, sizeof(path), "%.*s/%.*s", (int)(slash - truth_path), truth_path,
	    (int)(strlen(slash + 7) - 5), slash + 7);
	world_init(&w);
	world_start(&w);
	if (world_read_pcap(path, each, &w) != 0)
		bad++;
	world_flush(&w);
	json_array_foreach(json_object_get(truth, "rfc3550"), i, o)
	{
		const struct es_stream *s = find(&w, o);

		(*n_streams)++;
		if (s == NULL)
			printf("%s: stream %zu not found\n", path, i);
		bad += s == NULL ? 1 : differences(s, o, path);
	}
	world_done(&w);
	json_decref(truth);
	return bad;
}

TEST(streams_of_live_captures_equal_their_truth)
{
	char pattern[PATH_BYTES];
	const char *shared = test_shared();
	unsigned n_streams = 0;
	unsigned bad = 0;
	glob_t g;

	if (shared == NULL) {
		test_skip("no shared captures");
		return;
	}
	snprintf(pattern, sizeof(pattern), "%s/corpus/live/*/truth/*.pcap.json", shared);
	CHECK_EQ(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		bad += compare(g.gl_pathv[i], &n_streams);
	globfree(&g);
	CHECK(n_streams > 90);
	CHECK_EQ(bad, 0);
}
