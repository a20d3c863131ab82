/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's options, one row each. */
#include "agent/agent_config.h"
#include "runtime/log.h"
#include "runtime/sandbox.h"

static const char *const role_words[] = { "endpoint", "sbc", "gateway", "tap", NULL };
static const char *const receiver_words[] = { "learned", "fixed", "adaptive", NULL };

#define STR(n, f, h, e)                                                                  \
	{                                                                                \
		.name = n, .kind = ES_OPT_STRING, .fallback = f, .help = h, .example = e \
	}
#define STR_RELOADS(n, h, e)                                               \
	{                                                                  \
		.name = n, .kind = ES_OPT_STRING, .help = h, .example = e, \
		.reloads = ES_IN_SHIPPER                                   \
	}
#define NUM_RELOADS(n, k, f, lo, hi, h)                                               \
	{                                                                             \
		.name = n, .kind = k, .fallback = f, .min = lo, .max = hi, .help = h, \
		.reloads = ES_IN_SHIPPER                                              \
	}
#define YES(n, f, h)                                                     \
	{                                                                \
		.name = n, .kind = ES_OPT_BOOL, .fallback = f, .help = h \
	}
#define NUM(n, k, f, lo, hi, h)                                                      \
	{                                                                            \
		.name = n, .kind = k, .fallback = f, .min = lo, .max = hi, .help = h \
	}

static const struct es_option capture_options[] = {
	STR("interface", NULL, "Network interface to listen at; \"any\" is all of them.", "eth0"),
	{ .name = "replay",
	    .kind = ES_OPT_LIST,
	    .min = 1,
	    .max = 1000,
	    .help = "Capture files to replay, merged by time, in place of an interface.",
	    .example = "{\"a.pcap\", \"b.pcap.gz\"}" },
	{ .name = "role",
	    .kind = ES_OPT_ENUM,
	    .fallback = "endpoint",
	    .words = role_words,
	    .help = "What kind of machine this place is." },
	YES("promiscuous", "no", "Also listen to frames for other machines (mirror port)."),
	NUM("buffer-bytes", ES_OPT_BYTES, "4MiB", 64 << 10, 1 << 30,
	    "Size of the kernel's capture buffer; 16MiB or more where thousands of streams pass."),
	NUM("block-timeout", ES_OPT_DURATION, "200ms", 10, 2000,
	    "The kernel may hold packets so long before the sensor has them; longer wakes it less "
	    "often."),
	STR("speed", "0",
	    "Of a replay: 1.0 is the pace of the capture, 0 as fast as it can be read.", NULL),
	{ .name = NULL },
};

