/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of every benchmark: libpcap reads a capture and calls a function that does nothing.
 *
 *	floor FILE.pcap
 */
#include <pcap/pcap.h>
#include <stdio.h>

static void
nothing(u_char *count, const struct pcap_pkthdr *head, const u_char *bytes)
{
	(void)head;
	(void)bytes;
	(*(unsigned long *)(void *)count)++;
}

int
main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	unsigned long count = 0;
	pcap_t *p;

	if (argc != 2) {
		fprintf(stderr, "usage: floor FILE.pcap\n");
		return 2;
	}
	p = pcap_open_offline(argv[1], error);
	if (p == NULL) {
		fprintf(stderr, "floor: %s\n", error);
		return 1;
	}
	(void)pcap_loop(p, -1, nothing, (u_char *)&count);
	pcap_close(p);
	printf("%lu packets\n", count);
	return 0;
}
