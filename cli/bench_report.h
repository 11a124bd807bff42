/* cli/bench_report.h: `weft bench report`: runs of `weft bench --json` as one page for a browser.
 * Neighbours: cli/cmd_bench.c (calls this), bench/suite.h (makes the page). */
#ifndef WEFT_CLI_BENCH_REPORT_H
#define WEFT_CLI_BENCH_REPORT_H

/* As command.run: argv[0] is "weft", the words behind "report" follow. */
int bench_report(int argc, char **argv);

#endif
