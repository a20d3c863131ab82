/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files and folders given as arguments, without libFuzzer: what a fuzzer
 * once found stays found under any compiler. Exit 2 when there was nothing to run.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX_BYTES = 1 << 22, PATH_MAX_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int
run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MAX_BYTES);
	uint8_t *exact;
	size_t n;

	if (f == NULL || bytes == NULL) {
		perror(path);
		exit(2);
	}
	n = fread(bytes, 1, INPUT_MAX_BYTES, f);
	(void)fclose(f);                       /* was read only */
	exact = realloc(bytes, n > 0 ? n : 1); /* so that a sanitizer sees its end */
	(void)LLVMFuzzerTestOneInput(exact != NULL ? exact : bytes, n); /* always 0 */
	free(exact != NULL ? exact : bytes);
	return 1;
}

static int
run(const char *path)
{
	struct dirent **names;
	struct stat st;
	int n, n_run = 0;

	if (stat(path, &st) != 0) {
		perror(path);
		exit(2);
	}
	if (!S_ISDIR(st.st_mode))
		return run_file(path);
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char inner[PATH_MAX_BYTES];

		if (names[i]->d_name[0] != '.' && snprintf(inner, sizeof(inner), "%s/%s", path,
						      names[i]->d_name) < (int)sizeof(inner))
			n_run += run(inner);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return n_run;
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	int n_run = 0;

	for (int i = 1; i < argc; i++)
		n_run += run(argv[i]);
	printf("ok replay %s: %d inputs\n", name != NULL ? name + 1 : argv[0], n_run);
	return n_run > 0 ? 0 : 2;
}
