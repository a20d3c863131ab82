/* SPDX-License-Identifier: Apache-2.0 */
/* Disks from /proc/diskstats; Documentation/admin-guide/iostats.rst. */
#include "probes/host/storage.h"

/* Fields behind the name. */
enum { READS = 0, READ_MS = 3, WRITES = 4, WRITE_MS = 7, N_FIELDS = 8 };

/* "sda", "vdb", "nvme0n1", "mmcblk0"; their partitions end in a number behind a letter, or behind "p". */
static bool
is_whole_disk(es_slice name)
{
	static const char *const lettered[] = { "sd", "hd", "vd", "xvd", "dasd" };
	static const char *const numbered[] = { "nvme", "mmcblk" };

	for (size_t i = 0; i < sizeof(lettered) / sizeof(lettered[0]); i++)
		if (es_text_begins(name, lettered[i]))
			return !es_is_digit(name.p[name.n - 1]);
	for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++)
		if (es_text_begins(name, numbered[i]))
			return es_text_find(name, 'p') == name.n && es_is_digit(name.p[name.n - 1]);
	return false;
}

static bool
fields_of(es_slice line, uint64_t field[N_FIELDS])
{
	for (unsigned i = 0; i < N_FIELDS; i++)
		if (es_text_u64(es_text_word(&line), UINT32_MAX * UINT64_C(1000), &field[i]) != 0)
			return false;
	return true;
}

/* False: no disk is listed. */
static bool
sum_of(es_slice text, uint64_t *requests, uint64_t *spent_ms)
{
	uint64_t field[N_FIELDS];
	es_slice line;
	bool any = false;

	*requests = *spent_ms = 0;
	while (es_text_line(&text, &line)) {
		es_slice name;

		(void)es_text_word(&line); /* major and minor number */
		(void)es_text_word(&line);
		name = es_text_word(&line);
		if (name.n == 0 || !is_whole_disk(name) || !fields_of(line, field))
			continue;
		*requests += field[READS] + field[WRITES];
		*spent_ms += field[READ_MS] + field[WRITE_MS];
		any = true;
	}
	return any;
}

void
es_host_storage_read(
    struct es_host_storage *d, struct es_host_files *files, struct es_host_reading *r)
{
	uint64_t requests, spent_ms, n, ms, us;
	bool has;

	if (!sum_of(es_host_read(files, "proc/diskstats"), &requests, &spent_ms)) {
		es_host_forget(&d->requests);
		es_host_forget(&d->spent_ms);
		return;
	}
	has = es_host_step(&d->requests, requests, &n);
	if (!es_host_step(&d->spent_ms, spent_ms, &ms) || !has || n == 0)
		return;
	us = ms * 1000 / n;
	es_host_set(
	    r, ES_SIG_DISK_LATENCY, (int64_t)(us / ES_HOST_STORAGE_STEP * ES_HOST_STORAGE_STEP));
}
