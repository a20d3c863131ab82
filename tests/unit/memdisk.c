/* SPDX-License-Identifier: Apache-2.0 */
/* A disk in memory that fails on request. */
#include "tests/unit/memdisk.h"

#include "tests/unit/harness.h"

#include <stdlib.h>
#include <string.h>

/* Counts one operation; nonzero: it fails so. */
static int
step(struct memdisk *d)
{
	d->ops++;
	if (d->cut_at != 0 && d->ops >= d->cut_at)
		return ES_EIO;
	if (d->fail_at != 0 && d->ops >= d->fail_at && d->ops < d->fail_at + d->fail_n)
		return d->fail_with;
	return 0;
}

static struct memdisk_name *
find(struct memdisk_name *names, const char *name, bool make)
{
	int i, room = -1;

	for (i = 0; i < MEMDISK_NAMES; i++) {
		if (strcmp(names[i].name, name) == 0)
			return &names[i];
		if (room < 0 && (names[i].name[0] == '\0' || names[i].file < 0))
			room = i;
	}
	if (!make || room < 0)
		return NULL;
	snprintf(names[room].name, sizeof(names[room].name), "%s", name);
	names[room].file = -1;
	return &names[room];
}

static void
set(struct memdisk *d, const char *name, int file)
{
	struct memdisk_name *n = find(d->now, name, true);

	n->file = file;
	if (d->n_changes < MEMDISK_CHANGES)
		d->changes[d->n_changes++] = *n;
}

struct memdisk_file *
memdisk_file(struct memdisk *d, const char *name)
{
	struct memdisk_name *n = find(d->now, name, false);

	return n == NULL || n->file < 0 ? NULL : &d->files[n->file];
}

static int
m_open(void *ctx, const char *name, enum es_disk_mode mode)
{
	struct memdisk *d = ctx;
	struct memdisk_file *f;
	int err = step(d);

	if (err != 0)
		return err;
	f = memdisk_file(d, name);
	if (f == NULL && mode != ES_DISK_CREATE)
		return ES_ENOTFOUND;
	if (f != NULL && f->unreadable && f->readable_to == 0)
		return ES_EIO;
	if (f == NULL) {
		if (d->n_files == MEMDISK_FILES)
			abort(); /* the test outgrew its disk */
		f = &d->files[d->n_files++];
		set(d, name, (int)(f - d->files));
	}
	if (mode == ES_DISK_CREATE) {
		f->n_now = 0;
		f->suspect = false;
	}
	return (int)(f - d->files);
}

static void
m_close(void *ctx, int file)
{
	(void)ctx;
	(void)file;
}

static int64_t
m_read(void *ctx, int file, void *to, size_t n_bytes, uint64_t at)
{
	struct memdisk *d = ctx;
	struct memdisk_file *f = &d->files[file];
	int err = step(d);

	if (err != 0)
		return err;
	if (at >= f->n_now)
		return 0;
	if (f->unreadable && at >= f->readable_to)
		return ES_EIO;
	if (n_bytes > f->n_now - at)
		n_bytes = f->n_now - (size_t)at;
	if (f->unreadable && n_bytes > f->readable_to - at)
		n_bytes = f->readable_to - (size_t)at;
	memcpy(to, f->now + at, n_bytes);
	return (int64_t)n_bytes;
}

static void
grow(struct memdisk_file *f, size_t n)
{
	uint8_t *p = realloc(f->now, n + 1);

	if (p == NULL)
		abort();
	f->now = p;
	if (n > f->n_now)
		memset(f->now + f->n_now, 0, n - f->n_now);
	f->n_now = n;
}

static uint64_t
used(const struct memdisk *d)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < MEMDISK_NAMES; i++)
		if (d->now[i].name[0] != '\0' && d->now[i].file >= 0)
			sum += d->files[d->now[i].file].n_now;
	return sum;
}

static int64_t
m_write(void *ctx, int file, const void *from, size_t n_bytes, uint64_t at)
{
	struct memdisk *d = ctx;
	struct memdisk_file *f = &d->files[file];
	int err = step(d);

	if (err != 0 && d->ops == d->cut_at)
		n_bytes /= 2; /* power went in the middle of it */
	else if (err != 0)
		return err;
	if (d->write_at_most != 0 && n_bytes > d->write_at_most)
		n_bytes = d->write_at_most;
	if (d->cap_bytes != 0 && at + n_bytes > f->n_now) {
		uint64_t room = d->cap_bytes > used(d) ? d->cap_bytes - used(d) : 0;

		if (at + n_bytes - f->n_now > room)
			n_bytes = (size_t)(f->n_now + room - at);
		if (n_bytes == 0)
			return ES_EFULL;
	}
	if (at + n_bytes > f->n_now)
		grow(f, (size_t)at + n_bytes);
	if (n_bytes > 0)
		memcpy(f->now + at, from, n_bytes);
	d->n_suspect += f->suspect && at > 0;
	return err != 0 ? err : (int64_t)n_bytes;
}

