/* SPDX-License-Identifier: Apache-2.0 */
/* The opener on a loop whose clock the test drives: the test is the parser, the shipper and the kernel. */
#include "agent/sensor/parser_process.h"
#include "agent/sensor/stand_in.h"
#include "tests/sim/made_opener.h"

static void
hand_over(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(made_process.n == 1 && is_configured(0));
	NEED(next_message() == ES_HANDOVER_HOP && last_fd >= 0 && last.n == 0);
	NEED(next_message() == ES_HANDOVER_CAPTURE && last_fd >= 0 && last.n == 0);
	NEED(last.layout.index == 5 && strcmp(last.layout.name, "veth7") == 0);
	NEED(next_message() == 0);
	say(ES_HANDOVER_READY, 0);
	end_well(l);
}

TEST(opener_keeps_one_right_and_hands_over_what_it_opens)
{
	CHECK(begin_live());
	made_links.is_up = true;
	made_links.index = 5;
	CHECK_EQ(run_linked(hand_over), 0);
	CHECK_STR(made_rights.capabilities, "net_raw");
	end();
}

static void
come_and_go(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(is_configured(0));
	NEED(
	    next_message() == ES_HANDOVER_HOP && next_message() == 0); /* waits for the interface */
	made_links_change(true, 7);
	made_settle(l);
	NEED(next_message() == ES_HANDOVER_CAPTURE && last.layout.index == 7);
	made_links_change(true, 7); /* another interface changed */
	made_settle(l);
	NEED(next_message() == 0);
	made_links_change(false, 7);
	made_settle(l);
	NEED(next_message() == ES_HANDOVER_AWAY && last.n == 0 && next_message() == 0);
	made_links_change(true, 7);
	made_settle(l);
	NEED(next_message() == ES_HANDOVER_CAPTURE && next_message() == 0);
	made_links_change(true, 8); /* went and came before anybody looked */
	made_settle(l);
	NEED(next_message() == ES_HANDOVER_AWAY && next_message() == ES_HANDOVER_CAPTURE);
	NEED(last.layout.index == 8 && next_message() == 0);
	made_links.is_up = false;
	say(ES_HANDOVER_CAPTURE_LOST, 0);
	made_pass(l, 1500); /* no word of its return: it looks */
	NEED(next_message() == 0);
	made_links.is_up = true;
	made_pass(l, 1000);
	NEED(next_message() == ES_HANDOVER_CAPTURE && next_message() == 0);
	made_links.refusal = ES_EIO; /* there, but it cannot be opened: later */
	made_links_change(true, 9);
	made_pass(l, 3000);
	NEED(next_message() == ES_HANDOVER_AWAY && next_message() == 0);
	made_links.refusal = 0;
	made_pass(l, 1000);
	NEED(next_message() == ES_HANDOVER_CAPTURE && last.layout.index == 9);
	end_well(l);
}

TEST(opener_waits_for_an_interface_and_opens_it_whenever_it_comes)
{
	CHECK(begin_live());
	listen_to_log();
	CHECK_EQ(run_linked(come_and_go), 0);
	(void)end_of_log();
	CHECK_EQ(said("veth7: no such interface, or it is down: waiting for it\n"), 3);
	CHECK_EQ(said("veth7: is there: listening\n"), 3);
	CHECK_EQ(said("veth7: refused\n"), 1);
	end();
}

/* Else calls in tunnels would be missing without a word. */
TEST(opener_says_once_that_the_filter_lacks_tunnels)
{
	CHECK(begin_live());
	made_links.lacks_tunnels = 1;
	listen_to_log();
	CHECK_EQ(run_linked(come_and_go), 0);
	(void)end_of_log();
	CHECK_EQ(said("veth7: the kernel took a filter that looks into 1 of 2 tunnels"), 1);
	end();
}

TEST(opener_that_may_not_capture_ends)
{
	CHECK(begin_live());
	made_links.is_up = true;
	made_links.refusal = ES_EDENIED;
	CHECK_EQ(run_linked(run_never), 1);
	CHECK_EQ(made_process.signo, SIGKILL);
	end();
	CHECK(begin_live());
	made_links.refusal = ES_EINVALID; /* of the name */
	CHECK_EQ(run_linked(run_never), 1);
	end();
}

static void
crash(struct es_loop *l, unsigned nth, int64_t delay_ms)
{
	NEED(made_process.n == nth);
	NEED(made_child_ends(l, made_process_pid(), SEGV));
	made_settle(l);
	NEED(health() == 1 && crashes == nth);
	made_pass(l, delay_ms - 1);
	NEED(made_process.n == nth);
	made_pass(l, 1);
	NEED(made_process.n == nth + 1 && is_configured(nth));
	NEED(next_message() == ES_HANDOVER_HOP && next_message() == ES_HANDOVER_CAPTURE &&
	     next_message() == 0);
}

