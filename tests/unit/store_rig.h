/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a directory of its own, with one agent. */
#ifndef TESTS_STORE_RIG_H
#define TESTS_STORE_RIG_H

#include "collector/store/store.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char path[96];
	struct es_store *s;
	int64_t agent;
};

static inline void
setup(struct fixture *f)
{
	struct es_agent a, found;
	char error[512];

	memset(f, 0, sizeof(*f));
	memset(&a, 0, sizeof(a));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-bounds-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	memcpy(a.cn, "0123456789abcdef0123456789abcdef", 33);
	memcpy(a.name, "ep", 3);
	if (es_store_open(f->path, ES_STORE_CREATE, &f->s, error) < 0 ||
	    es_store_agent_bind(f->s, &a) < 0 || es_store_agent_by_spki(f->s, a.spki, &found) < 0)
		abort();
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
	CHECK_EQ(rmdir(f->dir), 0);
}

static inline struct es_row
row_of(const struct fixture *f, enum es_record_type type, int64_t at_s)
{
	struct es_row r;

	memset(&r, 0, sizeof(r));
	r.type = type;
	r.agent = f->agent;
	r.role = ES_ROLE_TAP;
	r.key.ssrc = 7;
	r.call_id = es_slice_str("one@h");
	r.start = r.end = es_time_of_ns(at_s * ES_NS_PER_S);
	r.bytes = es_slice_str("bytes");
	return r;
}

static inline bool
count(void *ctx, const struct es_found *found)
{
	(void)found;
	++*(int *)ctx;
	return true;
}

#endif
