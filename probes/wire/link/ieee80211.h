/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of a wireless LAN as captured in the air: IEEE 802.11 (2020, section 9.3.2), with or without
 * radiotap in front.
 */
#ifndef EARSHOT_WIRE_LINK_IEEE80211_H
#define EARSHOT_WIRE_LINK_IEEE80211_H

#include "earshot/error.h"
#include "probes/base/cursor.h"

/*
 * Passes over the MAC header of a data frame; the cursor is then at its LLC header.
 * is_padded: the driver filled the header up to a multiple of 4 bytes (radiotap says so).
 * ES_ENOTFOUND: it carries nothing: management, control, null data.
 * ES_EUNSUPPORTED: encrypted, or an aggregate (A-MSDU); the cursor is where it was.
 * ES_EMALFORMED: too short.
 */
int es_ieee80211_skip(struct es_cur *c, bool is_padded);

/* The same with a radiotap header in front. A frame whose check sequence failed counts as empty. */
int es_radiotap_skip(struct es_cur *c);

#endif