static void
crash_again_and_again(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	crash(l, 1, 1000);
	crash(l, 2, 2000);
	crash(l, 3, 4000);
	crash(l, 4, 8000);
	NEED(said("times within 10 minutes") == 0);
	crash(l, 5, 60000);
	NEED(made_child_ends(l, made_process_pid(), SEGV));
	made_pass(l, 59999);
	NEED(made_process.n == 6);
	made_pass(l, 600001); /* that one works */
	NEED(made_process.n == 7);
	NEED(health() == 1 && crashes == 6);
	while (next_message() != 0)
		;
	crash(l, 7, 1000);
	NEED(made_signal(l, SIGTERM));
	while (next_message() != ES_HANDOVER_STOP)
		NEED(last.type != 0);
	made_pass(l, 4000); /* it does not end */
	NEED(made_process.signo == SIGKILL);
	NEED(made_child_ends(l, made_process_pid(), SIGKILL));
}

TEST(opener_starts_a_crashed_parser_again_and_says_so)
{
	CHECK(begin_live());
	made_links.is_up = true;
	listen_to_log();
	CHECK_EQ(run_linked(crash_again_and_again), 1);
	(void)end_of_log();
	CHECK_EQ(said("the parser was killed by signal 11: started again in 1000 ms\n"), 2);
	CHECK_EQ(said("the parser crashed 5 times within 10 minutes"), 1);
	end();
}

static void
stop_between(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(made_child_ends(l, made_process_pid(), SEGV));
	NEED(made_signal(l, SIGTERM));
	NEED(made_stopped(l));
}

TEST(opener_without_a_parser_ends_at_once)
{
	CHECK(begin_live());
	CHECK_EQ(run_linked(stop_between), 0);
	end();
}

static void
parser_gives_up(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(made_child_ends(l, made_process_pid(), EXIT_3));
	NEED(made_stopped(l));
}

static void
parser_leaves(struct es_loop *l)
{
	NEED(made_child_ends(l, made_process_pid(), 0));
	NEED(made_stopped(l));
}

static void
replay_crashes(struct es_loop *l)
{
	NEED(made_child_ends(l, made_process_pid(), SEGV));
	NEED(made_stopped(l));
}

TEST(opener_ends_as_its_parser_unless_that_crashed)
{
	CHECK(begin_live());
	CHECK_EQ(run_linked(parser_gives_up), 3);
	end();
	CHECK(begin_live());
	CHECK_EQ(run_linked(parser_leaves), 1); /* nobody asked it to */
	end();
	CHECK(begin(""));
	CHECK_EQ(run_linked(parser_leaves), 0); /* the end of a replay */
	CHECK_STR(made_rights.capabilities, "");
	end();
	CHECK(begin(""));
	CHECK_EQ(run_linked(replay_crashes), 1);
	end();
}

static void
lose_inherited(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	say(ES_HANDOVER_HOP_LOST, 0);
	NEED(made_stopped(l));
}

TEST(opener_without_its_supervisor_ends)
{
	CHECK(begin_live());
	CHECK_EQ(run_linked(lose_inherited), 1);
	end();
}

static void
connect_by_path(struct es_loop *l)
{
	uid_t user = 0;
	int listener, fd;

	role.loop = l;
	made_settle(l); /* nobody listens */
	NEED(is_configured(0) && next_message() == 0);
	listener = es_unix_listen(at("run/hop"), SOCK_SEQPACKET, 0);
	NEED(listener >= 0);
	made_pass(l, 1000);
	fd = es_unix_accept(listener, 0, &user);
	NEED(fd >= 0 && next_message() == ES_HANDOVER_HOP && last_fd >= 0 && last.n == 1);
	close(last_fd);
	last_fd = -1;
	NEED(read(fd, &user, sizeof(user)) == 0); /* the opener keeps no copy */
	close(fd);
	say(ES_HANDOVER_HOP_LOST, 0);
	made_pass(l, 999);
	NEED(es_unix_accept(listener, 0, &user) == ES_EAGAIN);
	made_pass(l, 1);
	role.fd = es_unix_accept(listener, 0, &user);
	NEED(role.fd >= 0 && next_message() == ES_HANDOVER_HOP);
	NEED(made_child_ends(l, made_process_pid(), SEGV));
	fd = es_unix_accept(listener, 0, &user); /* of who stands in */
	NEED(fd >= 0);
	close(role.fd);
	role.fd = fd;
	made_settle(l);
	NEED(health() == 1 && crashes == 1);
	made_pass(l, 1000);
	fd = es_unix_accept(listener, 0, &user);
	NEED(fd >= 0 && is_configured(1) && next_message() == ES_HANDOVER_HOP);
	close(fd);
	close(listener);
	end_well(l);
}

TEST(opener_connects_to_the_shipper_for_its_parser)
{
	CHECK(begin_live());
	CHECK_EQ(mkdir(at("run"), 0700), 0);
	made_run = connect_by_path;
	CHECK_EQ(es_opener_run(role.cfg, -1), 0);
	end();
}

