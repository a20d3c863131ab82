/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `earshot enroll`: makes a key, shows the token to a collector whose CA the token pins, and keeps
 * what comes back. The token is read from a file and is never in an argument or a log.
 */
#include "agent/command/enroll_command.h"

#include "agent/agent_config.h"
#include "agent/shipper/credential.h"
#include "proto/envelope.h"
#include "runtime/crypto/tls.h"
#include "runtime/crypto/token.h"
#include "runtime/file.h"
#include "runtime/host_port.h"
#include "runtime/loop/dial.h"
#include "runtime/rights.h"
#include "runtime/text/shell_word.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATE_DIR "/var/lib/earshot"

enum {
	ENROLL_PORT = 6101,
	DEADLINE_MS = 30000,
	PATH_ROOM = 512,
	FRAME_ROOM = 64 << 10,
};

struct enrolment {
	const char *collector;
	const char *token_file;
	const char *state_dir;
	bool help;
	char host[ES_HOST_MAX];
	uint16_t port;
	struct es_token token;
	struct es_pki_key *key;
	struct es_loop *loop;
	struct es_tls *tls;
	struct es_tls_conn *conn;
	struct es_dial *dial;
	struct es_timer *deadline;
	struct es_frame_reader frames;
	struct es_alloc alloc;
	bool done;
	bool failed;
	uint8_t frame[FRAME_ROOM];
	uint8_t arena[ES_ALLOC_BYTES];
};

#define AT(member) ES_ARGUMENT_AT(struct enrolment, member)

static const struct es_argument arguments[] = {
	{ .name = "collector",
	    .value = "HOST:PORT",
	    .help = "The collector's enrolment port, 6101 unless given.",
	    AT(collector) },
	{ .name = "token-file",
	    .value = "FILE",
	    .kind = ES_ARGUMENT_FILE,
	    .help = "Token of the collector; FILE is removed. - is standard input.",
	    AT(token_file) },
	{ .name = "state-dir",
	    .value = "DIR",
	    .kind = ES_ARGUMENT_DIR,
	    .help = "Where certificate, CA and tenant key are written, " STATE_DIR " unless "
		    "given.",
	    AT(state_dir) },
	{ .name = "help", .letter = 'h', .help = "This text.", AT(help) },
	{ .name = NULL, .more = es_version_argument },
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot enroll --collector HOST:PORT --token-file FILE [--state-dir DIR]\n"
	    "Makes this machine an agent of the collector: a key is made here, and the token\n"
	    "is shown to the collector.\n");
	es_arguments_help(arguments, to);
}

static void
fail(struct enrolment *e, const char *what, const char *why)
{
	if (!e->failed && !e->done)
		fprintf(stderr, "earshot enroll: %s: %s\n", what, why);
	e->failed = true;
	if (e->loop != NULL)
		es_loop_stop(e->loop);
}

/* What enrolment leaves, in the order in which it is put in place: agent.pem makes the agent one. */
static const char *const state_files[] = { "ca.pem", "tenant.key", "collector-name", "agent.key",
	"agent.pem" };
enum { STATE_FILES = sizeof(state_files) / sizeof(state_files[0]) };

static const char *
path_in(const struct enrolment *e, const char *name, char out[PATH_ROOM])
{
	/* prepare() has refused a directory that is longer */
	(void)snprintf(out, PATH_ROOM, "%s/%s", e->state_dir, name);
	return out;
}

/* What was left of a renewal, of a certificate that the collector does not know us by any more. */
static void
discard_renewal(const struct enrolment *e)
{
	char ca[PATH_ROOM], cert[PATH_ROOM], key[PATH_ROOM];
	const struct es_credential old = { path_in(e, "ca.pem", ca), path_in(e, "agent.pem", cert),
		path_in(e, "agent.key", key) };

	es_credential_discard(&old);
}

/* All of it under temporary names first: a disk that fills up must not leave a new key to an old pair. */
static int
write_state(const struct enrolment *e, const struct es_enroll_reply *r, es_slice tenant_hex)
{
	char path[PATH_ROOM];
	int err = es_file_stage(path_in(e, "ca.pem", path), r->ca_pem, 0644);
	size_t i;

	if (err == 0)
		err = es_file_stage(path_in(e, "tenant.key", path), tenant_hex, 0600);
	if (err == 0)
		err = es_file_stage(path_in(e, "collector-name", path), r->collector_name, 0644);
	if (err == 0)
		err = es_pki_key_stage(e->key, path_in(e, "agent.key", path));
	if (err == 0)
		err = es_file_stage(path_in(e, "agent.pem", path), r->certificate_pem, 0644);
	if (err == 0)
		discard_renewal(e);
	for (i = 0; err == 0 && i < STATE_FILES; i++)
		err = es_file_commit(path_in(e, state_files[i], path));
	for (i = 0; err != 0 && i < STATE_FILES; i++)
		es_file_discard(path_in(e, state_files[i], path));
	return err;
}

