/* SPDX-License-Identifier: Apache-2.0 */
/* The table of products. */
#include "probes/call/buffers.h"

#include "probes/base/text.h"

/*
 * Text of those begins so, in either case of letters. As shipped, from the maker's manual or source:
 * AudioCodes   user's manuals, "Configuring the Dynamic Jitter Buffer"
 * Cisco IOS    voice command reference, playout-delay mode: adaptive
 * Cisco SPA, Linksys
 *              administration guides, Jitter Buffer Adjustment: up and down
 * Linphone     liblinphone, audio_adaptive_jitt_comp_enabled: true
 * PJSIP        pjmedia stream.c makes the buffer of every stream an adaptive one; MicroSIP uses it
 * Polycom      SIP administrator's guides of SoundPoint and SoundStation: jitterBufferMin, Max, Shrink
 *
 * Not here, though known: Asterisk and FreeSWITCH, which have no buffer unless configured and forward what
 * comes; baresip, whose fixed buffer counts frames and is emptied as packets come, not by a clock.
 */
static const char *const adaptive[] = {
	"Audiocodes-Sip-Gateway",
	"Cisco-SIPGateway/IOS",
	"Cisco/SPA",
	"Linksys/SPA",
	"Linphone",
	"MicroSIP",
	"PJSUA",
	"PolycomSound",
};

enum es_receiver_by
es_buffer_of_product(es_slice text)
{
	for (size_t i = 0; i < sizeof(adaptive) / sizeof(adaptive[0]); i++)
		if (es_text_begins_same(text, adaptive[i]))
			return ES_RECEIVER_BY_AGENT;
	return ES_RECEIVER_BY_NOBODY;
}

/* Browsers share libwebrtc, whose buffer (NetEQ) adapts. */
enum es_receiver_by
es_buffer_of_class(bool has_fingerprint, bool has_ice)
{
	return has_fingerprint && has_ice ? ES_RECEIVER_BY_CLASS : ES_RECEIVER_BY_NOBODY;
}