const struct es_option es_agent_options[] = {
	{ .name = "preset",
	    .kind = ES_OPT_ENUM,
	    .words = role_words,
	    .example = "sbc",
	    .help = "Other defaults for a kind of machine, of role, promiscuous, buffer-bytes, "
		    "block-timeout, max-streams, max-calls, cpu-budget, memory-budget, hop-memory, "
		    "spool-bytes, uplink-budget and host-period-up; what is given counts." },
	STR("state-dir", "/var/lib/earshot", "Directory of spool, keys and identity.", NULL),
	STR("run-dir", "/run/earshot", "Directory of the sockets.", NULL),
	STR("user", NULL, "User to become when started as root.", "earshot"),
	STR("group", NULL, "Group to become; the user's own where not given.", "earshot"),
	STR("sensor-user", NULL,
	    "User that the sensor becomes in place of user, and its group; the two accept each "
	    "other at the hop.",
	    "earshot-sensor"),
	{ .name = "sandbox",
	    .kind = ES_OPT_ENUM,
	    .fallback = "enforce",
	    .words = es_sandbox_words,
	    .help =
		"What a process does that calls the system for something its role does not need: "
		"it ends, or the kernel logs it, or nothing." },
	{ .name = "log-level",
	    .kind = ES_OPT_ENUM,
	    .fallback = "info",
	    .words = es_log_level_words,
	    .help = "Least severe lines to log.",
	    .reloads = ES_IN_SENSOR | ES_IN_SHIPPER | ES_IN_SUPERVISOR },
	STR_RELOADS("collector", "Where records go, host:port; without it they wait in the spool.",
	    "collector.example:6100"),
	STR_RELOADS("collector-name",
	    "Name the collector's certificate must bear; enrolment writes it to the state "
	    "directory.",
	    "collector.earshot"),
	STR("ca", NULL, "File with the collector's CA; ca.pem of the state directory.", NULL),
	STR("certificate", NULL, "File with our certificate; agent.pem of the state directory.",
	    NULL),
	STR("key", NULL, "File with our private key; agent.key of the state directory.", NULL),
	STR("tenant-key", NULL,
	    "File with the key of the pseudonyms; tenant.key of the state directory.", NULL),
	STR("country", NULL, "Calling code of numbers written without one.", "49"),
	STR("hop-socket", NULL, "Socket between sensor and shipper; hop of the run directory.",
	    NULL),
	STR("hop-user", NULL,
	    "User the other role runs as, where it is not the same; only it, root and our own user "
	    "may be at the other end of the hop.",
	    "earshot-sensor"),
	NUM("hop-memory", ES_OPT_BYTES, "4MiB", 64 << 10, 1 << 30,
	    "What the sensor holds of records the shipper has not yet stored."),
	NUM_RELOADS("spool-bytes", ES_OPT_BYTES, "64MiB", 4 << 20, INT64_C(4) << 30,
	    "Size of the spool; when it is full, the oldest records are dropped and reported as "
	    "lost."),
	NUM_RELOADS("spool-age", ES_OPT_DURATION, "7d", 60000, INT64_C(366) * 86400000,
	    "Age at which unsent records are dropped and reported as lost."),
	NUM_RELOADS("spool-free", ES_OPT_BYTES, "200MiB", 0, INT64_C(1) << 50,
	    "Space the spool leaves free on its file system."),
	NUM_RELOADS("uplink-budget", ES_OPT_BYTES, "0", 0, INT64_C(1) << 32,
	    "Bytes sent to the collector in a second, on average; the rest waits in the spool, and "
	    "leaves it in its order. 0: no limit."),
	{ .name = "capture",
	    .kind = ES_OPT_SECTION,
	    .min = 1,
	    .max = ES_CAPTURES_MAX,
	    .options = capture_options,
	    .required = true,
	    .help = "One place to listen at; its title is the label where there are several.",
	    .example = "default" },
	{ .name = "receiver",
	    .kind = ES_OPT_ENUM,
	    .fallback = "learned",
	    .words = receiver_words,
	    .help = "De-jitter buffer that is modelled; learned is adaptive until a phone reports "
		    "its own." },
	NUM("receiver-ms", ES_OPT_INT, "60", 1, 1000,
	    "Depth of a fixed de-jitter buffer in milliseconds."),
	YES("payload", "no",
	    "Allow looking into RTP payloads: what RED, RTX and FEC gave back of lost packets, "
	    "where senders paused."),
	YES("use-keys", "no",
	    "Hold the SRTP keys that SDP has in the clear, in memory only, to read SRTCP and to "
	    "check whether SRTP fits them; voice is never listened to."),
	STR("leg-header", NULL,
	    "SIP header whose value joins the legs of a call, like Session-ID, X-Call-ID and "
	    "others.",
	    "X-Correlation-ID"),
	{ .name = "local",
	    .kind = ES_OPT_LIST,
	    .min = 1,
	    .max = ES_LOCALS_MAX,
	    .help = "Addresses of this machine: streams sent from them are seen leaving.",
	    .example = "{10.0.0.1}" },
	NUM("max-streams", ES_OPT_INT, "4096", 16, 1 << 20, "RTP streams measured at a time."),
	NUM("max-calls", ES_OPT_INT, "2048", 16, 1 << 20, "Calls followed at a time."),
	NUM("cpu-budget", ES_OPT_INT, "100", 1, 100,
	    "What the sensor may use of one processor core, in percent: above it reports of RTCP "
	    "are left out, then SIP that is of no call, then new streams, each whole."),
	NUM("memory-budget", ES_OPT_BYTES, "0", 0, INT64_C(1) << 40,
	    "What the sensor may hold of streams and calls; near it as much is left out as for "
	    "cpu-budget, above it each new stream. 0: as much as max-streams and max-calls need."),
	YES("host", "yes", "Sample this machine's own health."),
	STR("host-root", "/", "Tree below which /proc and /sys are read.", NULL),
	STR("host-interface", NULL,
	    "Interface whose health counts; that of the default route where not given.", "wlan0"),
	STR("host-timeline", NULL,
	    "File of synthetic samples in place of this machine's, for demonstrations.",
	    "host.jsonl"),
	YES("host-softphone", "yes",
	    "Sample the process that has the media's port, if its files can be read; its name goes "
	    "to the collector."),
	YES("host-probes", "yes",
	    "Send echo requests to the gateway, one a second while a call is up, and queries to "
	    "the name servers."),
	NUM_RELOADS("host-period-up", ES_OPT_DURATION, "5s", 1000, 60000,
	    "Time between samples while a call is up."),
	NUM_RELOADS("host-period-idle", ES_OPT_DURATION, "60s", 10000, 3600000,
	    "Time between samples otherwise."),
	{ .name = NULL },
};
