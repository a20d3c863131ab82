/* SPDX-License-Identifier: Apache-2.0 */
/* Which address this machine sends from: asked of its routes, nothing is sent. */
#include "probes/host/requests/datagram.h"

#include "harness.h"

static struct es_addr
address(const char *text, uint16_t port)
{
	struct es_addr a = { 0 };

	(void)es_addr_parse_ip(text, strlen(text), &a); /* family 0 would fail the test */
	a.port = port;
	return a;
}

TEST(datagram_goes_from_the_address_that_routes_say)
{
	struct es_addr here = address("127.0.0.1", 4000), there = address("127.0.0.2", 4002);
	struct es_addr other = address("192.0.2.1", 4000), v6 = address("::1", 4000);

	CHECK(es_host_datagram_goes_from(&here, &there));
	CHECK(!es_host_datagram_goes_from(&other, &there));
	CHECK(!es_host_datagram_goes_from(&v6, &there)); /* families differ */
	there.port = 0;
	CHECK(!es_host_datagram_goes_from(&here, &there));
}
