/* SPDX-License-Identifier: Apache-2.0 */
/* Several packet sources as one, in time order. */
#include "agent/capture/capture.h"

#include <stdio.h>
#include <stdlib.h>

/* A source with its next packet, which stays borrowed from it until the next one is read. */
struct head {
	struct es_capture *source;
	struct es_packet packet;
	bool has_packet;
	bool ended;
};

struct merge {
	struct es_capture base;
	size_t n_heads;
	size_t current; /* gave the packet last handed out; its head is to be renewed */
	bool has_current;
	struct head heads[]; /* in the order of the arguments */
};

/* Renews one head. An error of its source is passed on; the source is read again next time. */
static int
renew(struct merge *m, struct head *h)
{
	int rc;

	if (h->ended || h->has_packet)
		return 0;
	rc = es_capture_next(h->source, &h->packet);
	if (rc == 0) {
		h->has_packet = true;
	} else if (rc == ES_EEOF) {
		h->ended = true;
	} else {
		(void)snprintf(
		    m->base.error, sizeof(m->base.error), "%s", es_capture_error(h->source));
		return rc;
	}
	return 0;
}

static int
merge_next(struct es_capture *c, struct es_packet *out)
{
	struct merge *m = (struct merge *)c;
	struct head *first = NULL;
	size_t i;
	int rc;

	if (m->has_current)
		m->heads[m->current].has_packet = false;
	m->has_current = false;
	for (i = 0; i < m->n_heads; i++) {
		struct head *h = &m->heads[i];

		rc = renew(m, h);
		if (rc != 0)
			return rc;
		if (h->has_packet &&
		    (first == NULL || es_time_before(h->packet.ts, first->packet.ts)))
			first = h;
	}
	if (first == NULL)
		return ES_EEOF;
	m->current = (size_t)(first - m->heads);
	m->has_current = true;
	*out = first->packet;
	return 0;
}

static bool
merge_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	struct merge *m = (struct merge *)c;
	size_t i;

	for (i = 0; i < m->n_heads; i++)
		if (es_capture_drops(m->heads[i].source, now, out))
			return true;
	return false;
}

static bool
merge_is_mixed(const struct es_capture *c)
{
	const struct merge *m = (const struct merge *)c;
	size_t i;

	for (i = 0; i < m->n_heads; i++)
		if (es_capture_is_mixed(m->heads[i].source))
			return true;
	return false;
}

static bool
merge_secrets(struct es_capture *c, const struct es_capture_secrets *to)
{
	struct merge *m = (struct merge *)c;
	bool has_any = false;

	for (size_t i = 0; i < m->n_heads; i++)
		has_any |= es_capture_give_secrets(m->heads[i].source, to);
	return has_any;
}

/* Not known as a whole where one of them is not. */
static struct es_capture_position
merge_position(const struct es_capture *c)
{
	const struct merge *m = (const struct merge *)c;
	struct es_capture_position sum = { 0, 0 };
	bool is_known = true;

	for (size_t i = 0; i < m->n_heads; i++) {
		struct es_capture_position at = es_capture_position(m->heads[i].source);

		sum.read_bytes += at.read_bytes;
		sum.total_bytes += at.total_bytes;
		is_known &= at.total_bytes != 0;
	}
	sum.total_bytes = is_known ? sum.total_bytes : 0;
	return sum;
}

static int
merge_fd(const struct es_capture *c)
{
	(void)c; /* files only: live sources are not merged */
	return -1;
}

static void
merge_free(struct es_capture *c)
{
	struct merge *m = (struct merge *)c;
	size_t i;

	for (i = 0; i < m->n_heads; i++)
		es_capture_free(m->heads[i].source);
	free(m);
}

static const struct es_capture_ops merge_ops = { .next = merge_next,
	.drops = merge_drops,
	.is_mixed = merge_is_mixed,
	.fd = merge_fd,
	.free = merge_free,
	.secrets = merge_secrets,
	.position = merge_position };

int
es_capture_merge_new(struct es_capture *const *sources, size_t n_sources, struct es_capture **out)
{
	struct merge *m;
	size_t i;

	if (n_sources == 0 || n_sources > ES_CAPTURE_FILES_MAX)
		return ES_EINVALID;
	m = calloc(1, sizeof(*m) + n_sources * sizeof(m->heads[0]));
	if (m == NULL)
		return ES_ENOMEM;
	m->base.ops = &merge_ops;
	m->n_heads = n_sources;
	for (i = 0; i < n_sources; i++)
		m->heads[i].source = sources[i];
	*out = &m->base;
	return 0;
}

int
es_capture_files_open(char *const *paths, size_t n_paths, enum es_file_kind kind,
    void (*bad)(void *ctx, const char *error), void *ctx, struct es_capture **out)
{
	struct es_capture *sources[ES_CAPTURE_FILES_MAX];
	struct es_capture *merged = NULL;
	char error[ES_CAPTURE_ERROR_MAX];
	size_t n = 0, i;
	int rc;

	if (n_paths == 0 || n_paths > ES_CAPTURE_FILES_MAX)
		return ES_EINVALID;
	for (i = 0; i < n_paths; i++) {
		rc = es_capture_file_open(paths[i], kind, &sources[n], error);
		if (rc == 0)
			n++;
		else
			bad(ctx, error);
	}
	if (n == 0)
		return ES_ENOTFOUND;
	rc = 0;
	if (n > 1)
		rc = es_capture_merge_new(sources, n, &merged);
	else
		merged = sources[0];
	for (i = 0; rc != 0 && i < n; i++)
		es_capture_free(sources[i]);
	if (rc != 0)
		return rc;
	rc = es_capture_order_new(merged, out);
	if (rc != 0)
		es_capture_free(merged);
	return rc;
}
