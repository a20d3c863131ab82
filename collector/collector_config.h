/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's configuration: collector.conf in its directory, written by `init`. */
#ifndef COLLECTOR_COLLECTOR_CONFIG_H
#define COLLECTOR_COLLECTOR_CONFIG_H

#include "earshot/addr.h"
#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/sandbox.h"

enum {
	ES_PATH_TEXT_MAX = 512,
	ES_PORT_DATA = 6100,
	ES_PORT_ENROLL = 6101,
	ES_PORT_PORTAL = 8080,
};

/* Bits of es_option.reloads: the processes that put another value in force while they run. */
enum { ES_IN_INGEST = 1, ES_IN_PORTAL = 2, ES_IN_SERVE = 4 };

extern const struct es_option es_collector_options[];

/* Paths are absolute or relative to where we stand: those of the file are relative to the file. */
struct es_collector_config {
	char name[64]; /* logical name in the server's certificate */
	struct es_addr listen;
	struct es_addr enroll;
	struct es_addr portal;
	char database[ES_PATH_TEXT_MAX];
	char ca_cert[ES_PATH_TEXT_MAX];
	char ca_key[ES_PATH_TEXT_MAX];
	char cert[ES_PATH_TEXT_MAX];
	char key[ES_PATH_TEXT_MAX];
	char tenant_key[ES_PATH_TEXT_MAX];
	char country[4]; /* calling code of national numbers in a search; empty: not known */
	int64_t max_database_bytes; /* 0: none */
	int64_t retention_calls_ms; /* each 0: for ever */
	int64_t retention_minutes_ms;
	int64_t retention_machine_ms;
	int64_t retention_reported_ms;
	int64_t agent_validity_ms;
	int64_t commit_ms;
	uint32_t commit_records;
	uint32_t max_connections;
	uint32_t credit_batches;
	int64_t idle_ms;
	int64_t reconnect_ms;
	int64_t retry_ms;
	char user[64];        /* empty: stay */
	char portal_user[64]; /* empty: the same */
	enum es_sandbox_mode sandbox;
	enum es_log_level log_level;
};

/* Reads DIR/collector.conf. On failure error holds the reason. Sets the log level, too. */
int es_collector_config_load(
    const char *dir, struct es_collector_config *out, char error[ES_OPTIONS_ERROR_MAX]);

/*
 * The same, and the tree of its options, which the caller frees; file, which receives the path, must outlive it. Leaves
 * the log level.
 */
int es_collector_config_read(const char *dir, char file[ES_PATH_TEXT_MAX],
    struct es_collector_config *out, char error[ES_OPTIONS_ERROR_MAX], struct es_options **options);

/* What options of collector.conf in dir mean. On failure *out is as it was. ES_EMALFORMED, ES_EINVALID. */
int es_collector_config_of(const char *dir, const struct es_options *options,
    struct es_collector_config *out, char error[ES_OPTIONS_ERROR_MAX]);

/*
 * The same of options that es_options_check has read, and every fault is reported. Returns how many there are. Without one
 * *out is what they mean.
 */
unsigned es_collector_config_check(const char *dir, const struct es_options *options,
    const struct es_option_faults *faults, struct es_collector_config *out);

/* The path of DIR/collector.conf; ES_EINVALID (error) when it does not fit. */
int es_collector_config_file(
    const char *dir, char file[ES_PATH_TEXT_MAX], char error[ES_OPTIONS_ERROR_MAX]);

/* DIR/NAME; ES_EINVALID when it does not fit. */
int es_path_join(char out[ES_PATH_TEXT_MAX], const char *dir, const char *name);

#endif
