/* SPDX-License-Identifier: Apache-2.0 */
/* Which process has a UDP port, over made-up machines. */
#include "probes/host/socket_owner.h"

#include "harness.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct es_host_files files;

static bool
put(const char *name, const char *text)
{
	char path[ES_HOST_PATH_MAX + 64];
	FILE *f;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/%s", files.root, name);
	f = fopen(path, "w");
	if (f == NULL)
		return false;
	ok = fputs(text, f) >= 0;
	return fclose(f) == 0 && ok;
}

static bool
folder(const char *name)
{
	char path[ES_HOST_PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", files.root, name);
	return mkdir(path, 0700) == 0;
}

static bool
descriptor(const char *name, const char *target)
{
	char path[ES_HOST_PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", files.root, name);
	return symlink(target, path) == 0;
}

static bool
begin(void)
{
	static char dir[TEST_DIR_MAX];

	test_dir(dir);
	es_host_copy(files.root, sizeof(files.root), es_slice_str(dir));
	return folder("proc") && folder("proc/net") && folder("proc/5") && folder("proc/5/fd") &&
	       folder("proc/6") && folder("proc/6/fd") && folder("proc/sys") &&
	       folder("proc/sys/fd");
}

#define LINE(address, inode)                                                                    \
	" 1: " address " 00000000:0000 07 00000000:00000000 00:00000000 00000000 1000 0 " inode \
	" 2 0 0\n"

TEST(socket_owner_is_found_by_either_family)
{
	CHECK(begin());
	CHECK(put("proc/net/udp", LINE("00000000:1F90", "700") LINE("00000000:1F91", "701")));
	CHECK(put("proc/net/udp6", LINE("00000000000000000000000000000000:1F92", "702")));
	CHECK(descriptor("proc/5/fd/3", "socket:[701]") && descriptor("proc/6/fd/3", "/dev/null"));
	CHECK(descriptor("proc/6/fd/4", "socket:[702]"));
	CHECK(descriptor("proc/sys/fd/1", "socket:[700]")); /* no process */
	CHECK_EQ(es_host_socket_owner(&files, 0x1f91), 5);
	CHECK_EQ(es_host_socket_owner(&files, 0x1f92), 6);
	CHECK_EQ(es_host_socket_owner(&files, 0x1f90), 0);
	CHECK_EQ(es_host_socket_owner(&files, 0x1f93), 0);
	CHECK_EQ(es_host_socket_owner(&files, 0), 0);
}

TEST(socket_of_two_processes_has_no_owner)
{
	CHECK(begin());
	CHECK(put("proc/net/udp", LINE("00000000:1F90", "700")));
	CHECK(descriptor("proc/5/fd/3", "socket:[700]"));
	CHECK_EQ(es_host_socket_owner(&files, 0x1f90), 5);
	CHECK(descriptor("proc/6/fd/3", "socket:[700]"));
	CHECK_EQ(es_host_socket_owner(&files, 0x1f90), 0);
}

TEST(socket_owner_of_garbage_is_not_found)
{
	static const char *const texts[] = { "", "\n\n\n", " 1:", " 1: 1F90", " 1: :1F90 a b c",
		LINE("00000000:1F90", "0"), LINE("00000000:1F90", "-1"),
		LINE("00000000:11F90", "700"), LINE("00000000:", "700"),
		LINE("00000000:1F90", "99999999999999999999999") };
	static const char *const links[] = { "socket:[", "socket:[]", "socket:[700",
		"socket:[7000]", "socket:[x]", "socket:700", "pipe:[700]" };
	char name[64];

	CHECK(begin());
	CHECK(descriptor("proc/5/fd/3", "socket:[700]"));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK(put("proc/net/udp", texts[i]));
		if (es_host_socket_owner(&files, 0x1f90) != 0)
			test_fail(__FILE__, __LINE__, "%s", texts[i]);
	}
	CHECK(put("proc/net/udp", LINE("00000000:1F90", "700")));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		(void)snprintf(name, sizeof(name), "proc/6/fd/%zu", i);
		CHECK(descriptor(name, links[i]));
	}
	CHECK_EQ(es_host_socket_owner(&files, 0x1f90), 5);
}