static int
m_truncate(void *ctx, int file, uint64_t n_bytes)
{
	struct memdisk *d = ctx;
	int err = step(d);

	if (err == 0)
		grow(&d->files[file], (size_t)n_bytes);
	else
		d->files[file].suspect = true;
	return err;
}

static int
m_sync(void *ctx, int file)
{
	struct memdisk *d = ctx;
	struct memdisk_file *f = &d->files[file];
	int err = step(d);
	uint8_t *p;

	f->suspect = f->suspect || err != 0;
	if (err != 0)
		return err;
	p = realloc(f->synced, f->n_now + 1);
	if (p == NULL)
		abort();
	f->synced = p;
	f->n_synced = f->n_now;
	if (f->n_now > 0)
		memcpy(f->synced, f->now, f->n_now);
	return 0;
}

static int
m_rename(void *ctx, const char *from, const char *to)
{
	struct memdisk *d = ctx;
	struct memdisk_name *n;
	int err = step(d), file;

	if (err != 0)
		return err;
	n = find(d->now, from, false);
	if (n == NULL || n->file < 0)
		return ES_ENOTFOUND;
	file = n->file;
	set(d, from, -1);
	set(d, to, file);
	return 0;
}

static int
m_remove(void *ctx, const char *name)
{
	struct memdisk *d = ctx;
	int err = step(d);

	if (err != 0)
		return err;
	if (memdisk_file(d, name) == NULL)
		return ES_ENOTFOUND;
	set(d, name, -1);
	return 0;
}

static int
m_sync_dir(void *ctx)
{
	struct memdisk *d = ctx;
	int err = step(d);

	if (err != 0)
		return err;
	memcpy(d->synced, d->now, sizeof(d->synced));
	d->n_changes = 0;
	return 0;
}

static int
m_list(void *ctx, void (*each)(void *arg, const char *name, uint64_t n_bytes), void *arg)
{
	struct memdisk *d = ctx;
	int err = step(d), i;

	for (i = 0; err == 0 && i < MEMDISK_NAMES; i++)
		if (d->now[i].name[0] != '\0' && d->now[i].file >= 0)
			each(arg, d->now[i].name, d->files[d->now[i].file].n_now);
	return err;
}

static int64_t
m_free(void *ctx)
{
	struct memdisk *d = ctx;
	uint64_t u = used(d);

	return d->cap_bytes == 0 ? INT64_MAX : (int64_t)(d->cap_bytes > u ? d->cap_bytes - u : 0);
}

void
memdisk_init(struct memdisk *d, struct es_disk *ops)
{
	static const struct es_disk table = { NULL, m_open, m_close, m_read, m_write, m_truncate,
		m_sync, m_rename, m_remove, m_sync_dir, m_list, m_free };

	memset(d, 0, sizeof(*d));
	*ops = table;
	ops->ctx = d;
}

/* Each sector behind the synced bytes was written or not; the length may run ahead of the bytes. */
static void
tear(struct memdisk_file *f, uint64_t *random)
{
	size_t i, sector = 64, n = f->n_now;

	if (n > f->n_synced)
		n = f->n_synced + test_random(random) % (n - f->n_synced + 1);
	for (i = 0; i < n; i += sector) {
		size_t end = i + sector < n ? i + sector : n, j;

		if (test_random(random) % 2 == 0)
			continue; /* this one made it */
		for (j = i; j < end; j++)
			f->now[j] = j < f->n_synced ? f->synced[j] : 0;
	}
	f->n_now = n;
}

void
memdisk_reboot(struct memdisk *d, enum memdisk_cut how, uint64_t *random)
{
	int i, n = d->n_changes;

	if (how != MEMDISK_KEEP_ALL)
		memcpy(d->now, d->synced, sizeof(d->now));
	if (how == MEMDISK_KEEP_SOME) {
		n = (int)(test_random(random) % (uint32_t)(n + 1));
		for (i = 0; i < n; i++)
			find(d->now, d->changes[i].name, true)->file = d->changes[i].file;
	}
	d->cut_at = d->fail_at = 0;
	for (i = 0; i < d->n_files; i++) {
		struct memdisk_file *f = &d->files[i];

		if (how == MEMDISK_KEEP_NONE) {
			grow(f, f->n_synced);
			if (f->n_synced > 0)
				memcpy(f->now, f->synced, f->n_synced);
		} else if (how == MEMDISK_KEEP_SOME) {
			tear(f, random);
		}
		f->suspect = false;
		m_sync(d, i);
	}
	m_sync_dir(d);
}

bool
memdisk_is_synced(const struct memdisk *d, const char *ext)
{
	int i;

	for (i = 0; i < MEMDISK_NAMES; i++)
		if (d->now[i].file >= 0 && strstr(d->now[i].name, ext) != NULL &&
		    d->files[d->now[i].file].n_synced < d->files[d->now[i].file].n_now)
			return false;
	return true;
}

void
memdisk_done(struct memdisk *d)
{
	int i;

	for (i = 0; i < d->n_files; i++) {
		free(d->files[i].now);
		free(d->files[i].synced);
	}
	memset(d, 0, sizeof(*d));
}