/* What is wrong with the reply, or NULL. Its sender was checked against the token's pin. */
static const char *
check_reply(const struct es_enroll_reply *r, char *pem)
{
	struct es_pki_cert cert;

	if (r->tenant_key.n != ES_KEY_BYTES)
		return "the tenant key is not 32 bytes";
	if (r->ca_pem.n == 0 || r->ca_pem.n >= ES_PKI_CHAIN_MAX || r->certificate_pem.n == 0 ||
	    r->certificate_pem.n >= ES_PKI_CHAIN_MAX)
		return "a certificate is missing or too long";
	memcpy(pem, r->ca_pem.p, r->ca_pem.n);
	pem[r->ca_pem.n] = '\0';
	if (es_pki_read_cert(pem, &cert) != 0 || !cert.is_ca)
		return "its CA is not a CA certificate";
	memcpy(pem, r->certificate_pem.p, r->certificate_pem.n);
	pem[r->certificate_pem.n] = '\0';
	if (es_pki_read_cert(pem, &cert) != 0 || cert.is_ca)
		return "our certificate is damaged or that of a CA";
	if (r->collector_name.n == 0 || r->collector_name.n >= ES_PKI_NAME_MAX)
		return "the collector's name is missing";
	return NULL;
}

/* A line of the configuration as a word of the shell. */
static void __attribute__((format(printf, 1, 2))) say_line(const char *fmt, ...)
{
	char line[PATH_ROOM + 64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	putchar(' ');
	es_shell_word(line, stdout);
}

/* As sd_booted(3); the units may write into the state directory of packages alone. */
static bool
is_run_by_systemd(const struct enrolment *e)
{
	return strcmp(e->state_dir, STATE_DIR) == 0 && access("/run/systemd/system", F_OK) == 0;
}

/* One line that can be copied: a file with what this machine and its collector need, unless there is one. */
static void
say_next(const struct enrolment *e)
{
	bool is_ipv6 = strchr(e->host, ':') != NULL;

	printf("next: ");
	if (access(ES_CONFIG_FILE_DEFAULT, F_OK) != 0) {
		printf("mkdir -p %.*s && printf '%%s\\n'",
		    (int)(strrchr(ES_CONFIG_FILE_DEFAULT, '/') - ES_CONFIG_FILE_DEFAULT),
		    ES_CONFIG_FILE_DEFAULT);
		if (strcmp(e->state_dir, STATE_DIR) != 0)
			say_line("state-dir = \"%s\"", e->state_dir);
		say_line("collector = %s%s%s:%d", is_ipv6 ? "[" : "", e->host, is_ipv6 ? "]" : "",
		    ES_COLLECTOR_PORT);
		say_line("capture \"default\" { interface = any }");
		printf(" >%s && ", ES_CONFIG_FILE_DEFAULT);
	}
	printf("earshot check-config %s && %s\n", ES_CONFIG_FILE_DEFAULT,
	    is_run_by_systemd(e) ? "systemctl start earshot.target" : "earshotd --supervise");
}

static void
keep_reply(struct enrolment *e, const struct es_enroll_reply *r)
{
	char pem[ES_PKI_CHAIN_MAX], hex[2 * ES_KEY_BYTES + 1];
	const char *wrong = check_reply(r, pem);
	int err;

	if (wrong != NULL) {
		fail(e, "the collector's reply cannot be used", wrong);
		return;
	}
	es_hex_text(r->tenant_key.p, ES_KEY_BYTES, hex);
	err = write_state(e, r, es_slice_str(hex));
	es_secret_zero(hex, sizeof(hex));
	if (err != 0) {
		fail(e, e->state_dir, strerror(errno));
		return;
	}
	e->done = true;
	printf("enrolled as %.*s (%.*s) at collector %.*s; state in %s\n", (int)r->display_name.n,
	    (const char *)r->display_name.p, (int)r->name.n, (const char *)r->name.p,
	    (int)r->collector_name.n, (const char *)r->collector_name.p, e->state_dir);
	say_next(e);
	es_loop_stop(e->loop);
}

static void
on_ready(void *ctx)
{
	struct enrolment *e = ctx;
	struct es_envelope env;
	uint8_t csr[ES_PKI_DER_MAX];
	char host[256] = "";
	int n = es_pki_make_csr(e->key, csr);

	if (n <= 0) {
		fail(e, "certificate request", "it cannot be made");
		return;
	}
	(void)gethostname(host, sizeof(host) - 1); /* for people only; empty will do */
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ENROLL_REQUEST;
	env.u.enroll_request.token_secret = es_slice_of(e->token.secret, ES_TOKEN_SECRET_BYTES);
	env.u.enroll_request.csr_der = es_slice_of(csr, (size_t)n);
	env.u.enroll_request.hostname = es_slice_str(host);
	env.u.enroll_request.agent_version = es_slice_str(EARSHOT_VERSION);
	n = es_envelope_encode(&env, e->frame, sizeof(e->frame));
	if (n <= 0 || es_tls_conn_send(e->conn, es_slice_of(e->frame, (size_t)n)) != 0)
		fail(e, e->collector, "the request cannot be sent");
	es_secret_zero(e->frame, sizeof(e->frame));
}

static void
take_frame(struct enrolment *e, es_slice frame)
{
	struct es_envelope env;
	char why[ES_REASON_MAX + 64];

	es_alloc_reset(&e->alloc);
	if (es_envelope_decode(frame, &e->alloc, &env) != 0) {
		fail(e, e->collector, "the answer is malformed");
	} else if (env.type == ES_ENV_ENROLL_REPLY) {
		keep_reply(e, &env.u.enroll_reply);
	} else if (env.type == ES_ENV_NACK) {
		snprintf(why, sizeof(why), "refused: %s: %.*s", es_nack_text(env.u.nack.code),
		    (int)(env.u.nack.reason.n < ES_REASON_MAX ? env.u.nack.reason.n
							      : ES_REASON_MAX),
		    (const char *)env.u.nack.reason.p);
		fail(e, e->collector, why);
	}
}

static void
on_read(void *ctx, es_slice bytes)
{
	struct enrolment *e = ctx;
	es_slice frame;
	int err = ES_ESHORT;

	es_frame_feed(&e->frames, bytes);
	while (!e->done && !e->failed && (err = es_frame_next(&e->frames, &frame)) == 0)
		take_frame(e, frame);
	if (!e->done && !e->failed && err != ES_ESHORT)
		fail(e, e->collector, "the answer is no frame");
}

static void
on_closed(void *ctx, enum es_tls_end end, const char *reason)
{
	struct enrolment *e = ctx;

	(void)end; /* each has a reason of its own */
	fail(e, e->collector, reason);
}

static void
on_dialed(void *ctx, int err, int fd, const char *reason)
{
	static const struct es_tls_events events = { on_ready, on_read, NULL, on_closed };
	struct enrolment *e = ctx;

	e->dial = NULL;
	if (err != 0)
		fail(e, e->collector, reason);
	else if (es_tls_conn_new(e->tls, e->loop, fd, &events, e, &e->conn) != 0)
		fail(e, e->collector, "TLS cannot begin");
}

static void
on_deadline(void *ctx)
{
	struct enrolment *e = ctx;

	fail(e, e->collector, "no answer within 30 s");
}

/* From the file or standard input; others must not be able to read the file. */
static int
read_token(struct enrolment *e)
{
	char text[512];
	ssize_t n, got = 0;
	struct stat st;
	int fd = strcmp(e->token_file, "-") == 0
		     ? dup(STDIN_FILENO)
		     : open(e->token_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int err;

	if (fd < 0) {
		fail(e, e->token_file, strerror(errno));
		return ES_EIO;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		fprintf(stderr,
		    "earshot enroll: %s: others may read this token and enrol in your place: "
		    "chmod 600 %s\n",
		    e->token_file, e->token_file);
	while ((n = read(fd, text + got, sizeof(text) - (size_t)got)) > 0)
		got += n;
	close(fd);
	err = es_token_parse(es_slice_of(text, (size_t)got), &e->token);
	es_secret_zero(text, sizeof(text));
	if (err != 0)
		fail(e, e->token_file, "no enrolment token, expected one line earshot1.SECRET.PIN");
	return err;
}

static int
prepare(struct enrolment *e)
{
	struct es_tls_config tls = { .side = ES_TLS_ENROLL_CLIENT, .ca_pin = e->token.ca_pin };
	char error[ES_TLS_REASON_MAX] = "out of memory";

	if (es_host_port_parse(e->collector, ENROLL_PORT, e->host, &e->port) != 0) {
		fail(e, e->collector, "expected HOST:PORT");
		return ES_EMALFORMED;
	}
	if (strlen(e->state_dir) > PATH_ROOM - sizeof("/collector-name")) {
		fail(e, "state directory", "its name is too long");
		return ES_EINVALID;
	}
	if (read_token(e) != 0)
		return ES_EMALFORMED;
	if (es_rights_drop_to_owner(e->state_dir, error, sizeof(error)) != 0 ||
	    es_trust_make_dir(e->state_dir, 0, error) != 0) {
		fail(e, "state directory", error);
		return ES_EIO;
	}
	if (es_pki_key_new(&e->key) != 0 || es_loop_new(&e->loop) != 0 ||
	    es_timer_new(e->loop, on_deadline, e, &e->deadline) != 0) {
		fail(e, "start", "no memory or randomness");
		return ES_ENOMEM;
	}
	es_frame_reader_init(&e->frames, FRAME_ROOM);
	es_alloc_init(&e->alloc, e->arena, sizeof(e->arena));
	if (es_tls_new(&tls, error, &e->tls) != 0) {
		fail(e, "TLS", error);
		return ES_EIO;
	}
	return 0;
}

static void
enroll(struct enrolment *e)
{
	if (prepare(e) != 0)
		return;
	if (es_timer_arm(e->deadline, DEADLINE_MS) != 0 ||
	    es_dial_start(e->loop, e->host, e->port, DEADLINE_MS, on_dialed, e, &e->dial) != 0) {
		fail(e, e->collector, "no descriptor to connect");
		return;
	}
	(void)es_loop_run(e->loop); /* the callbacks have set the result */
}

static void
clean(struct enrolment *e)
{
	es_dial_cancel(e->dial);
	es_tls_conn_free(e->conn);
	es_tls_free(e->tls);
	es_timer_free(e->deadline);
	es_frame_reader_done(&e->frames);
	if (e->loop != NULL)
		es_loop_free(e->loop);
	es_pki_key_free(e->key);
	es_secret_zero(&e->token, sizeof(e->token));
	es_secret_zero(e->arena, sizeof(e->arena));
}

static void
remove_token(const struct enrolment *e)
{
	if (strcmp(e->token_file, "-") != 0 && unlink(e->token_file) != 0)
		fprintf(stderr, "earshot enroll: %s: cannot be removed: %s\n", e->token_file,
		    strerror(errno));
}

/* Root does not write into a directory of the service's user: a child does, as that user. */
static bool
enroll_as_owner(struct enrolment *e)
{
	int status = -1;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child < 0) {
		fail(e, "fork", strerror(errno));
		return false;
	}
	if (child == 0) {
		enroll(e);
		(void)fflush(stdout);
		_exit(e->done ? ES_EXIT_OK : ES_EXIT_BAD);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) && WEXITSTATUS(status) == ES_EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct enrolment *e = calloc(1, sizeof(*e));
	int operand, status;

	if (e == NULL)
		return ES_EXIT_BAD;
	e->state_dir = STATE_DIR;
	if (es_arguments_parse(arguments, argc, argv, e, &operand) != 0) {
		status = ES_EXIT_USAGE;
	} else if (e->help) {
		usage(stdout);
		status = ES_EXIT_OK;
	} else if (operand != argc || e->collector == NULL || e->token_file == NULL) {
		(void)es_arguments_expected(
		    "earshot enroll", "--collector HOST:PORT and --token-file FILE");
		status = ES_EXIT_USAGE;
	} else {
		if (es_rights_is_of_another(e->state_dir))
			e->done = enroll_as_owner(e);
		else
			enroll(e);
		if (e->done)
			remove_token(e);
		status = e->done ? ES_EXIT_OK : ES_EXIT_BAD;
		clean(e);
	}
	free(e);
	return status;
}

const struct es_agent_command es_enroll_command = {
	.name = "enroll",
	.args = "--collector HOST:PORT --token-file FILE [--state-dir DIR]",
	.help = "make this machine an agent of a collector",
	.run = run,
	.arguments = arguments,
};
