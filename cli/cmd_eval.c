/* cli/cmd_eval.c: `weft eval`: an expression on arrays in .npy files and on numbers.
 * A file appears only when all is well. Neighbours: cli/eval_inputs.h (the arguments),
 * cli/output_file.h, cli/summary.h (what is printed). */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/compile.h>

#include "cli/commands.h"
#include "cli/eval_inputs.h"
#include "cli/npy.h"
#include "cli/open_context.h"
#include "cli/option_values.h"
#include "cli/output_file.h"
#include "cli/report.h"
#include "cli/summary.h"
#include "cli/watch.h"

enum { OPTION_FAST = 256, OPTION_THREADS, OPTION_BACKEND };

typedef struct eval_options {
    const char *expression;
    const char *output; /* NULL: not given */
    uint32_t flags;     /* WEFT_FAST_* */
    weft_context_options context;
    eval_input *inputs;
    int input_count;
} eval_options;

/* --- the command line ------------------------------------------------------------------------- */

/* Returns EXIT_DONE to go on. */
static int take_option(eval_options *options, int option, char *argument)
{
    switch (option) {
    case 'o':
        options->output = argument;
        return EXIT_DONE;
    case OPTION_FAST:
        options->flags = WEFT_FAST;
        return EXIT_DONE;
    case OPTION_THREADS:
        return option_threads(&command_eval, argument, &options->context.threads);
    case OPTION_BACKEND:
        return option_backend(&command_eval, argument, &options->context.backend);
    default:
        return command_usage_error(&command_eval, NULL);
    }
}

static int take_input(eval_options *options, char *argument)
{
    if (option_split(argument, &options->inputs[options->input_count].given)) {
        options->input_count++;
        return EXIT_DONE;
    }
    return command_usage_error(
        &command_eval, "'%s': expected NAME=FILE.npy, NAME=NUMBER or NAME=TYPE:NUMBER", argument);
}

