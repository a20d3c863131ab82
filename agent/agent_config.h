/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's configuration. One option table drives the parser, --help, the sample file and the man
 * page; what a row cannot express (sections that exclude each other, paths that depend on another) is
 * checked here.
 */
#ifndef AGENT_AGENT_CONFIG_H
#define AGENT_AGENT_CONFIG_H

#include "earshot/engine.h"
#include "runtime/host_port.h"
#include "runtime/options.h"
#include "runtime/sandbox.h"

#include <sys/types.h>

enum { ES_CAPTURES_MAX = 16, ES_LOCALS_MAX = 32, ES_CONFIG_PATH_MAX = 512 };

#define ES_CONFIG_FILE_DEFAULT "/etc/earshot/earshotd.conf"

/* One place to listen at: an interface, or files to replay. */
struct es_capture_section {
	const char *title;
	struct es_vantage vantage; /* label empty where there is only one section */
	const char *interface;     /* NULL: a replay */
	char **files;              /* n_files of them */
	size_t n_files;
	bool promiscuous;
	uint32_t buffer_bytes;
	uint32_t block_timeout_ms;
	uint32_t speed_milli; /* of a replay: 1000 = as it was; 0 = as fast as possible */
};

struct es_agent_config {
	struct es_options *options; /* owns the texts below */
	struct es_agent_config *
	    latest; /* the file as it was read last, owns the texts of what it changed; NULL: as here */
	const char *state_dir;
	const char *run_dir;
	const char *user; /* NULL: stay */
	const char *group;
	const char *sensor_user; /* the sensor's; NULL: the same */
	enum es_sandbox_mode sandbox;
	int log_level;
	const char *collector; /* "host:port"; NULL: spool only */
	char collector_host[ES_HOST_MAX];
	uint16_t collector_port;
	char collector_name
	    [256]; /* logical name to demand; from the option or the state directory */
	char ca_file[ES_CONFIG_PATH_MAX];
	char cert_file[ES_CONFIG_PATH_MAX];
	char key_file[ES_CONFIG_PATH_MAX];
	char tenant_key_file[ES_CONFIG_PATH_MAX];
	char hop_socket[ES_CONFIG_PATH_MAX];
	uid_t
	    hop_user; /* the shipper's view: the sensor may run as this user, too; 0: as none but its own */
	char control_socket[ES_CONFIG_PATH_MAX];
	char spool_dir[ES_CONFIG_PATH_MAX];
	const char *country; /* calling code of national numbers; NULL: not known */
	size_t hop_bytes;
	uint64_t spool_bytes;
	uint64_t spool_age_s;
	uint64_t spool_free_bytes;
	uint64_t uplink_budget; /* bytes a second to the collector; 0: no limit */
	enum es_receiver receiver;
	uint32_t receiver_ms;
	bool use_payload;
	bool use_keys;
	const char *leg_header; /* one more header that joins legs; NULL: none */
	uint32_t max_streams;
	uint32_t max_calls;
	uint32_t cpu_budget_ppm;      /* of one core; 1000000: all of it */
	uint64_t memory_budget_bytes; /* 0: none */
	struct es_addr locals[ES_LOCALS_MAX];
	uint32_t n_locals;
	bool host;
	const char *host_root;
	const char *host_interface;
	const char *host_timeline; /* NULL: measure */
	bool host_softphone;       /* measure the process that has the media's port */
	bool host_probes;          /* ask gateway and name servers */
	uint32_t host_period_up_ms;
	uint32_t host_period_idle_ms;
	struct es_capture_section captures[ES_CAPTURES_MAX];
	size_t n_captures;
};

enum { ES_COLLECTOR_PORT = 6100 };

/* Bits of es_option.reloads: the processes that put another value in force while they run. */
enum { ES_IN_SENSOR = 1, ES_IN_SHIPPER = 2, ES_IN_SUPERVISOR = 4 };

extern const struct es_option es_agent_options[];

/*
 * Reads and checks a file. *out given. ES_EIO, ES_EMALFORMED, ES_ENOMEM; error is "FILE:LINE:COLUMN:
 * what is wrong, expected ...".
 */
int es_agent_config_load(
    const char *path, char error[ES_OPTIONS_ERROR_MAX], struct es_agent_config **out);
/* Checks what was read; options is taken, also on failure. */
int es_agent_config_of(
    struct es_options *options, char error[ES_OPTIONS_ERROR_MAX], struct es_agent_config **out);
/* Reads a file and reports every fault. Returns how many there are. *out given without one, else NULL. */
unsigned es_agent_config_check(
    const char *path, const struct es_option_faults *faults, struct es_agent_config **out);
int es_agent_config_parse(const char *text, const char *shown_name,
    char error[ES_OPTIONS_ERROR_MAX], struct es_agent_config **out);
void es_agent_config_free(struct es_agent_config *c); /* NULL is fine */

/* Turns what was read into the sensor's view: its own user, and the shipper's as the other end of the hop. */
void es_agent_config_for_sensor(struct es_agent_config *c);

/* Every capture is a replay: the sensor ends by itself. */
bool es_agent_config_is_replay(const struct es_agent_config *c);

#endif
