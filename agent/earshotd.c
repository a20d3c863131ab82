/* SPDX-License-Identifier: Apache-2.0 */
/* earshotd: the agent's service. One role per process, or both as children of a supervisor. */
#include "agent/agent_config.h"
#include "agent/agent_reload.h"
#include "agent/sensor/opener.h"
#include "agent/sensor/parser_role.h"
#include "agent/shipper/shipper.h"
#include "runtime/completion.h"
#include "runtime/log.h"
#include "runtime/loop/reread.h"
#include "runtime/process/process.h"
#include "runtime/process/respawn.h"
#include "runtime/process/supervise.h"
#include "runtime/trust.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USAGE = 2, CANNOT_START = 3 };

struct wish {
	const char *config;
	const char *role; /* of role_words */
	bool supervise;
	bool linked; /* the IPC socket is descriptor ES_SUPERVISE_FD */
	bool sample;
	bool man_options;
	bool man_config;
	const char *completion; /* the shell it is for */
	bool help;
};

#define AT(member) ES_ARGUMENT_AT(struct wish, member)

static const char *const shell_words[] = { "bash", "zsh", "fish", NULL };
static const char *const role_words[] = { "sensor", "shipper", "parser", NULL };

static const struct es_argument arguments[] = {
	{ .name = "config",
	    .letter = 'c',
	    .value = "FILE",
	    .kind = ES_ARGUMENT_FILE,
	    .help = "Configuration, " ES_CONFIG_FILE_DEFAULT " unless given.",
	    AT(config) },
	{ .name = "role",
	    .value = "ROLE",
	    .words = role_words,
	    .help = "Run as the sensor, which captures and measures, or as the shipper, which "
		    "stores and delivers. The sensor runs a parser by itself.",
	    AT(role) },
	{ .name = "supervise", .help = "Run both as children.", AT(supervise) },
	{ .name = "linked",
	    .help = "Of a child: the socket to the other role is an open descriptor.",
	    AT(linked) },
	{ .name = "print-sample-config",
	    .help = "A configuration with every option, explained.",
	    AT(sample) },
	{ .name = "print-man-options",
	    .help = "These options for the manual page.",
	    AT(man_options) },
	{ .name = "print-man-config",
	    .help = "Options of the configuration for its manual page.",
	    AT(man_config) },
	{ .name = "print-completion",
	    .value = "SHELL",
	    .words = shell_words,
	    .help = "Completion of this command line for bash, zsh or fish.",
	    AT(completion) },
	{ .name = "help", .letter = 'h', .help = "This text.", AT(help) },
	{ .name = NULL, .more = es_version_argument },
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshotd [--config FILE] --role sensor|shipper\n"
	    "       earshotd [--config FILE] --supervise\n"
	    "The agent of earshot: hears calls on this machine and hands what it measured to\n"
	    "the collector.\n");
	es_arguments_help(arguments, to);
	fprintf(to, "\nOptions of the configuration:\n");
	es_options_sample(es_agent_options, to);
}

/* The exit status + 1. */
static int
print_completion(const char *shell)
{
	const struct es_completed all[] = { { .arguments = arguments }, { .arguments = NULL } };

	if (es_completion_print(shell, "earshotd", all, stdout) == 0)
		return 1;
	(void)es_arguments_wrong("earshotd", "--print-completion", shell, "bash, zsh or fish");
	return USAGE + 1;
}

/* 0: continue with *out; else the exit status + 1. */
static int
parse_arguments(int argc, char **argv, struct wish *out)
{
	static char name[] = "earshotd";
	int operand;

	*out = (struct wish){ .config = ES_CONFIG_FILE_DEFAULT };
	argv[0] = name;
	if (es_arguments_parse(arguments, argc, argv, out, &operand) != 0)
		return USAGE + 1;
	if (out->help)
		usage(stdout);
	else if (out->sample)
		es_options_sample(es_agent_options, stdout);
	else if (out->man_options)
		es_arguments_man(arguments, stdout);
	else if (out->man_config)
		es_options_man(es_agent_options, stdout);
	else if (out->completion != NULL)
		return print_completion(out->completion);
	if (out->help || out->sample || out->man_options || out->man_config)
		return 1;
	if (operand == argc && out->supervise == (out->role == NULL))
		return 0;
	fprintf(stderr, "earshotd: expected --role sensor, --role shipper or --supervise; "
			"--help tells more\n");
	return USAGE + 1;
}