/* True to go on; or false with the exit status in *status. */
static bool parse_options(eval_options *options, int argc, char **argv, int *status)
{
    static const struct option long_options[] = {
        {"output", required_argument, NULL, 'o'},
        {"fast", no_argument, NULL, OPTION_FAST},
        {"threads", required_argument, NULL, OPTION_THREADS},
        {"backend", required_argument, NULL, OPTION_BACKEND},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *status = EXIT_DONE;
    for (int option; *status == EXIT_DONE &&
                     (option = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1;) {
        if (option == 'h') {
            *status = command_print_help(&command_eval);
            return false;
        }
        *status = take_option(options, option, optarg);
    }
    if (*status == EXIT_DONE && optind >= argc) {
        *status = command_usage_error(&command_eval, "which expression?");
    }
    if (*status == EXIT_DONE) {
        options->expression = argv[optind++];
    }
    for (; *status == EXIT_DONE && optind < argc; optind++) {
        *status = take_input(options, argv[optind]);
    }
    return *status == EXIT_DONE;
}

/* --- the evaluation --------------------------------------------------------------------------- */

/* One evaluation: all that it holds. */
typedef struct evaluation {
    const eval_options *options;
    weft_context *context;
    eval_inputs inputs;
    weft_arg result;
    void *memory; /* of the result, where there is no -o */
    output_file file;
} evaluation;

static bool call_eval(evaluation *work)
{
    weft_error error;
    const eval_inputs *inputs = &work->inputs;
    weft_status status = weft_eval(work->context, inputs->text, inputs->length, inputs->args,
                                   inputs->nargs, work->options->flags, &work->result, &error);
    if (status != WEFT_OK) {
        eval_inputs_report(inputs, &error);
    }
    return status == WEFT_OK;
}

/* The file, mapped, with its header. */
static bool make_file(evaluation *work, const npy_header *header)
{
    unsigned char head[NPY_HEADER_MAX];
    size_t head_length = npy_format(header, head, sizeof head);
    if (head_length == 0) {
        report("%s: no .npy file can hold %s", work->options->output,
               weft_dtype_name(header->type));
        return false;
    }
    if (!output_file_create(&work->file, work->options->output,
                            head_length + header->data_length) ||
        !output_file_map(&work->file)) {
        return false;
    }
    memcpy(work->file.bytes, head, head_length);
    work->result.data = work->file.bytes + head_length;
    return true;
}

/* Room for the result, whose type and shape are known. */
static bool make_room(evaluation *work)
{
    npy_header header = {.type = work->result.type, .rank = work->result.rank};
    memcpy(header.shape, work->result.shape, sizeof header.shape);
    if (npy_measure(&header) != 0) {
        report("the result would be too large");
        return false;
    }
    if (work->options->output) {
        return make_file(work, &header);
    }
    work->memory = malloc(header.data_length ? header.data_length : 1);
    work->result.data = work->memory;
    if (!work->memory) {
        report("the result: %s", strerror(ENOMEM));
    }
    return work->memory != NULL;
}

static bool print_result(evaluation *work)
{
    if (!work->options->output) {
        return summary_print(work->context, &work->result);
    }
    summary_print_type(&work->result);
    (void)printf(" -> %s\n", work->options->output);
    return true;
}

static bool evaluate(evaluation *work)
{
    output_file *files[] = {&work->file};
    bool done =
        open_context(&work->options->context, &work->context) &&
        eval_inputs_open(&work->inputs, work->options->expression) && call_eval(work) &&
        make_room(work) && call_eval(work) &&
        (!work->options->output || (output_file_flush(files[0]) && output_files_commit(files, 1)));
    return done && print_result(work);
}

static int eval_with(const eval_options *options)
{
    evaluation work = {
        .options = options,
        .inputs = {.items = options->inputs, .count = options->input_count},
    };
    watch_without_cancel();
    bool done = evaluate(&work);
    output_file_close(&work.file);
    free(work.memory);
    eval_inputs_close(&work.inputs);
    weft_context_destroy(work.context);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int run_eval(int argc, char **argv)
{
    int status;
    eval_options options = {.context = {.size = sizeof options.context}};
    options.inputs = calloc((size_t)argc, sizeof *options.inputs);
    if (!options.inputs) {
        report("%s", strerror(ENOMEM));
        return EXIT_FAILED;
    }
    if (parse_options(&options, argc, argv, &status)) {
        status = eval_with(&options);
    }
    free(options.inputs);
    return status;
}

const command command_eval = {
    .name = "eval",
    .usage = "EXPR [NAME=FILE.npy|NAME=NUMBER...] [-o OUT.npy] [OPTIONS]",
    .summary = "Evaluate an expression on arrays and numbers",
    .help =
        "Types and shapes follow NumPy's rules. Each name in EXPR needs one argument:\n\n"
        "  NAME=FILE.npy           an array\n"
        "  NAME=NUMBER             a number, which takes the type of what it meets, as if it stood "
        "in\n"
        "                          EXPR: 2, -0.5, 1e-3, inf, nan, True, False\n"
        "  NAME=TYPE:NUMBER        a single value of that type, as in f64:0.1\n\n"
        "Options:\n\n"
        "  -o, --output OUT.npy    where the result goes; it appears when it is complete. Without "
        "it a\n"
        "                          single value is printed, and of an array a summary\n"
        "  --fast                  allow what changes last bits: a * b + c in one rounding, other\n"
        "                          orders of operations\n"
        "  --threads N             work on N threads at most, 1 to 256 (default: all CPUs)\n"
        "  --backend cpu|reference what evaluates: the engine (default), or one kernel for each\n"
        "                          instruction and strip on one thread\n"
        "  -h, --help              show this\n\n"
        "An expression that begins with a minus comes behind --.\n\n"
        "Examples:\n"
        "  weft eval 'a*b + c*2' a=a.npy b=b.npy c=3 -o y.npy\n"
        "  weft eval 'sum(x * x, axis=1)' x=x.npy\n",
    .run = run_eval,
};
