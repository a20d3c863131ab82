/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source of packets: a capture file, several merged by time, or a live interface.
 *
 * Used by `earshot read`, `live`, `explain` and by the sensor of earshotd. One thread per source.
 */
#ifndef AGENT_CAPTURE_CAPTURE_H
#define AGENT_CAPTURE_CAPTURE_H

#include "earshot/engine.h"
#include "runtime/file.h"

enum {
	ES_CAPTURE_ERROR_MAX = 512,  /* room for an error text with its NUL */
	ES_CAPTURE_FILES_MAX = 1000, /* one merge reads at most so many files at a time */
};

/* n packets that were on the wire in (from, to] and that the capture itself lost. */
struct es_capture_drops {
	es_time from;
	es_time to;
	uint64_t n;
};

/*
 * The receiver of keys that a capture holds apart from its packets. take: bytes of a key log of TLS as
 * SSLKEYLOGFILE makes it, borrowed; a line may continue in the next part, a log ends with is_last. bad:
 * some cannot be read; the text names file and place.
 */
struct es_capture_secrets {
	void *ctx;
	void (*take)(void *ctx, const char *file, es_slice part, bool is_last);
	void (*bad)(void *ctx, const char *text);
};

/* How much of its files a source has read, as they lie on disk: compressed where they are. */
struct es_capture_position {
	uint64_t read_bytes;
	uint64_t total_bytes; /* 0: not known, as of a pipe */
};

struct es_capture;

struct es_capture_ops {
	int (*next)(struct es_capture *c, struct es_packet *out);
	bool (*drops)(struct es_capture *c, es_time now, struct es_capture_drops *out);
	bool (*is_mixed)(const struct es_capture *c);
	int (*fd)(const struct es_capture *c);
	void (*free)(struct es_capture *c);
	/* Only with straight: it gave rc and *out, which is no packet or not the next one in order. */
	int (*leave)(struct es_capture *c, int rc, struct es_packet *out);
	bool (*secrets)(struct es_capture *c, const struct es_capture_secrets *to); /* NULL: none */
	struct es_capture_position (*position)(const struct es_capture *c); /* NULL: not known */
	uint32_t (*fill_ppm)(const struct es_capture *c);                   /* NULL: not known */
};

struct es_capture {
	const struct es_capture_ops *ops;
	/*
	 * Another source whose packets are handed on as they are while they come in order and from one
	 * interface; it has no such source itself. NULL: ops->next has the next packet.
	 */
	struct es_capture *straight;
	es_time newest;    /* handed on straight */
	uint16_t iface;    /* of the packet handed on straight last */
	bool has_no_drops; /* to report now: ops->drops need not be called */
	char error[ES_CAPTURE_ERROR_MAX];
};

/*
 * The next packet; its bytes are borrowed until the next call on the same source.
 * 0              *out is filled
 * ES_EAGAIN      live only: nothing there now; wait for es_capture_fd
 * ES_EEOF        the end, also on every later call
 * ES_ECUT        the input ends inside a unit
 * ES_EMALFORMED  the input breaks its format; nothing behind that place can be read
 * ES_EIO         the system refused
 * After the last three es_capture_error names the file, the place and what was expected; each is
returned once, and the next call continues with what is left: other files of a merge, else ES_EEOF.
 */
static inline int
es_capture_next(struct es_capture *c, struct es_packet *out)
{
	int rc;

	if (c->straight == NULL)
		return c->ops->next(c, out);
	rc = c->straight->ops->next(c->straight, out);
	if (rc != 0 || es_time_before(out->ts, c->newest) || out->iface != c->iface)
		return c->ops->leave(c, rc, out);
	c->newest = out->ts;
	return 0;
}

/*
 * Packets that the capture lost and that were not reported yet; call it after each packet of a file, and now and
 * then when live. True: *out is filled. now: this moment, for a live source; files ignore it.
 */
static inline bool
es_capture_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	const struct es_capture *from = c->straight != NULL ? c->straight : c;

	return !from->has_no_drops && c->ops->drops(c, now, out);
}