struct supervision {
	struct es_agent_config *cfg;
	struct es_loop *loop;
	struct es_supervisor *supervisor;
	struct es_notify *notify; /* NULL: no service manager listens */
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
	es_notify_stopping(s->notify);
	es_supervisor_stop(s->supervisor);
}

/* A file with a mistake changes nothing, in the roles neither. What a role puts in force it says itself. */
static void
on_reload(void *ctx, struct es_options *given)
{
	static const struct es_reload_process self = { .name = "earshotd",
		.bit = ES_IN_SUPERVISOR };
	struct supervision *s = ctx;
	struct es_agent_changes changes; /* of the roles */

	if (es_agent_reload(s->cfg, given, &self, &changes) == 0)
		es_supervisor_signal(s->supervisor, SIGHUP);
}

static int
supervise(const struct wish *args, struct es_agent_config *cfg)
{
	char self[ES_CONFIG_PATH_MAX];
	const char *const sensor[] = { self, "--role", "sensor", "--linked", "--config",
		args->config, NULL };
	const char *const shipper[] = { self, "--role", "shipper", "--linked", "--config",
		args->config, NULL };
	int pair[2];
	struct es_supervise_role roles[2] = { { "shipper", shipper, -1, false },
		{ "sensor", sensor, -1, es_agent_config_is_replay(cfg) } };
	struct supervision s = { cfg, NULL, NULL, NULL };
	struct es_supervise_events events = { on_started, on_ended, on_all_ended, &s };
	struct es_reread_config reread = { "earshotd", es_agent_options, args->config, on_reload,
		NULL };
	struct es_reread *hangup = NULL;
	struct es_sigwatch *signals[2] = { NULL, NULL };
	int err, status;

	if (es_process_own_file(self, sizeof(self)) != 0) {
		log_error("earshotd: cannot find its own file: %s", strerror(errno));
		return 1;
	}
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
		err = es_notify_new(s.loop, &s.notify);
	reread.notify = s.notify;
	if (err == 0)
		err = es_reread_new(s.loop, &reread, &s, &hangup);
	if (err == 0)
		err = es_supervisor_new(s.loop, roles, 2, &events, &s.supervisor);
	if (err == 0) {
		es_notify_ready(s.notify);
		err = es_loop_run(s.loop);
	}
	status = err != 0 ? 1 : es_supervisor_has_failed(s.supervisor) ? CANNOT_START : 0;
	if (status == CANNOT_START)
		log_error(
		    "earshotd: a part of the service could not be started in %d tries: it ends",
		    ES_RESPAWN_TRIES);
	es_supervisor_free(s.supervisor);
	es_reread_free(hangup);
	es_notify_free(s.notify);
	for (size_t i = 0; i < 2; i++)
		es_sigwatch_free(signals[i]);
	if (s.loop != NULL)
		es_loop_free(s.loop);
	close(pair[0]);
	close(pair[1]);
	return status;
}

static int
run_role(const struct wish *args, struct es_agent_config *cfg)
{
	int link_fd = args->linked ? ES_SUPERVISE_FD : -1;

	if (strcmp(args->role, "shipper") == 0)
		return es_shipper_run(cfg, link_fd);
	es_agent_config_for_sensor(cfg);
	return es_opener_run(cfg, link_fd);
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
	struct wish args;
	char error[ES_OPTIONS_ERROR_MAX];
	int status = parse_arguments(argc, argv, &args);

	if (status != 0)
		return status - 1;
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal */
	(void)signal(SIGHUP, SIG_IGN);  /* until the loop watches for it */
	umask(077);                     /* whatever is made here is our own user's alone */
	if (args.role != NULL && strcmp(args.role, "parser") == 0)
		return es_parser_role_run(ES_PROCESS_FD);
	if (es_agent_config_load(args.config, error, &cfg) != 0) {
		log_error("earshotd: %s", error);
		return 1;
	}
	es_log_set_level(es_log_level_of_word(es_log_level_words[cfg->log_level]));
	warn_of_writers(args.config);
	if (args.supervise)
		status = supervise(&args, cfg);
	else
		status = run_role(&args, cfg);
	es_agent_config_free(cfg);
	return status;
}
