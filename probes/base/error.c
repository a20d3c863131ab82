/* SPDX-License-Identifier: Apache-2.0 */
/* Words for error codes. */
#include "earshot/error.h"

const char *
es_strerror(int err)
{
	static const char *const words[] = {
		[0] = "success",
		[-ES_EMALFORMED] = "malformed input",
		[-ES_ESHORT] = "more input is needed",
		[-ES_EAGAIN] = "nothing to do now",
		[-ES_EFULL] = "a limit is reached",
		[-ES_EINVALID] = "invalid argument",
		[-ES_ENOMEM] = "out of memory",
		[-ES_EIO] = "input or output error",
		[-ES_ENOTFOUND] = "not found",
		[-ES_EUNSUPPORTED] = "not supported",
		[-ES_EDENIED] = "permission denied",
		[-ES_EEOF] = "end of input",
		[-ES_ECUT] = "input is cut short",
	};
	const int n = (int)(sizeof(words) / sizeof(words[0]));

	if (err > 0 || err <= -n)
		return "unknown error";
	return words[-err];
}
