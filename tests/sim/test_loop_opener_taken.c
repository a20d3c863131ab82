/* SPDX-License-Identifier: Apache-2.0 */
/* A parser that was taken over says to its opener what it likes. */
#include "tests/sim/made_opener.h"

/* It may keep each ring mapped that it says broke: of memory that no limit of its own counts. */
static void
lose_what_is_there(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(is_configured(0) && next_message() == ES_HANDOVER_HOP);
	for (int i = 0; i < 16; i++) {
		NEED(next_message() == ES_HANDOVER_CAPTURE && next_message() == 0);
		say(ES_HANDOVER_CAPTURE_LOST, 0);
		made_pass(l, 100);
	}
	NEED(next_message() == ES_HANDOVER_CAPTURE && made_process.signo == 0);
	say(ES_HANDOVER_CAPTURE_LOST, 0);
	made_pass(l, 2000);
	NEED(made_process.signo == SIGKILL && next_message() == 0);
	made_process.signo = 0;
	NEED(made_child_ends(l, made_process_pid(), SIGKILL));
	made_pass(l, 1000);
	NEED(is_configured(1) && next_message() == ES_HANDOVER_HOP &&
	     next_message() == ES_HANDOVER_CAPTURE);
	for (int i = 0; i < 40; i++) { /* an interface that comes and goes is nobody's lie */
		made_links.is_up = false;
		say(ES_HANDOVER_CAPTURE_LOST, 0);
		made_links.is_up = true;
		made_pass(l, 1000);
		NEED(next_message() == ES_HANDOVER_CAPTURE && next_message() == 0);
	}
	NEED(made_process.signo == 0);
	end_well(l);
}

TEST(opener_gives_no_rings_without_end_to_a_parser_that_says_they_broke)
{
	CHECK(begin_live());
	made_links.is_up = true;
	made_links.index = 5;
	listen_to_log();
	CHECK_EQ(run_linked(lose_what_is_there), 0);
	(void)end_of_log();
	CHECK_EQ(said("veth7: the parser lost it 17 times while it was there: it is killed"), 1);
	end();
}

/* Whoever took it over could else end the service by five exits. */
static void
leave_after_it_served(struct es_loop *l)
{
	static const int ends[] = { EXIT_3, 0 };

	role.loop = l;
	for (unsigned i = 0; i < 2; i++) {
		made_settle(l);
		say(ES_HANDOVER_READY, 0);
		NEED(made_child_ends(l, made_process_pid(), ends[i]));
		made_settle(l);
		NEED(health() == 1 && crashes == i + 1);
		made_pass(l, 4000);
		NEED(made_process.n == i + 2);
	}
	end_well(l);
}

TEST(opener_takes_any_end_of_a_parser_that_served_for_a_crash)
{
	CHECK(begin_live());
	made_links.is_up = true;
	listen_to_log();
	CHECK_EQ(run_linked(leave_after_it_served), 0);
	(void)end_of_log();
	CHECK_EQ(said("the parser ended with status 3: started again in 1000 ms\n"), 1);
	CHECK_EQ(said("the parser ended with status 0: started again in 2000 ms\n"), 1);
	end();
}
