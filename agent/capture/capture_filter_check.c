/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which word of a filter is wrong, and what could stand there. libpcap says neither. But its scanner has a complaint of
 * its own about an address like 0::0::, and the first complaint counts: put behind the beginning of an expression, that
 * one means that the parser took all words before it.
 */
#include "agent/capture/capture_filter.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

enum { EXPRESSION_MAX = 4096 };

static const char mark[] = " 0::0::";
static const char *const blanks = " \t\r\n";

struct check {
	const char *expression;
	pcap_t *pcap;
	char at_mark[PCAP_ERRBUF_SIZE]; /* the complaint about the mark */
	char text[EXPRESSION_MAX + 64]; /* what is compiled now */
	char why[PCAP_ERRBUF_SIZE];     /* libpcap's last complaint, "" without one */
};

/* n bytes of the expression and what stands behind them. */
static bool
compiles(struct check *c, size_t n, const char *word, const char *end)
{
	struct bpf_program program;

	(void)snprintf(c->text, sizeof(c->text), "%.*s %s%s", (int)n, c->expression, word, end);
	c->why[0] = '\0';
	if (pcap_compile(c->pcap, &program, c->text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		pcap_freecode(&program);
		return true;
	}
	(void)snprintf(c->why, sizeof(c->why), "%s", pcap_geterr(c->pcap));
	return false;
}

static bool
is_reached(struct check *c, size_t n, const char *word)
{
	return !compiles(c, n, word, mark) && strcmp(c->why, c->at_mark) == 0;
}

/* Bytes of the word that text begins with. */
static size_t
word_bytes(const char *text)
{
	size_t n = strcspn(text, " \t\r\n()!&|");

	return n > 0 ? n : 1;
}

/* Those of some words that may stand behind n bytes, in out. */
static void
list_expected(struct check *c, size_t n, char *out, size_t room)
{
	static const struct {
		const char *word, *name;
	} words[] = { { "5060", "a number" }, { "192.0.2.1", "an address" },
		{ "192.0.2.0/24", "a network" }, { "and", "and" }, { "or", "or" }, { ")", ")" },
		{ "]", "]" }, { "(", "(" }, { "not", "not" }, { "host", "host" }, { "net", "net" },
		{ "port", "port" }, { "portrange", "portrange" }, { "udp", "udp" },
		{ "tcp", "tcp" }, { "src", "src" }, { "dst", "dst" } };
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && at < room; i++)
		if (is_reached(c, n, words[i].word))
			at += (size_t)snprintf(
			    out + at, room - at, "%s%s", at > 0 ? ", " : "", words[i].name);
	if (at == 0)
		(void)snprintf(out, room, "another word");
}

/* "at character 5, "prot": expected ..": why is the complaint about all of it. */
static void
say(struct check *c, const char *why, char error[ES_CAPTURE_ERROR_MAX])
{
	bool is_syntax = strstr(why, "syntax error") != NULL;
	const char *at = c->expression + strspn(c->expression, blanks);
	size_t n_before = 0, n_word = 0;
	char expected[200] = "";

	for (; *at != '\0'; at += n_word, at += strspn(at, blanks)) {
		size_t n_past;

		n_word = word_bytes(at);
		n_past = (size_t)(at - c->expression) + n_word;
		if (is_syntax ? !is_reached(c, n_past, "")
			      : !compiles(c, n_past, "", "") && strcmp(c->why, why) == 0)
			break;
		n_before = n_past;
	}
	if (is_syntax)
		list_expected(c, n_before, expected, sizeof(expected));
	if (*at == '\0')
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "at its end");
	else
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "at character %zu, \"%.*s\"",
		    (size_t)(at - c->expression) + 1, n_word > 60 ? 60 : (int)n_word, at);
	n_word = strlen(error);
	(void)snprintf(error + n_word, ES_CAPTURE_ERROR_MAX - n_word,
	    is_syntax ? ": expected %.200s; see pcap-filter(7)" : ": %.200s; see pcap-filter(7)",
	    is_syntax ? expected : why);
}

int
es_capture_filter_check(const char *expression, char error[ES_CAPTURE_ERROR_MAX])
{
	static const int links[] = { DLT_EN10MB, DLT_LINUX_SLL2, DLT_RAW, DLT_IEEE802_11_RADIO,
		DLT_PPP };
	struct check c = { .expression = expression };
	char why[PCAP_ERRBUF_SIZE] = "out of memory";

	if (strlen(expression) > EXPRESSION_MAX) {
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "expected at most %d characters",
		    (int)EXPRESSION_MAX);
		return ES_EINVALID;
	}
	/* From the last to the first: the complaint is about Ethernet. */
	for (size_t i = sizeof(links) / sizeof(links[0]); i-- > 0;) {
		if (c.pcap != NULL)
			pcap_close(c.pcap);
		c.pcap = pcap_open_dead(links[i], 65535);
		if (c.pcap == NULL)
			break;
		if (compiles(&c, strlen(expression), "", "")) {
			pcap_close(c.pcap);
			return 0;
		}
		memcpy(why, c.why, sizeof(why));
	}
	if (c.pcap == NULL) {
		(void)snprintf(error, ES_CAPTURE_ERROR_MAX, "%.200s", why);
		return ES_EINVALID;
	}
	(void)compiles(&c, 0, "", mark);
	memcpy(c.at_mark, c.why, sizeof(c.at_mark));
	say(&c, why, error);
	pcap_close(c.pcap);
	return ES_EINVALID;
}
