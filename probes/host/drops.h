/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that this machine itself lost: interface, soft interrupt queue, sockets. */
#ifndef EARSHOT_HOST_DROPS_H
#define EARSHOT_HOST_DROPS_H

#include "probes/host/reading.h"

struct es_host_net {
	struct es_host_counter rx_errors, rx_drops, tx_errors, tx_drops;
	struct es_host_counter softnet, udp, udp6, udp_send, udp6_send, tcp_again;
};

/* From /proc/net/dev for one interface, "" for none. */
void es_host_nic_read(struct es_host_net *net, struct es_host_files *files, const char *interface,
    struct es_host_reading *r);

/* Another interface from now on: its counters have nothing to do with those before. */
void es_host_nic_forget(struct es_host_net *net);

/* From /proc/net/softnet_stat: packets dropped because the backlog was full. */
void es_host_softnet_read(
    struct es_host_net *net, struct es_host_files *files, struct es_host_reading *r);

/* From /proc/net/snmp and snmp6: datagrams that a socket's buffer had no room for, TCP segments sent again. */
void es_host_sockets_read(
    struct es_host_net *net, struct es_host_files *files, struct es_host_reading *r);

/* From /sys/class/net: the speed of the link, "" for no interface. */
void
es_host_speed_read(struct es_host_files *files, const char *interface, struct es_host_reading *r);

#endif
