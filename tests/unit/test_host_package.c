/* SPDX-License-Identifier: Apache-2.0 */
/* The package of a program, over tests/unit/fixtures/host/softphone. */
#include "probes/host/package.h"

#include "harness.h"

static struct es_host_files files;

static const char *
version_of(const char *root, uint32_t pid)
{
	static char text[ES_HOST_TEXT_MAX];

	es_host_copy(files.root, sizeof(files.root), es_slice_str(root));
	es_host_package_version(&files, pid, text);
	return text;
}

TEST(package_is_the_one_that_lists_the_program)
{
	CHECK_STR(version_of("tests/unit/fixtures/host/softphone/1", 4242), "1.0.0-4+b1");
}

TEST(package_of_no_program_has_no_version)
{
	CHECK_STR(version_of("tests/unit/fixtures/host/softphone/1", 77), "");
	CHECK_STR(version_of("tests/unit/fixtures/host/garbage/1", 4242), "");
}
