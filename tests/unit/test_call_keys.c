/* SPDX-License-Identifier: Apache-2.0 */
/* Which texts of a message belong to its call's legs and parties. */
#include "probes/signalling/call_keys.h"

#include "signalling_rig.h"

static struct es_sip m;
static struct es_sip_event ev;

static es_slice
text(enum es_calltext_key key)
{
	return es_calltext_get(&call->text, key);
}

/* The caller's first INVITE with every key that there is. */
static void
begin_keys(void)
{
	begin();
	memset(&m, 0, sizeof(m));
	ev = (struct es_sip_event){ .g = &g, .d = call, .m = &m, .side = ES_CALLER };
	g.custom_key = es_slice_str("custom");
	m.method = ES_SIP_INVITE;
	m.session_id = es_slice_str("session");
	m.session_uuid = es_slice_str("mine");
	m.session_uuid_peer = es_slice_str("theirs");
	m.x_call_id = es_slice_str("x-call");
	m.icid = es_slice_str("icid");
	m.user_to_user = es_slice_str("uui");
	m.replaces = es_slice_str("replaces");
	m.asserted.user = es_slice_str("anna");
	m.asserted.host = es_slice_str("a.example");
	m.contact[0].host = es_slice_str("10.0.0.1");
	m.user_agent = es_slice_str("phone/1");
}

TEST(call_keys_of_the_first_invite)
{
	begin_keys();
	es_call_keys(&ev);
	CHECK_SLICE(text(ES_KEY_SESSION), "session");
	CHECK_SLICE(text(ES_KEY_X_CALL), "x-call");
	CHECK_SLICE(text(ES_KEY_ICID), "icid");
	CHECK_SLICE(text(ES_KEY_CUSTOM), "custom");
	CHECK_SLICE(text(ES_KEY_USER_TO_USER), "uui");
	CHECK_SLICE(text(ES_KEY_REPLACES), "replaces");
	CHECK_SLICE(text(ES_KEY_ASSERTED), "anna@a.example");
	CHECK_SLICE(text(ES_KEY_SESSION_PEER), "theirs");
	CHECK_SLICE(text(ES_KEY_CALLER_CONTACT), "10.0.0.1");
	CHECK_SLICE(text(ES_KEY_CALLER_AGENT), "phone/1");
	CHECK_EQ(text(ES_KEY_CALLEE_CONTACT).n, 0);
	CHECK_EQ(text(ES_KEY_CALLEE_AGENT).n, 0);
	CHECK_EQ(text(ES_KEY_DIVERTED).n, 0);
	CHECK_EQ(call->diversions, 0);
	end();
}

