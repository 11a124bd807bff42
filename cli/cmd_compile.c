/* cli/cmd_compile.c: `weft compile`: a text in the language, or an expression, to an image; or the
 * reasons why the program is as it is.
 * Neighbours: cli/program_file.h, cli/cmd_asm.c (the same of assembly), cli/cmd_dis.c. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/option_values.h"
#include "cli/program_file.h"
#include "cli/report.h"

enum { OPTION_FAST = 256, OPTION_FORM, OPTION_ELEMENTS, OPTION_EXPLAIN };

typedef struct compile_options {
    weft_compile_options compile;
    weft_variable *variables;
    const char *expression; /* -e, or NULL */
    const char *file;       /* NULL with -e */
    const char *output;     /* NULL: not given */
    bool explain;
} compile_options;

/* "a:f32[2]" becomes a variable; the argument is cut up. */
static bool parse_variable(char *argument, weft_variable *out)
{
    char *colon = strchr(argument, ':');
    if (!colon || colon == argument) {
        return false;
    }
    *colon = '\0';
    *out = (weft_variable){.name = argument, .rank = 1};
    char *bracket = strchr(colon + 1, '[');
    if (bracket) {
        uint64_t rank = 0;
        const char *text = bracket + 1;
        if (!option_number(&text, "]", WEFT_MAX_RANK, &rank) || strcmp(text, "]") != 0) {
            *colon = ':';
            return false;
        }
        out->rank = (int32_t)rank;
        *bracket = '\0';
    }
    out->type = weft_dtype_from_name(colon + 1);
    if (out->type == WEFT_NONE) {
        *colon = ':';
    }
    return out->type != WEFT_NONE;
}

static int add_variable(compile_options *options, char *argument)
{
    if (parse_variable(argument, &options->variables[options->compile.n_variables])) {
        options->compile.n_variables++;
        return EXIT_DONE;
    }
    return command_usage_error(
        &command_compile, "'%s': expected NAME:TYPE or NAME:TYPE[AXES], as in a:f32[2]", argument);
}

static int set_form(compile_options *options, const char *argument)
{
    static const char *const forms[] = {
        [WEFT_CODE_AUTO] = "auto",
        [WEFT_CODE_LOOP] = "loop",
        [WEFT_CODE_UNROLLED] = "unrolled",
    };
    for (uint32_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (strcmp(argument, forms[i]) == 0) {
            options->compile.form = i;
            return EXIT_DONE;
        }
    }
    return command_usage_error(&command_compile, "--form '%s': expected auto, loop or unrolled",
                               argument);
}

/* Returns EXIT_DONE to go on. */
static int take_option(compile_options *options, int option, char *argument)
{
    switch (option) {
    case 'o':
        options->output = argument;
        return EXIT_DONE;
    case 'e':
        options->expression = argument;
        return EXIT_DONE;
    case OPTION_FAST:
        options->compile.flags = WEFT_FAST;
        return EXIT_DONE;
    case OPTION_FORM:
        return set_form(options, argument);
    case OPTION_ELEMENTS:
        return option_positive(&command_compile, "--elements", argument,
                               &options->compile.elements);
    case OPTION_EXPLAIN:
        options->explain = true;
        return EXIT_DONE;
    default:
        return command_usage_error(&command_compile, NULL);
    }
}

/* What the options do not say by themselves. */
static int check_options(const compile_options *options)
{
    if (!options->file && !options->expression) {
        return command_usage_error(&command_compile, "which file? Or -e EXPR");
    }
    if (options->compile.form == WEFT_CODE_UNROLLED && options->compile.elements == 0) {
        return command_usage_error(&command_compile, "--form unrolled needs --elements");
    }
    if (!options->file && !options->output && !options->explain) {
        return command_usage_error(&command_compile, "-e needs -o FILE.wfb or --explain");
    }
    return EXIT_DONE;
}

