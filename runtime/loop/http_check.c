/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are refused before anybody answers them. */
#include "runtime/loop/http_check.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

void
es_http_scan(struct es_http_scan *scan, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		scan->has_nul |= bytes[i] == '\0';
		scan->has_fold |= scan->last == '\n' && (bytes[i] == ' ' || bytes[i] == '\t');
		scan->last = bytes[i];
	}
}

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The target as it came: each % begins two hex digits, and what is written is no control character. */
static bool
is_target(const char *at)
{
	if (at[0] == '/' && at[1] == '/')
		return false; /* a path, or a server's name without its scheme */
	for (; *at != '\0'; at++) {
		if ((uint8_t)*at <= ' ' || (uint8_t)*at == 0x7f)
			return false;
		if (*at != '%')
			continue;
		if (hex_of(at[1]) < 0 || hex_of(at[2]) < 0)
			return false;
		if (at[1] == '0' && at[2] == '0')
			return false; /* %00: the path would end there */
	}
	return true;
}

/* RFC 9110 section 5.6.2 */
static bool
is_token(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

static bool
is_value(const char *at)
{
	for (; *at != '\0'; at++)
		if (((uint8_t)*at < ' ' && *at != '\t') || (uint8_t)*at == 0x7f)
			return false;
	return true;
}

/* A length: digits, and not more than any body may have. */
static bool
is_length(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= 12 && strspn(text, "0123456789") == n;
}

static bool
is_nothing(const char *length)
{
	return length == NULL || length[strspn(length, "0")] == '\0';
}

const char *
es_http_refusal(struct evhttp_request *req, const struct es_http_scan *scan)
{
	const char *target = evhttp_request_get_uri(req);
	const char *host = NULL, *length = NULL, *coding = NULL;
	enum evhttp_cmd_type method = evhttp_request_get_command(req);
	bool has_body = method == EVHTTP_REQ_POST || method == EVHTTP_REQ_PUT;
	const struct evkeyval *h;

	if (target == NULL || !is_target(target))
		return "the target begins with //, or has a bad percent escape, %00 or a control "
		       "character";
	if (scan != NULL && scan->has_nul && !has_body)
		return "the request has a NUL in it";
	if (scan != NULL && scan->has_fold && !has_body)
		return "a header goes on over several lines";
	TAILQ_FOREACH(h, evhttp_request_get_input_headers(req), next)
	{
		if (!is_token(h->key) || !is_value(h->value))
			return "a header's name or value has a character it must not have";
		if (strcasecmp(h->key, "Host") == 0) {
			if (host != NULL)
				return "two Host headers";
			host = h->value;
		} else if (strcasecmp(h->key, "Content-Length") == 0) {
			if (length != NULL || !is_length(h->value))
				return "more than one Content-Length, or one that is no number";
			length = h->value;
		} else if (strcasecmp(h->key, "Transfer-Encoding") == 0) {
			if (coding != NULL || strcasecmp(h->value, "chunked") != 0)
				return "a Transfer-Encoding that is not chunked alone";
			coding = h->value;
		}
	}
	if (length != NULL && coding != NULL)
		return "both Content-Length and Transfer-Encoding";
	if (!has_body && (coding != NULL || !is_nothing(length)))
		return "a body where none is expected";
	return NULL;
}
