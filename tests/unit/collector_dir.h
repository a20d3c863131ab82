/* SPDX-License-Identifier: Apache-2.0 */
/* A directory that `init` fills, and commands of the collector run in it. */
#ifndef TESTS_COLLECTOR_DIR_H
#define TESTS_COLLECTOR_DIR_H

#include "collector/command/command_private.h"
#include "collector/store/store.h"
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/crypto/tls.h"
#include "runtime/crypto/token.h"
#include "runtime/file.h"
#include "tests/unit/harness.h"
#include "tests/unit/log_text.h"

#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[64], dir[96];
static char complaint[1024]; /* of the command that ran last */
static const char *output;   /* where what it prints goes; NULL: to out */

static inline int
take_away(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
end(void)
{
	(void)nftw(top, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

static inline bool
begin(void)
{
	(void)snprintf(top, sizeof(top), "/tmp/earshot-command-XXXXXX");
	if (mkdtemp(top) == NULL)
		return false;
	(void)snprintf(dir, sizeof(dir), "%s/c", top);
	return true;
}

static inline const char *
in(const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static inline const char *
at_top(const char *name)
{
	static char path[96];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

/* Runs a command with its standard output in a file and what it complains in complaint. */
static inline int
run(int (*command)(int argc, char **argv), char **argv, char out[256])
{
	int n = 0, status, was_out = dup(1), was_err = dup(2);
	int to = open(output != NULL ? output : at_top("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	int away = open(at_top("err"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t got;

	while (argv[n] != NULL)
		n++;
	fflush(stdout);
	fflush(stderr);
	dup2(to, 1);
	dup2(away, 2);
	optind = 0;
	status = command(n, argv);
	if (fflush(stdout) != 0)
		__fpurge(stdout);
	clearerr(stdout);
	dup2(was_out, 1);
	dup2(was_err, 2);
	got = pread(to, out, 255, 0);
	out[got > 0 ? got : 0] = '\0';
	got = pread(away, complaint, sizeof(complaint) - 1, 0);
	complaint[got > 0 ? got : 0] = '\0';
	log_text_only(complaint);
	close(was_out);
	close(was_err);
	close(away);
	close(to);
	return status;
}

static inline int
init(char out[256])
{
	char *argv[] = { (char *)"init", (char *)"--dir", dir, (char *)"--name",
		(char *)"collector.test", (char *)"--listen", (char *)"127.0.0.1:7100", NULL };

	if (mkdir(dir, 0700) != 0) /* for the output next to it */
		return -1;
	return run(es_command_init, argv, out);
}

#endif