TEST(opener_refuses_a_hop_in_a_place_of_others)
{
	CHECK(begin_live());
	made_run = run_never;
	CHECK_EQ(mkdir(at("run"), 0700), 0);
	CHECK_EQ(
	    chmod(at("run"), 01777), 0); /* somebody may listen there before the shipper does */
	CHECK_EQ(es_opener_run(role.cfg, -1), 1);
	CHECK_EQ(made_process.n, 0);
	end();
}

/* What the parser says may come from whoever sent it a packet. */
static void
hear_rubbish(struct es_loop *l)
{
	struct es_handover m;
	uint8_t some[200];

	role.loop = l;
	made_settle(l);
	for (uint32_t type = 0; type < 300; type++)
		if (type != ES_HANDOVER_HOP_LOST)
			say((enum es_handover_type)type,
			    type == ES_HANDOVER_CAPTURE_LOST ? 16 : type);
	memset(some, 0xff, sizeof(some));
	for (size_t n = 1; n < sizeof(some); n++) {
		NEED(send(made_process.pair, some, n, MSG_DONTWAIT) == (ssize_t)n);
		made_settle(l);
	}
	memset(&m, 0, sizeof(m));
	m.type = ES_HANDOVER_READY;
	NEED(es_handover_send(made_process.pair, &m, made_process.pair) == 0); /* with a gift */
	for (int i = 0; i < 50; i++)
		say(ES_HANDOVER_READY, 0);
	made_settle(l);
	NEED(!made_stopped(l) && made_process.signals == 0 && made_links.n_rings == 1);
	end_well(l);
}

TEST(opener_takes_nothing_from_its_parser_on_trust)
{
	CHECK(begin_live());
	made_links.is_up = true;
	listen_to_log();
	CHECK_EQ(run_linked(hear_rubbish), 0);
	(void)end_of_log();
	CHECK_EQ(said("live at 1 place\n"), 1);
	end();
}

static void
speak_to_the_deaf(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	for (uint32_t i = 0; i < 2000 && made_process.signals == 0; i++) {
		made_links_change(true, 6 + i);
		made_settle(l);
	}
	NEED(made_process.signo == SIGKILL);
	NEED(made_child_ends(l, made_process_pid(), SIGKILL));
	made_pass(l, 1000);
	NEED(made_process.n == 2);
	end_well(l);
}

TEST(opener_kills_a_parser_that_takes_nothing_any_more)
{
	CHECK(begin_live());
	made_links.is_up = true;
	listen_to_log();
	CHECK_EQ(run_linked(speak_to_the_deaf), 0);
	(void)end_of_log();
	CHECK_EQ(said("takes nothing any more"), 1);
	end();
}

static void
write_lines(struct es_loop *l)
{
	static const char lines[] = "<4>half", rest[] = " a line\n<7>not now\nrub\x01ish\n<3>last";

	role.loop = l;
	made_settle(l);
	NEED(write(made_process.log, lines, sizeof(lines) - 1) == sizeof(lines) - 1);
	made_settle(l);
	NEED(write(made_process.log, rest, sizeof(rest) - 1) == sizeof(rest) - 1);
	for (int i = 0; i < 2500; i++)
		NEED(write(made_process.log, "y", 1) == 1);
	made_settle(l);
	NEED(write(made_process.log, " end\n", 5) == 5);
	end_well(l);
}

TEST(opener_writes_the_lines_of_its_parser)
{
	CHECK(begin_live());
	listen_to_log();
	CHECK_EQ(run_linked(write_lines), 0);
	(void)end_of_log();
	CHECK_EQ(said("half a line\n"), 1);
	CHECK_EQ(said("not now"), 0);
	CHECK_EQ(said("parser: rub?ish\n"), 1);
	CHECK_EQ(said("lastyyy"), 1);
	CHECK_EQ(said("yyy end\n"), 1);
	end();
}

/* As one does that was taken over: the opener's log stays readable and its disk free. */
static void
write_a_flood(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	for (int i = 0; i < 1000; i++) {
		NEED(write(made_process.log, "<4>flood\n", 9) == 9);
		made_settle(l);
	}
	made_pass(l, 10000);
	NEED(write(made_process.log, "<4>later\n", 9) == 9);
	made_settle(l);
	end_well(l);
}

TEST(opener_writes_no_more_lines_of_its_parser_than_people_read)
{
	CHECK(begin_live());
	listen_to_log();
	CHECK_EQ(run_linked(write_a_flood), 0);
	(void)end_of_log();
	CHECK_EQ(said("flood\n"), 200);
	CHECK_EQ(
	    said("the parser writes more than 200 lines in 10 s: the others are left out\n"), 1);
	CHECK_EQ(said("800 lines of the parser were left out\n"), 1);
	CHECK_EQ(said("later\n"), 1);
	end();
}