/* True to go on; or false with the exit status in *status. */
static bool parse_options(compile_options *options, int argc, char **argv, int *status)
{
    static const struct option long_options[] = {
        {"output", required_argument, NULL, 'o'},
        {"expression", required_argument, NULL, 'e'},
        {"fast", no_argument, NULL, OPTION_FAST},
        {"form", required_argument, NULL, OPTION_FORM},
        {"elements", required_argument, NULL, OPTION_ELEMENTS},
        {"explain", no_argument, NULL, OPTION_EXPLAIN},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *status = EXIT_DONE;
    for (int option; *status == EXIT_DONE &&
                     (option = getopt_long(argc, argv, "o:e:h", long_options, NULL)) != -1;) {
        if (option == 'h') {
            *status = command_print_help(&command_compile);
            return false;
        }
        *status = take_option(options, option, optarg);
    }
    if (*status == EXIT_DONE && !options->expression && optind < argc) {
        options->file = argv[optind++];
    }
    for (; *status == EXIT_DONE && optind < argc; optind++) {
        *status = add_variable(options, argv[optind]);
    }
    if (*status == EXIT_DONE) {
        *status = check_options(options);
    }
    return *status == EXIT_DONE;
}

/* The text, from the file or from -e, as a program's file. */
static bool read_text(program_file *program, const compile_options *options)
{
    if (!options->expression) {
        if (!program_file_read(program, options->file)) {
            return false;
        }
        if (program->kind == PROGRAM_IMAGE) {
            report("%s: is an image already", program->name);
            return false;
        }
    } else {
        *program = (program_file){.name = "expression"};
        program->bytes = strdup(options->expression);
        program->length = strlen(options->expression);
        if (!program->bytes) {
            report("%s", strerror(ENOMEM));
            return false;
        }
    }
    program->kind = PROGRAM_LANGUAGE;
    program->compile = &options->compile;
    return true;
}

static bool print_reasons(const program_file *program, const compile_options *options)
{
    char *text;
    size_t length;
    weft_error error;
    if (weft_explain(program->program, options->compile.elements, &text, &length, &error) !=
        WEFT_OK) {
        report_library_error(program->name, &error, NULL, 0);
        return false;
    }
    (void)fwrite(text, 1, length, stdout); /* main checks stdout */
    weft_free(text);
    return true;
}

/* --explain alone writes no file. */
static bool save_image(const program_file *program, const compile_options *options)
{
    if (options->explain && !options->output) {
        return true;
    }
    char *name = options->output ? NULL : program_file_image_name(program, ".weft");
    bool done = (options->output || name) &&
                program_file_save(program, options->output ? options->output : name);
    free(name);
    return done;
}

static int compile(const compile_options *options)
{
    program_file program;
    bool done = read_text(&program, options) && program_file_load(&program, NULL) &&
                save_image(&program, options) &&
                (!options->explain || print_reasons(&program, options));
    program_file_close(&program);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int run_compile(int argc, char **argv)
{
    int status;
    compile_options options = {.compile = {.size = sizeof options.compile}};
    options.variables = calloc((size_t)argc, sizeof *options.variables);
    options.compile.variables = options.variables;
    if (!options.variables) {
        report("%s", strerror(ENOMEM));
        return EXIT_FAILED;
    }
    if (parse_options(&options, argc, argv, &status)) {
        status = compile(&options);
    }
    free(options.variables);
    return status;
}

const command command_compile = {
    .name = "compile",
    .usage = "FILE.weft|-e EXPR [NAME:TYPE[AXES]...] [-o FILE.wfb] [OPTIONS]",
    .summary = "Compile a text in the language into a program image",
    .help =
        "  -e, --expression EXPR   compile an expression instead of a file; its result is the\n"
        "                          parameter 'out'\n"
        "  -o, --output FILE.wfb   where the image goes (default: FILE with .wfb)\n"
        "  --explain               print why the program is as it is: its loops, strips live at\n"
        "                          once, strip length, bytes moved for each element, a bound on "
        "its\n"
        "                          time; no image is written unless -o is given as well\n"
        "  --fast                  allow what changes last bits: a * b + c in one rounding, other\n"
        "                          orders of operations\n"
        "  --form auto|loop|unrolled\n"
        "                          a loop over any number of elements, or straight-line code for\n"
        "                          exactly as many as --elements says (default: auto)\n"
        "  --elements N            how many elements there are\n"
        "  -h, --help              show this\n\n"
        "NAME:TYPE says what a name is that the text does not declare itself, as in a:f32: an "
        "array\n"
        "of one axis; a:f32[2] is one of two axes, k:f32[0] a single value. The types: i8 to i64,\n"
        "u8 to u64, f16, bf16, f32, f64, bool. 'weft dis' shows the program.\n\n"
        "Example:\n"
        "  weft compile -e 'a*b + c*2' a:f32 b:f32 c:f32 --explain\n",
    .run = run_compile,
};
