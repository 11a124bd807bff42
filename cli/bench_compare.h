/* cli/bench_compare.h: `weft bench compare`.
 * Neighbours: cli/cmd_bench.c (calls it), bench/suite.h (does it). */
#ifndef WEFT_CLI_BENCH_COMPARE_H
#define WEFT_CLI_BENCH_COMPARE_H

/* argv[1] is "compare". Returns the exit status: 0 nothing is slower, 1 something is, 2 there is no
 * comparison. */
int bench_compare_command(int argc, char **argv);

#endif
