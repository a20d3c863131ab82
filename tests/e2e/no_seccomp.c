/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command as a kernel without seccomp does: prctl(2) answers EINVAL where it is asked about it, seccomp(2) ENOSYS.
 * usage: no_seccomp COMMAND [ARGUMENT...]
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int
refuse(scmp_filter_ctx to, int option)
{
	return seccomp_rule_add(to, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
	    SCMP_A0_32(SCMP_CMP_EQ, (unsigned)option));
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx to = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 2 || to == NULL || refuse(to, PR_GET_SECCOMP) != 0 ||
	    refuse(to, PR_SET_SECCOMP) != 0 ||
	    seccomp_rule_add(to, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) != 0 ||
	    seccomp_load(to) != 0) {
		fprintf(stderr, "no_seccomp: cannot pretend\n");
		return 126;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "no_seccomp: %s: %s\n", argv[1], strerror(errno));
	return 127;
}
