/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of netlink as a kernel sends them, built attribute by attribute. */
#ifndef TESTS_NETLINK_BUILT_H
#define TESTS_NETLINK_BUILT_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A message of generic netlink with n bytes so far; its header is put in front by end_message(). */
static inline void
begin_message(uint8_t *at, size_t *n, uint8_t command)
{
	struct genlmsghdr g = { .cmd = command, .version = 1 };

	memset(at, 0, NLMSG_HDRLEN);
	memcpy(at + NLMSG_HDRLEN, &g, sizeof(g));
	*n = NLMSG_HDRLEN + GENL_HDRLEN;
}

static inline void
put_attribute(uint8_t *at, size_t *n, uint16_t type, const void *value, size_t bytes)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + bytes), .nla_type = type };

	memcpy(at + *n, &a, sizeof(a));
	memcpy(at + *n + sizeof(a), value, bytes);
	memset(at + *n + sizeof(a) + bytes, 0, (4 - bytes % 4) % 4);
	*n += sizeof(a) + (bytes + 3) / 4 * 4;
}

static inline void
put_u32(uint8_t *at, size_t *n, uint16_t type, uint32_t value)
{
	put_attribute(at, n, type, &value, sizeof(value));
}

static inline size_t
end_message(uint8_t *at, size_t n, uint16_t type, uint16_t flags)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)n, .nlmsg_type = type, .nlmsg_flags = flags };

	memcpy(at, &h, sizeof(h));
	return n;
}

/* A survey: a channel that is not in use, then the one that is, then the end of the dump. */
static inline size_t
survey_answer(void *room, uint32_t frequency_mhz, uint64_t active_ms, uint64_t busy_ms)
{
	uint8_t *at = room;
	uint8_t info[128];
	size_t whole = 0;

	for (unsigned i = 0; i < 2; i++) {
		size_t n, info_bytes = 0;

		begin_message(at + whole, &n, 0);
		put_u32(at + whole, &n, NL80211_ATTR_IFINDEX, 3);
		put_u32(info, &info_bytes, NL80211_SURVEY_INFO_FREQUENCY,
		    i == 1 ? frequency_mhz : 2412);
		put_attribute(info, &info_bytes, NL80211_SURVEY_INFO_NOISE,
		    &(int8_t){ i == 1 ? -92 : -70 }, 1);
		if (i == 1)
			put_attribute(info, &info_bytes, NL80211_SURVEY_INFO_IN_USE, "", 0);
		put_attribute(info, &info_bytes, NL80211_SURVEY_INFO_TIME, &active_ms, 8);
		put_attribute(info, &info_bytes, NL80211_SURVEY_INFO_TIME_BUSY, &busy_ms, 8);
		put_attribute(
		    at + whole, &n, NL80211_ATTR_SURVEY_INFO | NLA_F_NESTED, info, info_bytes);
		whole += end_message(at + whole, n, 28, NLM_F_MULTI);
	}
	return whole + end_message(at + whole, NLMSG_HDRLEN, NLMSG_DONE, NLM_F_MULTI);
}

#endif