/* Several interfaces share a file, as far as was read: their times may go back in bursts. */
static inline bool
es_capture_is_mixed(const struct es_capture *c)
{
	return c->ops->is_mixed(c);
}

/* Readable when a live source has packets; -1 for files, which never return ES_EAGAIN. */
static inline int
es_capture_fd(const struct es_capture *c)
{
	return c->ops->fd(c);
}

/* The reason of the last error that es_capture_next returned; borrowed until the next call. */
static inline const char *
es_capture_error(const struct es_capture *c)
{
	return c->error;
}

/*
 * From now on keys in the capture go to *to as they are read; *to is copied. True: a file has some
 * before its first packet.
 */
static inline bool
es_capture_give_secrets(struct es_capture *c, const struct es_capture_secrets *to)
{
	return c->ops->secrets != NULL && c->ops->secrets(c, to);
}

static inline struct es_capture_position
es_capture_position(const struct es_capture *c)
{
	return c->ops->position != NULL ? c->ops->position(c)
					: (struct es_capture_position){ 0, 0 };
}

/* How full a live source's buffer is; 0 where that is not known. */
static inline uint32_t
es_capture_fill_ppm(const struct es_capture *c)
{
	return c->ops->fill_ppm != NULL ? c->ops->fill_ppm(c) : 0;
}

/* NULL is fine. */
static inline void
es_capture_free(struct es_capture *c)
{
	if (c != NULL)
		c->ops->free(c);
}

/*
 * Opens pcap (micro- and nanosecond, both byte orders) or pcapng, plain or gzip; of any kind "-" is standard
 * input. Returns 0 and *out given; or ES_EIO, ES_EUNSUPPORTED (not of this kind), ES_EMALFORMED (not a
 * capture), ES_ECUT (too short to be one), ES_ENOMEM, and the reason with the file's name in error.
 */
int es_capture_file_open(const char *path, enum es_file_kind kind, struct es_capture **out,
    char error[ES_CAPTURE_ERROR_MAX]);

/*
 * Several sources as one, in time order; packets of equal time come in the order of the sources.
 * The sources in the array are taken on success. ES_EINVALID for none or too many.
 */
int
es_capture_merge_new(struct es_capture *const *sources, size_t n_sources, struct es_capture **out);

/*
 * A source whose packets come in time order as far as they lie within two seconds of each other in
 * source, and within 32 MiB; what lies further back keeps its place. Its packets are borrowed and
 * its errors passed on; drops are reported with the packet they came with. source is taken on success.
 * ES_ENOMEM.
 */
int es_capture_order_new(struct es_capture *source, struct es_capture **out);

/*
 * Opens files for one merge, in time order; a single one comes without a merge. Files that cannot be opened are
 * reported to bad (with the text of es_capture_file_open) and left out. Returns 0 and *out given;
 * ES_ENOTFOUND when no file is left, ES_EINVALID for too many, ES_ENOMEM.
 */
int es_capture_files_open(char *const *paths, size_t n_paths, enum es_file_kind kind,
    void (*bad)(void *ctx, const char *error), void *ctx, struct es_capture **out);

/* 0 means the default. */
struct es_capture_live_config {
	const char *iface;     /* "any" sees all of them */
	uint32_t snap_bytes;   /* of each packet; default 65535 */
	uint32_t buffer_bytes; /* kernel ring; default 8 MiB */
	uint32_t timeout_ms;   /* the kernel may hold packets so long; default 200 */
	bool promiscuous;
	const char *filter; /* pcap-filter(7), run by the kernel; NULL: none */
};

/*
 * Opens the interface and starts to capture into the kernel's ring. Needs CAP_NET_RAW; nothing
 * after it does, so rights are dropped between this call and the first es_capture_next.
 * Returns 0 and *out given, or ES_EDENIED, ES_ENOTFOUND, ES_EIO, ES_ENOMEM with the reason in error.
 */
int es_capture_live_open(const struct es_capture_live_config *cfg, struct es_capture **out,
    char error[ES_CAPTURE_ERROR_MAX]);

#endif
