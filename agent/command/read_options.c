/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the options of `earshot read` and `earshot live`. */
#include "agent/command/read_options.h"
#include "agent/capture/capture_filter.h"
#include "agent/command/agent_command.h"
#include "agent/record_csv.h"
#include "agent/record_json.h"
#include "probes/base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/*
 * The sanitizer marks every byte that is reserved, touched or not: with it, room for less. The tables reserve 8.5 GB;
 * with addresses of 32 bits a program has 2 to 4 GB.
 */
#if defined(__SANITIZE_ADDRESS__)
enum { ROOM_SHARE = 50 };
#elif SIZE_MAX == UINT32_MAX
enum { ROOM_SHARE = 16 };
#else
enum { ROOM_SHARE = 1 };
#endif

enum {
	/* Address space only: memory is touched as streams appear. */
	MAX_STREAMS = 1000000 / ROOM_SHARE,
	MAX_CALLS = 250000 / ROOM_SHARE,
	MAX_EXPECTED = 1000000 / ROOM_SHARE,
	MAX_TCP = 4096,
	MAX_REGISTRATIONS = 100000,
	RECEIVER_MS_MAX = 10000,
	SPEED_MAX = 1000,
};

/* What the engine emits; the other record types come from elsewhere. */
static const uint32_t known_records = 1u << ES_REC_STREAM | 1u << ES_REC_CALL |
				      1u << ES_REC_REGISTRATION | 1u << ES_REC_INTERVAL |
				      1u << ES_REC_REPORTED | 1u << ES_REC_HEALTH;

static int
take_records(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;
	es_slice rest = es_slice_str(value);
	uint32_t records = 0;

	do {
		enum es_record_type type = es_record_type_of(es_text_cut(&rest, ','));

		if (type == 0 || (known_records & 1u << type) == 0)
			return es_arguments_wrong(command, "--records", value,
			    "a comma-separated list of stream, call, registration, interval, "
			    "reported, health");
		records |= 1u << type;
	} while (rest.n > 0);
	o->records = records;
	return 0;
}

static int
take_receiver(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;
	static const char fixed[] = "fixed:";
	es_slice text = es_slice_str(value);
	uint32_t ms;

	if (es_text_is(text, "learned")) {
		o->receiver = ES_RECEIVER_LEARNED;
		return 0;
	}
	if (es_text_is(text, "adaptive")) {
		o->receiver = ES_RECEIVER_ADAPTIVE;
		return 0;
	}
	if (!es_text_begins(text, fixed) ||
	    es_text_u32(es_text_from(text, sizeof(fixed) - 1), RECEIVER_MS_MAX, &ms) != 0 ||
	    ms == 0)
		return es_arguments_wrong(
		    command, "--receiver", value, "learned, adaptive, or fixed:MS, 1 to 10000 ms");
	o->receiver = ES_RECEIVER_FIXED;
	o->receiver_ms = ms;
	return 0;
}

static int
take_filter(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;
	char error[ES_CAPTURE_ERROR_MAX];

	o->filter = value;
	if (es_capture_filter_check(value, error) == 0)
		return 0;
	fprintf(stderr, "%s: --filter: \"%s\": %s\n", command, value, error);
	return ES_EINVALID;
}

#define AT(member) ES_ARGUMENT_AT(struct es_read_options, member)

static const char *const record_words[] = { "stream", "call", "registration", "interval",
	"reported", "health", NULL };
static const char *const receiver_words[] = { "adaptive", "learned", "fixed:", NULL };

static const struct es_argument common_arguments[] = {
	{ .name = "json", .help = "One JSON object per line.", AT(json) },
	{ .name = "csv",
	    .help = "Comma-separated values, RFC 4180: one line per stream, call or block, the "
		    "same columns for all kinds, named as in JSON.",
	    AT(csv) },
	{ .name = "records",
	    .value = "LIST",
	    .help = "Kinds of records, of stream, call, registration, interval, reported, health; "
		    "default stream,call.",
	    .words = record_words,
	    .take = take_records },
	{ .name = "filter",
	    .value = "BPF",
	    .help = "Only packets that pass this expression of pcap-filter(7), as tcpdump takes "
		    "it. Mind that media, signalling and fragments must all pass.",
	    .take = take_filter },
	{ .name = "wide",
	    .help = "Names and addresses in tables are printed whole, however long the lines get.",
	    AT(wide) },
	{ .name = "receiver",
	    .value = "WHICH",
	    .help = "De-jitter buffer that decides what comes too late: adaptive, fixed:MS (1 to "
		    "10000), or learned (default): adaptive until the end that hears a stream "
		    "reports its own buffer.",
	    .words = receiver_words,
	    .take = take_receiver },
	{ .name = "use-payload",
	    .help = "Look into RTP payload for what RED, RTX and FEC recovered and where its "
		    "sender paused; scores are more accurate. Default is headers only.",
	    AT(use_payload) },
	ES_COMMAND_LEG_HEADER(struct es_read_options),
	{ .name = "use-keys",
	    .help = "Read SRTCP with the keys that SDP has in the clear, and check whether SRTP "
		    "fits them. Voice is never listened to.",
	    AT(use_keys) },
	ES_COMMAND_KEYLOG(struct es_read_options),
	{ .name = "help", .letter = 'h', .help = "This text.", AT(help) },
	{ .name = NULL, .more = es_version_argument },
};

static const char *const sort_words[] = { "start", "mos", "loss", "jitter", NULL };

static int
take_sort(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;

	for (int i = 0; sort_words[i] != NULL; i++) {
		if (strcmp(value, sort_words[i]) != 0)
			continue;
		o->wish.sort = (enum es_read_sort)i;
		return 0;
	}
	return es_arguments_wrong(command, "--sort", value, "start, mos, loss or jitter");
}

