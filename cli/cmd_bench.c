/* cli/cmd_bench.c: `weft bench`: states the machine; bench/ does the rest.
 * Neighbours: cli/bench_options.h, cli/bench_compare.h, bench/suite.h, cli/machine.h. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

#include "bench/suite.h"
#include "cli/bench_compare.h"
#include "cli/bench_options.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "cli/machine.h"
#include "cli/pin.h"
#include "cli/report.h"

/* The folder `peers` beside the executable, where the build puts them. */
static const char *default_peers(char *text, size_t size)
{
    const ssize_t length = readlink("/proc/self/exe", text, size - sizeof "/peers");
    char *slash;
    if (length <= 0)
        return "peers";
    text[length] = '\0';
    slash = strrchr(text, '/');
    (void)snprintf(slash, size - (size_t)(slash - text), "/peers");
    return text;
}

static bench_host describe(const machine *here, weft_level level, const char *peers)
{
    const long allowed = pin_allowed();
    bench_host host = {
        .cpu = here->cpu,
        .architecture = here->architecture,
        .governor = here->governor[0] ? here->governor : NULL,
        .level = weft_level_name(level),
        .version = weft_version(),
        .cpus = here->online_cpus,
        .allowed = allowed > 0 ? allowed : here->online_cpus,
        .peers = peers,
    };
    for (size_t i = 0; i < here->cache_count; i++)
        host.caches[host.cache_count++] = (bench_cache){here->caches[i].name, here->caches[i].size};
    return host;
}

static int run_bench(int argc, char **argv)
{
    bench_options options;
    char peers[PATH_MAX], message[BENCH_MESSAGE_MAX];
    int status = EXIT_USAGE;
    weft_level level;
    weft_error error;
    machine here;
    if (argc > 1 && strcmp(argv[1], "compare") == 0)
        return bench_compare_command(argc, argv);
    if (argc > 1 && strcmp(argv[1], "report") == 0) {
        argv[1] = argv[0];
        return bench_report(argc - 1, argv + 1);
    }
    if (!bench_options_take(&command_bench, argc, argv, &options, &status))
        return status;
    if (weft_level_default(&level, &error) != WEFT_OK)
        return command_usage_error(&command_bench, "%s", error.message);
    machine_describe(&here);
    const bench_host host = describe(&here, level, default_peers(peers, sizeof peers));
    const bench_status done = bench_run(&options, &host, message);
    if (done == BENCH_USAGE)
        return command_usage_error(&command_bench, "%s", message);
    if (done != BENCH_OK)
        report("%s", message);
    return done == BENCH_OK ? EXIT_DONE : EXIT_FAILED;
}

const command command_bench = {
    .name = "bench",
    .usage = "SUITE|GLOB... [OPTION...]\n       weft bench compare BASE HEAD [OPTION...]\n"
             "       weft bench report RUN.json... -o PAGE.html [OPTION...]",
    .summary = "Time weft beside what else there is",
    .help =
        "Suites, by name or as a glob over SUITE/CASE such as 'ops/add*':\n"
        "  ops        every operation of the direct API, beside compilers' loops and libraries\n"
        "  engine     programs, beside kernels called inline and formulas fused by hand\n"
        "  expr       formulas as text, beside NumExpr, Numba and NumPy; what compiling costs\n"
        "  workloads  the examples' texts, beside Numba, NumPy and loops written by hand\n"
        "  memory     copy, scale, add and triad from L1 to memory: the machine's own limits\n\n"
        "  --filter GLOB     of these, only cases of such names, e.g. 'add/f32/*'\n"
        "  --list            print the names and stop\n"
        "  --n LIST          at these lengths, e.g. 1,4096,16M (default: the suite's choice)\n"
        "  --all-n           every case at each of the suite's lengths\n"
        "  --min-time TIME   how long a sample lasts at least, e.g. 200us\n"
        "  --samples COUNT   of each contender at least, 9 to 99 (default: 15); up to three\n"
        "                    times as many where the median is not known within 1 % by then\n"
        "  --threads COUNT   of contenders that use several (default: 2; 1: without those)\n"
        "  --pin CPUS        stay on these CPUs, e.g. 2 or 0,2-3\n"
        "  --level LEVEL     the CPU level to use, as WEFT_LEVEL does\n"
        "  --no-limits       do not measure what caches and memory can do: no shares of it\n"
        "  --peers DIR       the peers' modules (default: 'peers' beside the command)\n"
        "  --format FORMAT   text, json (weft's own: every sample), google (Google\n"
        "                    Benchmark), github (github-action-benchmark), bmf (Bencher),\n"
        "                    csv or markdown: to --output, or in place of the tables\n"
        "  --output FILE     where the --format before it goes; both may be repeated\n"
        "  --json FILE       the same as --format json --output FILE\n"
        "  --markdown FILE   write a page such as docs/performance.md\n"
        "  --commit TEXT     what was built, for the reports (default: git's word for it)\n"
        "  -h, --help        show this\n\n"
        "'weft bench compare --help' tells how two runs are compared, 'weft bench report --help'\n"
        "how a page is made of runs, docs/benchmarks.md what the figures mean. The peers are\n"
        "built by the CMake target bench_peers; scripts/bench does it all.\n",
    .run = run_bench,
};
