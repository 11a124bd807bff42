/* cli/cmd_run.c: `weft run`: from the command line to files in their places.
 * Files that it makes appear only when the run has succeeded and all of them are written.
 * Neighbours: cli/run_options.h, cli/run_bindings.h, cli/run_arrays.h, cli/watch.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "cli/commands.h"
#include "cli/program_file.h"
#include "cli/report.h"
#include "cli/run_arrays.h"
#include "cli/run_bindings.h"
#include "cli/run_options.h"
#include "cli/summary.h"
#include "cli/watch.h"

static bool run_program(const program_file *program, const run_bindings *bindings,
                        const run_options *options, watch *watching)
{
    weft_error error;
    const weft_run_options with = {
        .size = sizeof with,
        .budget = options->budget,
        .cancel = watching->cancel,
        .progress = watch_progress,
        .progress_user = watching,
        .space = options->space_rank ? options->space : NULL,
    };
    weft_arg *args = calloc(bindings->count + 1, sizeof *args);
    if (!args) {
        report("%s", strerror(ENOMEM));
        return false;
    }
    size_t count = run_arrays_arguments(bindings, args);
    weft_status status =
        weft_run_with(program->context, program->program, args, count, &with, &error);
    free(args);
    watch_end_progress(watching);
    if (status != WEFT_OK && !watch_signal()) {
        report_library_error(program->name, &error, NULL, 0);
    }
    return status == WEFT_OK;
}

/* "y: f32 [16, 32] -> file.npy"; a single value is shown as well. */
static void print_output(const binding *item)
{
    const npy_header *header = &item->header;
    weft_arg array;
    if (weft_arg_contiguous(&array, item->info.name, header->type, item->data, header->rank,
                            header->shape) == WEFT_OK) {
        (void)printf("%s: ", item->info.name);
        summary_print_type(&array);
        (void)printf(" -> %s\n", item->output);
    }
}

static void print_outputs(const run_bindings *bindings)
{
    for (uint32_t i = 0; i < bindings->count; i++) {
        if (bindings->items[i].output) {
            print_output(&bindings->items[i]);
        }
    }
}

/* On stderr, so that the list of outputs stays what it is. */
static bool print_stats(const weft_context *context)
{
    weft_stats stats = {.size = sizeof stats};
    const weft_status status = weft_stats_read(context, &stats);
    if (status != WEFT_OK) {
        report("--stats: %s", weft_status_text(status));
        return false;
    }
    const struct {
        const char *name, *words;
        uint64_t count;
    } counters[] = {
#define COUNTER(name, words) {#name, words, stats.name},
        WEFT_STATS_TABLE(COUNTER)
#undef COUNTER
    };
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (counters[i].count > 0) {
            (void)fprintf(stderr, "%-15s %6" PRIu64 "  %s\n", counters[i].name, counters[i].count,
                          counters[i].words);
        }
    }
    return true;
}

/* Everything between the program and the files in their places. A signal counts until then. */
static bool run_and_commit(const program_file *program, run_bindings *bindings,
                           const run_options *options)
{
    watch watching;
    if (!watch_start(&watching, program->context)) {
        return false;
    }
    bool done = run_arrays_create(bindings, program, options) &&
                run_program(program, bindings, options, &watching) && run_arrays_flush(bindings) &&
                !watch_signal() && run_arrays_commit(bindings);
    if (!done) {
        run_bindings_free(bindings); /* removes the temporaries while the signals are still held */
        if (watch_signal()) {
            report("interrupted; nothing was written");
        }
    }
    watch_stop(&watching);
    if (!done) {
        watch_pass_on();
    }
    return done;
}

static int run_with(const run_options *options)
{
    const weft_context_options wanted = {
        .size = sizeof wanted,
        .backend = options->backend,
        .threads = options->threads,
    };
    const weft_compile_options compile = {.size = sizeof compile, .flags = options->flags};
    program_file program;
    run_bindings bindings = {0};
    bool done = program_file_read(&program, options->program);
    program.compile = &compile;
    done = done && program_file_load(&program, &wanted) &&
           run_bindings_match(&bindings, &program, options) &&
           run_arrays_open(&bindings, &program) && run_and_commit(&program, &bindings, options);
    if (done && !options->quiet) {
        print_outputs(&bindings);
    }
    if (done && options->stats) {
        done = print_stats(program.context);
    }
    run_bindings_free(&bindings);
    program_file_close(&program);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int run_run(int argc, char **argv)
{
    run_options options;
    int status;
    if (run_options_parse(&options, &command_run, argc, argv, &status)) {
        status = run_with(&options);
    }
    run_options_free(&options);
    return status;
}

const command command_run = {
    .name = "run",
    .usage = "PROGRAM [NAME=FILE.npy...] [-o NAME=FILE.npy...] [OPTIONS]",
    .summary = "Run a program on arrays in .npy files",
    .help =
        "PROGRAM is assembly (.wfa), an image (.wfb), told by its content, or a text in the\n"
        "language, told by its name (.weft). Each of its parameters needs one argument:\n\n"
        "  NAME=FILE.npy           input array, table or uniform\n"
        "  -o, --output NAME=FILE.npy\n"
        "                          where an output goes; what is read and written needs both\n"
        "  --set NAME=VALUE,...    value of a uniform, or all of its values\n"
        "  --shape NAME=480,640,3  extents of an output table\n\n"
        "Further options:\n\n"
        "  --space 480x640         extents of the index space, where the arrays leave them open\n"
        "  --budget N              stop after a cost of N element operations (default 2^44)\n"
        "  --threads N             work on N threads at most, 1 to 256 (default: all CPUs)\n"
        "  --backend cpu|reference what runs the program: the engine (default), or one kernel for\n"
        "                          each instruction and strip on one thread; both give the same\n"
        "                          values\n"
        "  --fast                  of a .weft: give up bits for speed, as in 'weft compile'\n"
        "  --stats                 after the run, list on stderr what was counted: runs, loops\n"
        "                          over threads, locks, allocations\n"
        "  -q, --quiet             do not list the outputs\n"
        "  -h, --help              show this\n\n"
        "Input files are never changed, unless an output is given the same name. Outputs appear\n"
        "when all of them are complete; on an error, or a signal, existing files stay as they "
        "were.\n"
        "An interrupted run ends by the signal that interrupted it.\n\n"
        "Example:\n"
        "  weft run axpy.wfa a=a.npy b=b.npy --set k=2.5 -o y=y.npy\n",
    .run = run_run,
};