static int
take_worst(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;

	if (es_text_u32(es_slice_str(value), ES_WORST_MAX, &o->wish.worst) != 0 ||
	    o->wish.worst == 0)
		return es_arguments_wrong(
		    command, "--worst", value, "a number of streams, 1 to 1000000");
	return 0;
}

/* A text that every call contains would choose all of them: a variable of a script that is not set, say. */
static int
take_call(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;

	if (value[0] == '\0')
		return es_arguments_wrong(command, "--call", value, "a part of a Call-ID");
	o->wish.call = value;
	return 0;
}

static int
take_number(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;

	if (!es_read_wish_is_number(value))
		return es_arguments_wrong(command, "--number", value, "a part of a user or number");
	o->wish.number = value;
	return 0;
}

const struct es_argument es_read_arguments[] = {
	{ .name = "html",
	    .value = "FILE",
	    .kind = ES_ARGUMENT_FILE,
	    .help =
		"Also write a page to send: plots over call time, streams and SIP messages of the "
		"worst calls in one file that needs nothing from elsewhere. An older page is "
		"replaced, any other file is not.",
	    AT(html) },
	{ .name = "mask",
	    .help = "With --html: the page shows no user parts of parties, also where a Call-ID or "
		    "another name contains one, and no names of files.",
	    AT(mask) },
	{ .name = "call",
	    .value = "TEXT",
	    .help = "Only calls whose Call-ID contains TEXT, in upper or lower case, and their "
		    "streams.",
	    .take = take_call },
	{ .name = "number",
	    .value = "TEXT",
	    .help = "Only calls in which the user of From, To, P-Asserted-Identity, Diversion or "
		    "the Request-URI (the number dialled) contains TEXT, and their streams. "
		    "Hyphens, dots, parentheses and blanks of a "
		    "number do not count.",
	    .take = take_number },
	{ .name = "sort",
	    .value = "KEY",
	    .help = "Streams by start (default), or by mos, loss or jitter, the worst first; "
		    "calls by the worst of their streams.",
	    .words = sort_words,
	    .take = take_sort },
	{ .name = "worst",
	    .value = "N",
	    .help = "Only the N worst streams, by the key of --sort, by MOS where that is the "
		    "start; and their calls. A stream without that figure is left out.",
	    .take = take_worst },
	{ .name = NULL, .more = common_arguments },
};

/* Of live and of top. */
#define INTERFACE                                                                                \
	{                                                                                        \
		.name = "interface", .letter = 'i', .value = "IFACE", .kind = ES_ARGUMENT_IFACE, \
		.help = "Interface to listen on; any: all of them.", AT(iface)                   \
	}

const struct es_argument es_live_arguments[] = {
	INTERFACE,
	{ .name = "lines",
	    .help = "Print a table, on a terminal in place of the screen, elsewhere in place of "
		    "JSON: each stream and each call is a line once it is over.",
	    AT(lines) },
	{ .name = NULL, .more = common_arguments },
};

static int
take_speed(const char *command, const char *value, void *out)
{
	struct es_read_options *o = out;

	if (es_text_u32(es_slice_str(value), SPEED_MAX, &o->speed) != 0 || o->speed == 0)
		return es_arguments_wrong(command, "--speed", value, "a number, 1 to 1000");
	return 0;
}

const struct es_argument es_top_arguments[] = {
	INTERFACE,
	{ .name = "speed",
	    .value = "N",
	    .help = "Captures pass N times as fast as they were made; default 1.",
	    .take = take_speed },
	{ .name = NULL, .more = common_arguments },
};

int
es_read_options_parse(
    const struct es_argument *arguments, int argc, char **argv, struct es_read_options *out)
{
	struct es_read_options o = { .records = 1u << ES_REC_STREAM | 1u << ES_REC_CALL,
		.speed = 1 };
	int rc = es_arguments_parse(arguments, argc, argv, &o, &o.first_file);

	if (rc != 0)
		return rc;
	if (o.json + o.csv + o.lines > 1) {
		fprintf(stderr, "%s: --%s, --%s: expected one of the two\n", argv[0],
		    o.json ? "json" : "lines", o.csv ? "csv" : "lines");
		return ES_EINVALID;
	}
	if (o.csv && (o.records & ~ES_CSV_RECORDS) != 0) {
		fprintf(
		    stderr, "%s: --csv: expected stream, call or interval in --records\n", argv[0]);
		return ES_EINVALID;
	}
	if (o.mask && o.html == NULL) {
		fprintf(stderr,
		    "%s: --mask: expected --html, too; tables and JSON show who calls whom\n",
		    argv[0]);
		return ES_EINVALID;
	}
	*out = o;
	return 0;
}

enum es_output_format
es_read_options_format(const struct es_read_options *o)
{
	return o->json ? ES_OUTPUT_JSON : o->csv ? ES_OUTPUT_CSV : ES_OUTPUT_TABLE;
}

struct es_config
es_read_options_config(const struct es_read_options *o)
{
	struct es_config cfg = {
		.receiver = o->receiver,
		.receiver_ms = o->receiver_ms,
		.use_payload = o->use_payload,
		.max_streams = MAX_STREAMS,
		.max_calls = MAX_CALLS,
		.max_expected = MAX_EXPECTED,
		.max_tcp = MAX_TCP,
		.max_registrations = MAX_REGISTRATIONS,
		.key_header = es_slice_str(o->leg_header == NULL ? "" : o->leg_header),
	};

	/* Without a random key a crafted file could slow the tables down; figures stay the same. */
	if (getrandom(cfg.hash_key, sizeof(cfg.hash_key), GRND_NONBLOCK) < 0)
		fprintf(stderr, "earshot: note: the system gives no random numbers\n");
	return cfg;
}
