/* SPDX-License-Identifier: Apache-2.0 */
/* The page that --html asks for. */
#include "agent/command/html_output.h"

#include "agent/report/unexplained.h"
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 256 }; /* of a page: has its generator */

struct es_html_output {
	struct es_html_output_config cfg;
	struct es_course *course;
	struct es_call_page *page;
	uint32_t vantage;
};

static int
refuse(const struct es_html_output_config *cfg, const char *why)
{
	fprintf(stderr, "earshot %s: --html: %s: %s\n", cfg->command, cfg->path, why);
	return ES_EDENIED;
}

/* Empty, or a page that earshot wrote. */
static bool
is_page(const char *path)
{
	static const char mark[] = "name=generator content=\"earshot ";
	char head[HEAD_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (fd >= 0)
		(void)close(fd); /* read only */
	return n == 0 || (n > 0 && memmem(head, (size_t)n, mark, sizeof(mark) - 1) != NULL);
}

/* A long reading must not end with a page that cannot be written: asked before it begins. */
static int
check(const struct es_html_output_config *cfg)
{
	char parent[PATH_MAX];
	struct stat is, input;

	if (es_file_parent(cfg->path, parent) != 0)
		return refuse(cfg, strerror(ENAMETOOLONG));
	if (access(parent, W_OK | X_OK) != 0)
		return refuse(cfg, strerror(errno));
	if (stat(cfg->path, &is) != 0)
		return errno == ENOENT ? 0 : refuse(cfg, strerror(errno));
	for (size_t i = 0; i < cfg->n_inputs; i++)
		if (stat(cfg->inputs[i].file, &input) == 0 && input.st_dev == is.st_dev &&
		    input.st_ino == is.st_ino)
			return refuse(cfg, "is one of the inputs");
	if (!S_ISREG(is.st_mode))
		return refuse(cfg, "is there and no regular file");
	if (!is_page(cfg->path))
		return refuse(cfg, "is there and no page of earshot; it was left as it is");
	return 0;
}

int
es_html_output_new(const struct es_html_output_config *cfg, struct es_html_output **out)
{
	struct es_call_page_config page = { .is_masked = cfg->is_masked,
		.has_verdict = cfg->has_verdict };
	struct es_html_output *o;
	int rc = check(cfg);

	if (rc != 0)
		return rc;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return ES_ENOMEM;
	o->cfg = *cfg;
	rc = es_course_new(cfg->hash_key, &o->course);
	page.course = o->course;
	if (rc == 0)
		rc = es_call_page_new(&page, &o->page);
	if (rc != 0)
		es_html_output_free(o);
	else
		*out = o;
	return rc;
}

void
es_html_output_free(struct es_html_output *o)
{
	if (o == NULL)
		return;
	es_call_page_free(o->page);
	es_course_free(o->course);
	free(o);
}

void
es_html_output_vantage(struct es_html_output *o, es_slice name)
{
	o->vantage = es_course_vantage(o->course, name);
}

void
es_html_output_record(struct es_html_output *o, const struct es_record *rec)
{
	es_course_record(o->course, o->vantage, rec);
}

static void
take_message(void *ctx, const struct es_sip_message *m)
{
	struct es_html_output *o = ctx;

	es_course_message(o->course, o->vantage, m);
}

struct es_sip_sink
es_html_output_sip(struct es_html_output *o)
{
	return (struct es_sip_sink){ take_message, o };
}

void
es_html_output_machine(
    struct es_html_output *o, es_slice host, bool is_synthetic, const struct es_record *rec)
{
	es_course_machine(o->course, host, is_synthetic, rec);
}

void
es_html_output_measured(struct es_html_output *o)
{
	es_course_sort(o->course);
}

void
es_html_output_call(struct es_html_output *o, const struct es_explained *call)
{
	es_call_page_call(o->page, call);
}

static void
take_call(void *ctx, const struct es_explained *call)
{
	es_html_output_call(ctx, call);
}

int
es_html_output_unexplained(struct es_html_output *o)
{
	return es_unexplained_calls(o->course, take_call, o);
}

/* As the shell would make a file. */
static mode_t
usual_mode(void)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return 0666 & ~mask;
}

int
es_html_output_write(struct es_html_output *o)
{
	es_slice html;
	int rc = es_call_page_finish(o->page, o->cfg.inputs, o->cfg.n_inputs, &html);

	if (rc != 0)
		return rc;
	rc = es_file_write(o->cfg.path, html, usual_mode());
	if (rc == 0)
		return 0;
	fprintf(stderr, "earshot %s: --html: %s: %s\n", o->cfg.command, o->cfg.path,
	    rc == ES_EIO ? strerror(errno) : es_strerror(rc));
	return ES_EIO;
}
