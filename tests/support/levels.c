/* tests/support/levels.c: the levels that this machine has, for the tests of kernels
 * (tests/support/levels.h). */
#include "tests/support/levels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

uint64_t test_seed = 20261121;
unsigned long test_checked, test_failed;

int test_each_level(int argc, char **argv, unsigned long least,
                    void (*check)(const weft_kernel_table *level))
{
    if (argc > 1)
        test_seed = strtoull(argv[1], NULL, 0) | 1;
    printf("seed %llu\n", (unsigned long long)test_seed);
    for (int l = WEFT_LEVEL_SCALAR; l < WEFT_LEVEL_COUNT; l++) {
        const weft_kernel_table *level = weft_level_kernels((weft_level)l, NULL);
        const unsigned long before = test_checked;
        if (!level)
            continue;
        if (strcmp(level->name, weft_level_name((weft_level)l)) != 0)
            test_die("level %s has the table of %s", weft_level_name((weft_level)l), level->name);
        check(level);
        printf("%s: %lu checks\n", level->name, test_checked - before);
        if (test_checked - before < least)
            test_die("%s: fewer than %lu checks", level->name, least);
    }
    printf("%lu checks, %lu failed\n", test_checked, test_failed);
    return test_failed != 0;
}

bool test_level_fuses(const weft_kernel_table *level)
{
    static const char *const others[] = {"scalar", "sse4.1"};
    for (size_t i = 0; i < COUNT(others); i++)
        if (strcmp(level->name, others[i]) == 0)
            return false;
    return true;
}
