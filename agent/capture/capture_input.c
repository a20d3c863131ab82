/* SPDX-License-Identifier: Apache-2.0 */
/* A sliding window over a file that may be compressed: zlib reads plain files as they are. */
#include "agent/capture/capture_input.h"

#include "runtime/crypto/hmac.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_path(const char *path, enum es_file_kind kind)
{
	int fd;

	if (kind != ES_FILE_ANY || strcmp(path, "-") != 0)
		return es_file_open(path, kind);
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? ES_EIO : fd;
}

int
es_input_open(struct es_input *in, const char *path, enum es_file_kind kind)
{
	struct stat st;
	int fd = open_path(path, kind);

	memset(in, 0, sizeof(*in));
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		in->file_bytes = (uint64_t)st.st_size;
	in->window = malloc(ES_INPUT_WINDOW_BYTES);
	in->gz = gzdopen(fd, "rb");
	if (in->gz == NULL)
		(void)close(fd); /* the reason below is what counts */
	if (in->gz == NULL || in->window == NULL) {
		es_input_close(in);
		return ES_ENOMEM;
	}
	return 0;
}

/* Why gzread came back with less than was asked for. */
static void
ended(struct es_input *in)
{
	int err = Z_OK;
	const char *text = gzerror(in->gz, &err);

	switch (err) {
	case Z_OK:
	case Z_STREAM_END:
		in->end = ES_EEOF;
		break;
	case Z_BUF_ERROR:
		in->end = ES_ECUT;
		in->why = "the gzip data breaks off";
		break;
	case Z_ERRNO:
		in->end = ES_EIO;
		in->why =
		    errno == EISDIR ? "is a directory, expected a capture file" : strerror(errno);
		break;
	default:
		in->end = ES_EMALFORMED;
		in->why = text;
	}
}

/* Moves what is left to the front and fills the window as far as the file goes. */
static void
fill(struct es_input *in)
{
	size_t room;
	int got;

	memmove(in->window, in->window + in->from, in->to - in->from);
	in->to -= in->from;
	in->from = 0;
	room = ES_INPUT_WINDOW_BYTES - in->to;
	errno = 0;
	got = gzread(in->gz, in->window + in->to, (unsigned)room);
	if (got > 0)
		in->to += (size_t)got;
	if (got < 0 || (size_t)got < room)
		ended(in);
}

int
es_input_peek(struct es_input *in, size_t n, es_slice *out)
{
	int rc = 0;

	if (in->to - in->from < n && in->end == 0)
		fill(in);
	if (in->to - in->from < n) {
		n = in->to - in->from;
		rc = in->end;
	}
	*out = es_slice_of(in->window + in->from, n);
	return rc;
}

int
es_input_skip(struct es_input *in, uint64_t n)
{
	for (;;) {
		size_t have = in->to - in->from;
		size_t step = n < have ? (size_t)n : have;

		in->from += step;
		in->offset += step;
		n -= step;
		if (n == 0)
			return 0;
		if (in->end != 0)
			return in->end;
		fill(in);
	}
}

void
es_input_wipe(struct es_input *in, size_t n)
{
	es_secret_zero(in->window + in->from, n);
	in->is_secret = true;
}

uint64_t
es_input_position(const struct es_input *in)
{
	z_off_t at = gzoffset(in->gz);

	return at < 0 ? in->offset : (uint64_t)at; /* of a pipe only what came out is known */
}

void
es_input_close(struct es_input *in)
{
	if (in->is_secret) /* zlib read them; PRIVACY.md lists what cannot be wiped */
		(void)es_secret_wipe_frees(true);
	if (in->gz != NULL)
		(void)gzclose_r(in->gz); /* nothing was written: nothing can get lost */
	if (in->is_secret) {
		(void)es_secret_wipe_frees(false);
		es_secret_zero(in->window, ES_INPUT_WINDOW_BYTES); /* bytes may lie in it twice */
	}
	free(in->window);
	memset(in, 0, sizeof(*in));
}
