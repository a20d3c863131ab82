/* SPDX-License-Identifier: Apache-2.0 */
/* What the columns of the tables are. */
#include "agent/output/read_columns.h"

#include "agent/output/read_table.h"

#include <string.h>

struct column {
	enum es_record_type type;
	const char *name; /* as the table's head has it */
	const char *help; /* at most 78 bytes, a line of the manual page, without a full stop */
};

static const struct column columns[] = {
	{ ES_REC_STREAM, "from -> to", "address and port of sender and receiver" },
	{ ES_REC_STREAM, "ssrc", "synchronization source of RFC 3550, hexadecimal" },
	{ ES_REC_STREAM, "codec", "RTP payload format, by SDP or its static number" },
	{ ES_REC_STREAM, "packets", "packets received" },
	{ ES_REC_STREAM, "lost%", "packets lost, percent of those expected" },
	{ ES_REC_STREAM, "jitter", "mean interarrival jitter of RFC 3550, ms" },
	{ ES_REC_STREAM, "R", "E-model rating of listening, at best 93.2 in narrowband" },
	{ ES_REC_STREAM, "MOS", "listening quality by R, at best 4.41 in narrowband" },
	{ ES_REC_STREAM, "worst", "MOS of the worst block" },
	{ ES_REC_STREAM, "(second line)",
	    "start (UTC); loss and MOS over time, or why there is no MOS; Call-ID" },
	{ ES_REC_CALL, "start", "time of the first INVITE, UTC" },
	{ ES_REC_CALL, "from -> to", "users and hosts of From and To" },
	{ ES_REC_CALL, "state", "up, completed, failed, cancelled or unknown" },
	{ ES_REC_CALL, "code", "final SIP status" },
	{ ES_REC_CALL, "setup", "time from INVITE to answer, s" },
	{ ES_REC_CALL, "time", "time from answer to BYE, s" },
	{ ES_REC_CALL, "ended", "who sent BYE: caller or callee" },
	{ ES_REC_CALL, "codecs", "those that were agreed on" },
	{ ES_REC_CALL, "(second line)", "Call-ID" },
	{ ES_REC_REGISTRATION, "from -> to", "address and port of phone and registrar" },
	{ ES_REC_REGISTRATION, "address", "address of record" },
	{ ES_REC_REGISTRATION, "state", "active, failed, removed or unknown" },
	{ ES_REC_REGISTRATION, "code", "final SIP status" },
	{ ES_REC_REGISTRATION, "delay", "time from REGISTER to its answer, ms" },
	{ ES_REC_REGISTRATION, "expires", "lifetime, s" },
	{ ES_REC_INTERVAL, "time", "time of the first packet, UTC" },
	{ ES_REC_INTERVAL, "ssrc", "synchronization source of the stream, hexadecimal" },
	{ ES_REC_INTERVAL, "block", "number of the block in its stream" },
	{ ES_REC_INTERVAL, "exp", "packets expected" },
	{ ES_REC_INTERVAL, "lost", "packets lost" },
	{ ES_REC_INTERVAL, "late", "packets too late for the de-jitter buffer" },
	{ ES_REC_INTERVAL, "jitter", "interarrival jitter at the end of the block, ms" },
	{ ES_REC_INTERVAL, "R", "E-model rating of listening" },
	{ ES_REC_INTERVAL, "MOS", "listening quality by R" },
	{ ES_REC_INTERVAL, "from -> to", "address and port of sender and receiver" },
	{ ES_REC_REPORTED, "time", "time of the report, UTC" },
	{ ES_REC_REPORTED, "about", "SSRC that is reported on, hexadecimal" },
	{ ES_REC_REPORTED, "lost%", "packets lost since the report before, percent" },
	{ ES_REC_REPORTED, "lost", "packets lost since the stream began" },
	{ ES_REC_REPORTED, "jitter", "interarrival jitter at the receiver, ms" },
	{ ES_REC_REPORTED, "rtt", "round trip, ms" },
	{ ES_REC_REPORTED, "from -> to", "address and port of who reports, and to whom" },
};

enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]), WIDTH = 79, INDENT = 19 };

static bool
begins_table(size_t i)
{
	return i == 0 || columns[i].type != columns[i - 1].type;
}

static void
wrap(const char *text, FILE *to)
{
	int at = INDENT;

	while (*text != '\0') {
		int n = (int)strcspn(text, " ");

		if (at > INDENT && at + 1 + n > WIDTH) {
			fprintf(to, "\n%*s", INDENT, "");
			at = INDENT;
		}
		at += fprintf(to, "%s%.*s", at > INDENT ? " " : "", n, text);
		text += n + (text[n] == ' ');
	}
	fputc('\n', to);
}

void
es_read_columns_help(FILE *to)
{
	fputs("\nColumns of the tables. - is a value not known, ? in a name a character that no\n"
	      "terminal should get, ~ at its end where it was cut; --wide shows all of it.\n",
	    to);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		if (begins_table(i))
			fprintf(to, "  %s\n", es_read_table_title(columns[i].type));
		fprintf(to, "    %-*s", INDENT - 4, columns[i].name);
		wrap(columns[i].help, to);
	}
}

void
es_read_columns_man(FILE *to)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		const char *name = columns[i].name, *arrow = strstr(name, "->");

		if (begins_table(i))
			fprintf(to, "%s.Ss Table of %s\n.Bl -tag -width Ds\n",
			    i == 0 ? "" : ".El\n", es_read_table_title(columns[i].type));
		fprintf(to, ".It Li \"%.*s%s%s\"\n",
		    arrow == NULL ? (int)strlen(name) : (int)(arrow - name), name,
		    arrow == NULL ? "" : "\\-", arrow == NULL ? "" : arrow + 1);
		fprintf(to, "%s.\n", columns[i].help);
	}
	fputs(".El\n", to);
}