/* Of the callee: what its own messages say, and those alone that set a call up. */
TEST(call_keys_are_of_messages_that_set_a_call_up)
{
	static const struct {
		bool is_response;
		uint16_t status;
		unsigned side;
		bool is_reported, of_caller;
	} rows[] = { { false, 0, ES_CALLER, true, true }, { false, 0, ES_CALLEE, true, false },
		{ true, 100, ES_CALLER, false, false }, { true, 101, ES_CALLER, true, false },
		{ true, 299, ES_CALLER, true, false }, { true, 300, ES_CALLER, false, false },
		{ true, 200, ES_CALLEE, true, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned is_unseen = 0; is_unseen < 2; is_unseen++) {
			bool of_caller = rows[i].of_caller, is_reported = rows[i].is_reported;

			begin_keys();
			call->began_unseen = is_unseen != 0;
			m.is_response = rows[i].is_response;
			m.status = rows[i].status;
			ev.side = rows[i].side;
			es_call_keys(&ev);
			CHECK_EQ(text(ES_KEY_CALLER_AGENT).n > 0, is_reported && of_caller);
			CHECK_EQ(text(ES_KEY_CALLER_CONTACT).n > 0, is_reported && of_caller);
			CHECK_EQ(text(ES_KEY_CALLEE_AGENT).n > 0, is_reported && !of_caller);
			CHECK_EQ(text(ES_KEY_CALLEE_CONTACT).n > 0, is_reported && !of_caller);
			CHECK_EQ(text(ES_KEY_SESSION).n > 0,
			    is_reported && (of_caller || is_unseen != 0));
			CHECK_EQ(text(ES_KEY_ASSERTED).n > 0, i == 0);
			if (is_reported)
				CHECK_SLICE(
				    text(ES_KEY_SESSION_PEER), of_caller ? "theirs" : "mine");
			end();
		}
}

TEST(call_keys_of_a_request_within_the_dialog_name_no_parties)
{
	begin_keys();
	m.to.tag = es_slice_str("tb");
	es_call_keys(&ev);
	CHECK_EQ(text(ES_KEY_ASSERTED).n, 0);
	CHECK_EQ(text(ES_KEY_REPLACES).n, 0);
	CHECK_SLICE(text(ES_KEY_SESSION), "session");
	end();
}

/* Diversion before History-Info, of which the first entry is no diversion. */
TEST(call_keys_name_who_diverted_a_call)
{
	static const struct {
		uint32_t diversions, history, reported;
		const char *by;
	} rows[] = { { 0, 0, 0, "" }, { 1, 0, 1, "dora@d.example" }, { 2, 5, 2, "dora@d.example" },
		{ 0, 1, 0, "" }, { 0, 2, 1, "hugo@h.example" }, { 0, 3, 2, "hugo@h.example" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_keys();
		m.n_diversions = rows[i].diversions;
		m.diversion.user = es_slice_str("dora");
		m.diversion.host = es_slice_str("d.example");
		m.n_history = rows[i].history;
		m.history.user = es_slice_str("hugo");
		m.history.host = es_slice_str("h.example");
		es_call_keys(&ev);
		CHECK_EQ(call->diversions, rows[i].reported);
		CHECK_SLICE(text(ES_KEY_DIVERTED), rows[i].by);
		end();
	}
}

/* The Request-URI names whom a proxy asks; To names whom the caller asked for. */
TEST(call_keys_name_the_number_dialled_where_to_names_another)
{
	static const struct {
		const char *uri, *to_user, *kept;
		bool is_response;
		unsigned side;
		const char *to_tag;
		enum es_sip_method method;
	} rows[] = {
		{ "sip:+49301@sbc:5061;user=phone", "bob", "+49301@sbc", false, ES_CALLER, "",
		    ES_SIP_INVITE },
		{ "sip:+49301;npdi=yes@sbc", "bob", "+49301;npdi=yes@sbc", false, ES_CALLER, "",
		    ES_SIP_INVITE },
		{ "tel:+49301;phone-context=x", "bob", "+49301", false, ES_CALLER, "",
		    ES_SIP_INVITE },
		{ "sip:BOB@sbc", "bob", "", false, ES_CALLER, "", ES_SIP_INVITE },
		{ "sip:sbc", "bob", "", false, ES_CALLER, "", ES_SIP_INVITE },
		{ "sip:carol@sbc", "bob", "", false, ES_CALLER, "tb", ES_SIP_INVITE },
		{ "sip:carol@sbc", "bob", "", false, ES_CALLEE, "", ES_SIP_INVITE },
		{ "sip:carol@sbc", "bob", "", false, ES_CALLER, "", ES_SIP_CANCEL },
		{ "", "bob", "", true, ES_CALLEE, "", ES_SIP_INVITE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_keys();
		m.request_uri = es_slice_str(rows[i].uri);
		m.to.user = es_slice_str(rows[i].to_user);
		m.to.tag = es_slice_str(rows[i].to_tag);
		m.method = rows[i].method;
		m.is_response = rows[i].is_response;
		m.status = m.is_response ? 200 : 0;
		ev.side = rows[i].side;
		es_call_keys(&ev);
		CHECK_SLICE(text(ES_KEY_DIALLED), rows[i].kept);
		end();
	}
}

/* USER@HOST of 191 bytes is kept whole, a longer one not at all; of an agent the first 64 are. */
TEST(call_keys_have_room_for_what_is_usual)
{
	static const char long_text[] =
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
	    "5678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	    "01234567890123456789012345678901234567890123456789";

	for (size_t n = 190; n <= 192; n++) {
		begin_keys();
		m.asserted.user = es_slice_of(long_text, n - 3);
		m.asserted.host = es_slice_str("ab");
		m.user_agent = es_slice_of(long_text, 65);
		es_call_keys(&ev);
		CHECK_EQ(text(ES_KEY_ASSERTED).n, n <= 191 ? n : 0);
		CHECK_EQ(text(ES_KEY_CALLER_AGENT).n, 64);
		end();
	}
}

/* What comes first has the room: in the order of the standards' weight, texts for people last. */
TEST(call_keys_take_the_room_in_their_order)
{
	begin_keys();
	call->text.used = ES_CALL_TEXT_BYTES - 7;
	es_call_keys(&ev);
	CHECK_SLICE(text(ES_KEY_SESSION), "session");
	CHECK_EQ(text(ES_KEY_X_CALL).n, 0);
	end();
	begin_keys();
	call->text.used = ES_CALL_TEXT_BYTES - 54 - 8; /* all before them, and eight bytes more */
	es_call_keys(&ev);
	CHECK_SLICE(text(ES_KEY_SESSION_PEER), "theirs");
	CHECK_SLICE(text(ES_KEY_CALLER_CONTACT), "10.0.0.1");
	CHECK_EQ(text(ES_KEY_CALLER_AGENT).n, 0);
	end();
	begin_keys();
	m.request_uri = es_slice_str("sip:carol@sbc");
	call->text.used = ES_CALL_TEXT_BYTES - 54 - 8 - 7; /* all but the number dialled */
	es_call_keys(&ev);
	CHECK_SLICE(text(ES_KEY_CALLER_AGENT), "phone/1");
	CHECK_EQ(text(ES_KEY_DIALLED).n, 0);
	end();
}

TEST(call_keys_of_a_call_without_room_are_counted)
{
	begin_keys();
	call->text.used = ES_CALL_TEXT_BYTES;
	m.session_id = es_slice_of(NULL, 0);
	es_call_keys(&ev);
	CHECK_EQ(text(ES_KEY_X_CALL).n, 0);
	CHECK(c.count[ES_CNT_CALL_TEXT_OVER_LIMIT] > 0);
	end();
}
