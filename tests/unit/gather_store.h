/* SPDX-License-Identifier: Apache-2.0 */
/* A store with one agent, and records put into it. */
#ifndef TESTS_GATHER_STORE_H
#define TESTS_GATHER_STORE_H

#include "collector/query/gather.h"
#include "collector/store/row.h"

#include "proto/encode.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char path[96];
	struct es_store *s;
	int64_t agent;
	uint8_t arena[65536];
};

static inline void
setup(struct fixture *f)
{
	struct es_agent a, found;
	char error[512];

	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-gather-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	if (es_store_open(f->path, ES_STORE_CREATE, &f->s, error) < 0)
		test_fail(__FILE__, __LINE__, "%s", error);
	memset(&a, 0, sizeof(a));
	memcpy(a.cn, "0123456789abcdef0123456789abcdef", 33);
	memcpy(a.name, "tap", 4);
	memset(a.spki, 7, sizeof(a.spki));
	if (es_store_agent_bind(f->s, &a) < 0 || es_store_agent_by_spki(f->s, a.spki, &found) < 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	f->agent = found.id;
}

static inline void
teardown(struct fixture *f)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	es_store_close(f->s);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
}

static inline void
put_at(struct fixture *f, const struct es_vantage *vantage, struct es_record *rec)
{
	struct es_alloc alloc;
	uint8_t bytes[4096];
	struct es_row row;
	uint64_t lost;
	int n;

	rec->vantage = vantage;
	n = es_record_encode(rec, bytes, sizeof(bytes));
	CHECK(n > 0);
	es_alloc_init(&alloc, f->arena, sizeof(f->arena));
	CHECK_EQ(es_row_of(es_slice_of(bytes, (size_t)n), f->agent, es_time_of_ns(1), &alloc, &row,
		     &lost),
	    0);
	row.bytes = es_slice_of(bytes, (size_t)n);
	CHECK_EQ(es_store_put(f->s, &row), 0);
}

static inline void
put(struct fixture *f, struct es_record *rec)
{
	static const struct es_vantage tap = { .role = ES_ROLE_TAP };

	put_at(f, &tap, rec);
}

/* What the machine said at that time. */
static inline void
put_health(struct fixture *f, int64_t at_s)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = es_time_of_ns(at_s * ES_NS_PER_S);
	put(f, &rec);
}

#endif
