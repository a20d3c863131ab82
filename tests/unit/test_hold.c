/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the database open: many together, or one alone. */
#include "collector/store/hold.h"
#include "earshot/error.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(hold_is_shared_by_many_or_of_one_alone)
{
	char dir[TEST_DIR_MAX], database[TEST_DIR_MAX + 16], why[ES_HOLD_WHY_MAX];
	int a, b, c;

	test_dir(dir);
	(void)snprintf(database, sizeof(database), "%s/earshot.db", dir);
	CHECK_EQ(es_hold(database, false, &a, why), 0);
	CHECK_EQ(es_hold(database, false, &b, why), 0);
	CHECK_EQ(es_hold(database, true, &c, why), ES_EAGAIN);
	CHECK_EQ(c, -1);
	CHECK(strstr(why, "is in use: stop `earshot-collector serve`") != NULL);
	close(a);
	CHECK_EQ(es_hold(database, true, &c, why), ES_EAGAIN);
	close(b);
	CHECK_EQ(es_hold(database, true, &c, why), 0);
	CHECK_EQ(es_hold(database, true, &a, why), ES_EAGAIN);
	CHECK_EQ(es_hold(database, false, &a, why), ES_EAGAIN);
	CHECK(strstr(why, "is being restored") != NULL);
	close(c);
	CHECK_EQ(es_hold(database, false, &a, why), 0);
	close(a);
}

TEST(hold_names_the_file_that_it_cannot_make)
{
	char dir[TEST_DIR_MAX], database[TEST_DIR_MAX + 16], lock[TEST_DIR_MAX + 32],
	    why[ES_HOLD_WHY_MAX];
	int fd;

	test_dir(dir);
	(void)snprintf(database, sizeof(database), "%s/no/earshot.db", dir);
	CHECK_EQ(es_hold(database, false, &fd, why), ES_EIO);
	CHECK(strstr(why, "/no/earshot.db.lock: No such file") != NULL);
	(void)snprintf(database, sizeof(database), "%s/earshot.db", dir);
	(void)snprintf(lock, sizeof(lock), "%s.lock", database);
	CHECK_EQ(symlink("/dev/null", lock), 0); /* where a link leads is not followed */
	CHECK_EQ(es_hold(database, false, &fd, why), ES_EIO);
	CHECK_EQ(fd, -1);
}

TEST(hold_does_not_wait_for_a_pipe_in_place_of_its_lock)
{
	char dir[TEST_DIR_MAX], database[TEST_DIR_MAX + 16], lock[TEST_DIR_MAX + 32],
	    why[ES_HOLD_WHY_MAX];
	int fd;

	test_dir(dir);
	(void)snprintf(database, sizeof(database), "%s/earshot.db", dir);
	(void)snprintf(lock, sizeof(lock), "%s.lock", database);
	CHECK_EQ(mkfifo(lock, 0600), 0);
	CHECK_EQ(es_hold(database, true, &fd, why), 0);
	close(fd);
}

/* Root restores what is lost altogether: the user of the directory has to be able to open it. */
TEST(hold_leaves_its_lock_to_the_owner_of_the_place)
{
	char dir[TEST_DIR_MAX], database[TEST_DIR_MAX + 16], lock[TEST_DIR_MAX + 32],
	    why[ES_HOLD_WHY_MAX];
	struct stat st;
	gid_t group;
	uid_t user;
	int fd;

	test_dir(dir);
	(void)snprintf(database, sizeof(database), "%s/earshot.db", dir);
	(void)snprintf(lock, sizeof(lock), "%s.lock", database);
	es_hold_owner(database, &user, &group);
	CHECK_EQ(user, geteuid());
	if (geteuid() != 0) {
		test_skip("only root can give files away");
		return;
	}
	CHECK_EQ(chown(dir, 4711, 4712), 0);
	es_hold_owner(database, &user, &group);
	CHECK_EQ(user, 4711);
	CHECK_EQ(group, 4712);
	CHECK_EQ(es_hold(database, true, &fd, why), 0);
	close(fd);
	CHECK_EQ(stat(lock, &st), 0);
	CHECK_EQ(st.st_uid, 4711);
	fd = creat(database, 0600);
	CHECK(fd >= 0 && fchown(fd, 4713, 4714) == 0);
	close(fd);
	CHECK_EQ(es_hold(database, false, &fd, why), 0); /* the database counts more */
	close(fd);
	CHECK_EQ(stat(lock, &st), 0);
	CHECK_EQ(st.st_uid, 4713);
}

TEST(hold_shares_with_the_group_what_the_database_shares)
{
	char dir[TEST_DIR_MAX], database[TEST_DIR_MAX + 16], lock[TEST_DIR_MAX + 32],
	    why[ES_HOLD_WHY_MAX];
	static const struct {
		mode_t dir, wanted;
	} places[] = { { 0700, 0600 }, { 0750, 0640 }, { 0755, 0600 }, { 0740, 0600 } };
	struct stat st;
	int fd;

	test_dir(dir);
	(void)snprintf(database, sizeof(database), "%s/earshot.db", dir);
	(void)snprintf(lock, sizeof(lock), "%s.lock", database);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		CHECK_EQ(chmod(dir, places[i].dir), 0);
		CHECK_EQ(es_hold_mode(database), places[i].wanted); /* it is not there yet */
	}
	fd = creat(database, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(es_hold_mode(database), 0600);
	CHECK_EQ(fchmod(fd, 0640), 0);
	close(fd);
	CHECK_EQ(es_hold(database, false, &fd, why), 0);
	CHECK_EQ(stat(lock, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0640);
	CHECK_EQ(chmod(database, 0600), 0);
	CHECK_EQ(es_hold_share(fd, database), 0);
	CHECK_EQ(stat(lock, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	close(fd);
}
