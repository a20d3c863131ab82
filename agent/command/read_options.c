/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the options of `earshot read` and `earshot live`. */
#include "agent/command/read_options.h"
#include "agent/record_json.h"
#include "probes/base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/random.h>

/* The sanitizer marks every byte that is reserved, touched or not: with it, room for less. */
#ifdef __SANITIZE_ADDRESS__
enum { ROOM_SHARE = 50 };
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
};

enum option_code {
	OPT_JSON = 256,
	OPT_RECORDS,
	OPT_RECEIVER,
	OPT_USE_PAYLOAD,
	OPT_LEG_HEADER,
	OPT_USE_KEYS,
	OPT_KEYLOG,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "records", required_argument, NULL, OPT_RECORDS },
	{ "receiver", required_argument, NULL, OPT_RECEIVER },
	{ "use-payload", no_argument, NULL, OPT_USE_PAYLOAD },
	{ "leg-header", required_argument, NULL, OPT_LEG_HEADER },
	{ "use-keys", no_argument, NULL, OPT_USE_KEYS },
	{ "keylog", required_argument, NULL, OPT_KEYLOG },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* What the engine emits; the other record types come from elsewhere. */
static const uint32_t known_records = 1u << ES_REC_STREAM | 1u << ES_REC_CALL |
				      1u << ES_REC_REGISTRATION | 1u << ES_REC_INTERVAL |
				      1u << ES_REC_REPORTED | 1u << ES_REC_HEALTH;

const char *
es_read_options_help(void)
{
	return "  --json             one JSON object per line\n"
	       "  --records LIST     of stream, call, registration, interval, reported, health;\n"
	       "                     default stream,call\n"
	       "  --receiver WHICH   de-jitter buffer that decides what comes too late:\n"
	       "                     adaptive, fixed:MS, or learned (default): adaptive until\n"
	       "                     the end that hears a stream reports its own buffer\n"
	       "  --use-payload      look into RTP payload for what RED, RTX and FEC recovered\n"
	       "                     and where its sender paused; default is headers only\n"
	       "  --leg-header NAME  SIP header whose value joins the legs of a call, like\n"
	       "                     Call-ID, Session-ID, X-Call-ID, ICID and User-to-User\n"
	       "  --use-keys         read SRTCP with the keys that SDP has in the clear, and\n"
	       "                     check whether SRTP fits them; voice is never listened to\n"
	       "  --keylog FILE      read SIP in TLS 1.2 and 1.3 with the keys in FILE, as "
	       "browsers,\n"
	       "                     OpenSSL and SIP servers write it (SSLKEYLOGFILE)\n"
	       "  --help             this text\n";
}

static int
wrong(const char *command, const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "%s: %s: \"%s\": expected %s\n", command, option, value, expected);
	return ES_EINVALID;
}

static int
parse_records(const char *command, const char *value, uint32_t *out)
{
	es_slice rest = es_slice_str(value);
	uint32_t records = 0;

	do {
		enum es_record_type type = es_record_type_of(es_text_cut(&rest, ','));

		if (type == 0 || (known_records & 1u << type) == 0)
			return wrong(command, "--records", value,
			    "a comma-separated list of stream, call, registration, interval, "
			    "reported, health");
		records |= 1u << type;
	} while (rest.n > 0);
	*out = records;
	return 0;
}

static int
parse_receiver(const char *command, const char *value, struct es_read_options *o)
{
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
		return wrong(
		    command, "--receiver", value, "learned, adaptive, or fixed:MS, 1 to 10000 ms");
	o->receiver = ES_RECEIVER_FIXED;
	o->receiver_ms = ms;
	return 0;
}

int
es_read_options_parse(int argc, char **argv, bool live, struct es_read_options *out)
{
	struct es_read_options o = { .records = 1u << ES_REC_STREAM | 1u << ES_REC_CALL };
	int code, rc = 0;

	optind = 1;
	while (rc == 0 &&
	       (code = getopt_long(argc, argv, live ? "i:" : "", long_options, NULL)) != -1) {
		switch (code) {
		case 'i':
			o.iface = optarg;
			break;
		case OPT_JSON:
			o.json = true;
			break;
		case OPT_RECORDS:
			rc = parse_records(argv[0], optarg, &o.records);
			break;
		case OPT_RECEIVER:
			rc = parse_receiver(argv[0], optarg, &o);
			break;
		case OPT_USE_PAYLOAD:
			o.use_payload = true;
			break;
		case OPT_LEG_HEADER:
			o.leg_header = es_slice_str(optarg);
			break;
		case OPT_USE_KEYS:
			o.use_keys = true;
			break;
		case OPT_KEYLOG:
			o.keylog = optarg;
			break;
		case OPT_HELP:
			o.help = true;
			break;
		default:
			rc = ES_EINVALID; /* getopt_long printed the reason */
		}
	}
	o.first_file = optind;
	if (rc == 0)
		*out = o;
	return rc;
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
		.key_header = o->leg_header,
	};

	/* Without a random key a crafted file could slow the tables down; figures stay the same. */
	if (getrandom(cfg.hash_key, sizeof(cfg.hash_key), GRND_NONBLOCK) < 0)
		fprintf(stderr, "earshot: note: the system gives no random numbers\n");
	return cfg;
}
