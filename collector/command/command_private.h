/* SPDX-License-Identifier: Apache-2.0 */
/* The commands one by one, and what they share. Private to this folder. */
#ifndef COLLECTOR_COMMAND_COMMAND_PRIVATE_H
#define COLLECTOR_COMMAND_COMMAND_PRIVATE_H

#include "collector/command/command.h"
#include "collector/store/store.h"

struct es_supervise_role;

/* The commands, see es_collector_commands. */
int es_command_init(int argc, char **argv);
int es_command_token(int argc, char **argv);
int es_command_serve(int argc, char **argv);
int es_command_explain(int argc, char **argv);
int es_command_agents(int argc, char **argv);
int es_command_calls(int argc, char **argv);
int es_command_prune(int argc, char **argv);
int es_command_backup(int argc, char **argv);
int es_command_restore(int argc, char **argv);
int es_command_ca(int argc, char **argv);
int es_command_disable(int argc, char **argv);
int es_command_enable(int argc, char **argv);
int es_command_check_config(int argc, char **argv);

/* Options of commands that have more than es_command_parse knows. */
extern const struct es_argument es_command_calls_arguments[];
extern const struct es_argument es_command_agents_arguments[];

/* --help and --version: the last rows of each table. */
extern const struct es_argument es_command_last_arguments[];

/* Prints the usage of one command to stderr; returns 2. */
int es_command_usage(const char *command);

/* Loads DIR/collector.conf; false after it printed the reason. */
bool es_command_config(const char *dir, struct es_collector_config *out);

/*
 * Root acts in a directory of another user as that user, so that no link which that user put there leads root elsewhere.
 * False after it printed the reason. command: its name, for the reason.
 */
bool es_command_become_owner(const char *command, const char *dir);

/* The database of DIR/collector.conf, held open: es_command_close ends both. */
struct es_command_store {
	struct es_collector_config cfg;
	struct es_store *store;
	int hold;
};

/*
 * False after it printed the reason, with nothing open. command: its name, for the reason. To write, root becomes the
 * owner of dir first.
 */
bool es_command_open(
    struct es_command_store *s, const char *command, const char *dir, enum es_store_mode mode);
void es_command_close(struct es_command_store *s);

/* Prints "earshot-collector: COMMAND: DATABASE: what the store says". Returns 1. */
int es_command_store_error(const struct es_command_store *s, const char *command);

/* What the options of all commands may say; NULL where nothing was said and there is no default. */
struct es_command_wish {
	const char *dir;
	const char *name, *listen, *enroll, *portal; /* init */
	const char *agent, *site, *ttl;              /* token */
	const char *role;                            /* serve */
	bool is_child;                               /* serve, of another serve */
	const char *start;                           /* explain */
	bool json;
	bool trusts_clock; /* prune */
	bool is_new;       /* ca */
	bool retires;
};

/*
 * Reads the options of a command, and n_operands words behind them. 0, or es_command_usage after the reason was printed.
 * Texts are borrowed from argv.
 */
int es_command_parse(int argc, char **argv, const char *command, struct es_command_wish *wish,
    const char *operands[], int n_operands);

/* Logs how a process that `serve` keeps ended; status is of waitpid; restart_ms: when it comes back, -1: never. */
void es_serve_ended(void *ctx, const struct es_supervise_role *role, int status, int restart_ms);

#endif
