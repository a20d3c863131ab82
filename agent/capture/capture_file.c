/* SPDX-License-Identifier: Apache-2.0 */
/* A capture file as a packet source: opens it, finds out its format, words its errors. */
#include "agent/capture/capture_format.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int
es_capture_file_fail(struct es_capture_file *f, int rc, const char *fmt, ...)
{
	char what[ES_CAPTURE_ERROR_MAX / 2];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args); /* cut at the end is fine */
	va_end(args);
	(void)snprintf(f->base.error, sizeof(f->base.error),
	    "%.200s: at byte %" PRIu64 ", after %" PRIu64 " packets: %s", f->name, f->in.offset,
	    f->packets, what);
	f->ended = true;
	return rc;
}

int
es_capture_file_short(struct es_capture_file *f, const char *unit, uint64_t expected, uint64_t got)
{
	if (f->in.end == ES_EEOF)
		return es_capture_file_fail(f, ES_ECUT,
		    "cut short: expected %" PRIu64 " bytes of %s, the file has %" PRIu64, expected,
		    unit, got);
	return es_capture_file_fail(
	    f, f->in.end, "%s: expected %" PRIu64 " bytes of %s", f->in.why, expected, unit);
}

static int
file_next(struct es_capture *c, struct es_packet *out)
{
	struct es_capture_file *f = (struct es_capture_file *)c;
	uint64_t skip = f->skip_bytes;
	int rc;

	if (f->ended)
		return ES_EEOF;
	f->skip_bytes = 0;
	if (es_input_skip(&f->in, skip) != 0)
		return es_capture_file_short(f, "padding", skip, 0);
	rc = f->next(f, out);
	if (rc == 0)
		f->packets++;
	else
		f->ended = true;
	return rc;
}

static bool
file_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	struct es_capture_file *f = (struct es_capture_file *)c;

	(void)now; /* the times of a file's drops are in the file */
	if (f->base.has_no_drops)
		return false;
	f->base.has_no_drops = true;
	*out = f->drops;
	return true;
}

static bool
file_is_mixed(const struct es_capture *c)
{
	return ((const struct es_capture_file *)c)->is_mixed;
}

static bool
file_secrets(struct es_capture *c, const struct es_capture_secrets *to)
{
	struct es_capture_file *f = (struct es_capture_file *)c;

	f->secrets = *to;
	return f->has_secrets;
}

static struct es_capture_position
file_position(const struct es_capture *c)
{
	const struct es_capture_file *f = (const struct es_capture_file *)c;

	return (struct es_capture_position){ es_input_position(&f->in), f->in.file_bytes };
}

static int
file_fd(const struct es_capture *c)
{
	(void)c; /* a file never makes anyone wait */
	return -1;
}

static void
file_free(struct es_capture *c)
{
	struct es_capture_file *f = (struct es_capture_file *)c;

	es_input_close(&f->in);
	free(f->name);
	free(f);
}

static const struct es_capture_ops file_ops = { .next = file_next,
	.drops = file_drops,
	.is_mixed = file_is_mixed,
	.fd = file_fd,
	.free = file_free,
	.secrets = file_secrets,
	.position = file_position };

/* "7b 22 74 22" for the message about a file of another kind. */
static int
foreign(struct es_capture_file *f, es_slice head)
{
	char hex[4 * 3 + 1] = "";
	char text[4 + 1] = "";
	size_t i;

	for (i = 0; i < head.n && i < 4; i++) {
		(void)snprintf(hex + 3 * i, 4, "%02x ", head.p[i]);
		text[i] = isprint(head.p[i]) ? (char)head.p[i] : '.';
	}
	if (head.n == 0)
		(void)snprintf(f->base.error, sizeof(f->base.error),
		    "%.200s: not a capture: empty, expected pcap or pcapng", f->name);
	else
		(void)snprintf(f->base.error, sizeof(f->base.error),
		    "%.200s: not a capture: begins with %s(\"%s\"), expected pcap or pcapng",
		    f->name, hex, text);
	return ES_EMALFORMED;
}

static int
begin(struct es_capture_file *f)
{
	es_slice head;
	int rc = es_input_peek(&f->in, 4, &head);

	if (rc == ES_EIO) { /* for example a directory: a place in it means nothing */
		(void)snprintf(
		    f->base.error, sizeof(f->base.error), "%.200s: %s", f->name, f->in.why);
		return rc;
	}
	if (rc != 0 && rc != ES_EEOF)
		return es_capture_file_short(f, "a file header", 24, head.n);
	if (es_pcap_is(head))
		return es_pcap_begin(f);
	if (es_pcapng_is(head))
		return es_pcapng_begin(f);
	return foreign(f, head);
}

int
es_capture_file_open(const char *path, enum es_file_kind kind, struct es_capture **out,
    char error[ES_CAPTURE_ERROR_MAX])
{
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	struct es_capture_file *f = calloc(1, sizeof(*f));
	int rc = ES_ENOMEM;

	if (f == NULL || (f->name = strdup(name)) == NULL) {
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%.200s: out of memory", name);
		goto fail;
	}
	f->base.ops = &file_ops;
	f->base.has_no_drops = true;
	rc = es_input_open(&f->in, path, kind);
	if (rc != 0) {
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%.200s: %s", name, es_file_why(rc));
		goto fail;
	}
	rc = begin(f);
	if (rc != 0) {
		memcpy(error, f->base.error, ES_CAPTURE_ERROR_MAX);
		goto fail;
	}
	*out = &f->base;
	return 0;
fail:
	if (f != NULL)
		file_free(&f->base);
	return rc;
}
