/* SPDX-License-Identifier: Apache-2.0 */
/* earshotd: the agent's service. One role per process, or both as children of a supervisor. */
#include "agent/agent_config.h"
#include "agent/sensor/sensor.h"
#include "agent/shipper/shipper.h"
#include "runtime/log.h"
#include "runtime/supervise.h"
#include "runtime/trust.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USAGE = 2 };

struct arguments {
	const char *config;
	const char *role; /* "sensor", "shipper" */
	bool supervise;
	bool linked; /* the IPC socket is descriptor ES_SUPERVISE_FD */
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshotd [--config FILE] --role sensor|shipper\n"
	    "       earshotd [--config FILE] --supervise\n"
	    "       earshotd --print-sample-config | --print-man-options | --help | --version\n"
	    "The agent of earshot: hears calls on this machine and hands what it measured to the\n"
	    "collector. The configuration is read from " ES_CONFIG_FILE_DEFAULT
	    " unless FILE is given.\n\nOptions of the configuration:\n");
	es_options_sample(es_agent_options, to);
}

/* 0: continue with *out; else the exit status + 1. */
static int
parse_arguments(int argc, char **argv, struct arguments *out)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
		{ "role", required_argument, NULL, 'r' }, { "supervise", no_argument, NULL, 's' },
		{ "linked", no_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ "print-sample-config", no_argument, NULL, 'p' },
		{ "print-man-options", no_argument, NULL, 'm' }, { NULL, 0, NULL, 0 } };
	int c;

	memset(out, 0, sizeof(*out));
	out->config = ES_CONFIG_FILE_DEFAULT;
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			out->config = optarg;
			break;
		case 'r':
			out->role = optarg;
			break;
		case 's':
			out->supervise = true;
			break;
		case 'l':
			out->linked = true;
			break;
		case 'h':
			usage(stdout);
			return 1;
		case 'v':
			printf("earshotd " EARSHOT_VERSION "\n");
			return 1;
		case 'p':
			es_options_sample(es_agent_options, stdout);
			return 1;
		case 'm':
			es_options_man(es_agent_options, stdout);
			return 1;
		default:
			return USAGE + 1;
		}
	}
	if (optind == argc && out->supervise == (out->role == NULL) &&
	    (out->supervise || strcmp(out->role, "sensor") == 0 ||
		strcmp(out->role, "shipper") == 0))
		return 0;
	fprintf(stderr, "earshotd: expected --role sensor, --role shipper or --supervise; "
			"--help tells more\n");
	return USAGE + 1;
}

struct supervision {
	struct es_loop *loop;
	struct es_supervisor *supervisor;
};

static void
on_started(void *ctx, const struct es_supervise_role *role, int pid)
{
	(void)ctx;
	log_info("earshotd: %s runs as process %d", role->name, pid);
}

static void
on_ended(void *ctx, const struct es_supervise_role *role, int status, int restart_ms)
{
	char how[64];

	(void)ctx;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit %d", WEXITSTATUS(status));
	if (restart_ms >= 0)
		log_warn("earshotd: %s ended: %s; again in %d ms", role->name, how, restart_ms);
	else
		log_info("earshotd: %s ended: %s", role->name, how);
}

static void
on_all_ended(void *ctx)
{
	struct supervision *s = ctx;

	es_loop_stop(s->loop);
}

static void
on_signal(void *ctx, int signo)
{
	struct supervision *s = ctx;

	(void)signo;
	es_supervisor_stop(s->supervisor);
}

static int
supervise(const struct arguments *args, const struct es_agent_config *cfg)
{
	char self[ES_CONFIG_PATH_MAX];
	const char *const sensor[] = { self, "--role", "sensor", "--linked", "--config",
		args->config, NULL };
	const char *const shipper[] = { self, "--role", "shipper", "--linked", "--config",
		args->config, NULL };
	int pair[2];
	struct es_supervise_role roles[2] = { { "shipper", shipper, -1, false },
		{ "sensor", sensor, -1, es_agent_config_is_replay(cfg) } };
	struct supervision s = { NULL, NULL };
	struct es_supervise_events events = { on_started, on_ended, on_all_ended, &s };
	struct es_sigwatch *signals[2] = { NULL, NULL };
	ssize_t n;
	int err;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0) {
		log_error("earshotd: cannot find its own file: %s", strerror(errno));
		return 1;
	}
	self[n] = '\0';
	err = es_supervise_pair(pair);
	if (err != 0) {
		log_error("earshotd: no socket pair: %s", strerror(errno));
		return 1;
	}
	roles[0].link_fd = pair[0];
	roles[1].link_fd = pair[1];
	err = es_loop_new(&s.loop);
	if (err == 0)
		err = es_sigwatch_new(s.loop, SIGTERM, on_signal, &s, &signals[0]);
	if (err == 0)
		err = es_sigwatch_new(s.loop, SIGINT, on_signal, &s, &signals[1]);
	if (err == 0)
		err = es_supervisor_new(s.loop, roles, 2, &events, &s.supervisor);
	if (err == 0)
		err = es_loop_run(s.loop);
	es_supervisor_free(s.supervisor);
	es_sigwatch_free(signals[0]);
	es_sigwatch_free(signals[1]);
	if (s.loop != NULL)
		es_loop_free(s.loop);
	close(pair[0]);
	close(pair[1]);
	return err == 0 ? 0 : 1;
}

/* A user who can write the configuration of a process started by root chooses what it does. */
static void
warn_of_writers(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (!es_trust_user(st.st_uid, 0) || (st.st_mode & 022) != 0))
		log_warn("earshotd: %s can be changed by others: chown %u %s; chmod go-w %s", path,
		    (unsigned)geteuid(), path, path);
}

int
main(int argc, char **argv)
{
	struct es_agent_config *cfg;
	struct arguments args;
	char error[ES_OPTIONS_ERROR_MAX];
	int status = parse_arguments(argc, argv, &args);

	if (status != 0)
		return status - 1;
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal */
	umask(077);                     /* whatever is made here is our own user's alone */
	if (es_agent_config_load(args.config, error, &cfg) != 0) {
		log_error("earshotd: %s", error);
		return 1;
	}
	es_log_set_level(es_log_level_of_word(es_log_level_words[cfg->log_level]));
	warn_of_writers(args.config);
	if (args.supervise)
		status = supervise(&args, cfg);
	else if (strcmp(args.role, "sensor") == 0)
		status = es_sensor_run(cfg, args.linked ? ES_SUPERVISE_FD : -1);
	else
		status = es_shipper_run(cfg, args.linked ? ES_SUPERVISE_FD : -1);
	es_agent_config_free(cfg);
	return status;
}
