/* SPDX-License-Identifier: Apache-2.0 */
#include "probes/host/netlink/netlink.h"

#include <string.h>

enum { HEAD_BYTES = offsetof(struct es_host_request, value) };

_Static_assert(
    HEAD_BYTES == sizeof(struct nlmsghdr) + sizeof(struct genlmsghdr) + sizeof(struct nlattr),
    "no padding between headers");

int
es_host_request_init(struct es_host_request *request, const struct es_host_question *question)
{
	size_t n = question->n;

	if (n > sizeof(request->value))
		return ES_EFULL;
	/* The kernel wants each part at a multiple of 4 bytes, NLMSG_ALIGNTO. */
	*request = (struct es_host_request){
		.header = { .nlmsg_len = (uint32_t)(HEAD_BYTES + ((n + 3) & ~(size_t)3)),
		    .nlmsg_type = question->family,
		    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | question->flags) },
		.command = { .cmd = question->command, .version = 1 },
		.attribute = { .nla_len = (uint16_t)(sizeof(request->attribute) + n),
		    .nla_type = question->attribute },
	};
	memcpy(request->value, question->value, n);
	return 0;
}
