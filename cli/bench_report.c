/* cli/bench_report.c: options, the page's template and where the page goes.
 * Neighbours: cli/bench_report.h. The template is made of report/ by the build. */
#include "cli/bench_report.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/suite.h"
#include "cli/commands.h"
#include "cli/mapped_file.h"
#include "cli/program_file.h"
#include "cli/report.h"

enum { OPTION_TEMPLATE = 256, OPTION_TITLE };

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"template", required_argument, NULL, OPTION_TEMPLATE},
    {"title", required_argument, NULL, OPTION_TITLE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const command about = {
    .name = "bench report",
    .usage = "RUN.json... [-o PAGE.html]",
    .summary = "Make a page to look at of runs of `weft bench --json`",
    .help =
        "The page stands alone: it needs no network. It shows time and throughput over length,\n"
        "a roofline, weft beside its peers, the history over the runs, by their dates, and what\n"
        "got slower. Runs of one commit that have no case in common count as one.\n\n"
        "  -o, --output PAGE.html  where the page goes (default: standard output)\n"
        "  --title TEXT            the page's title\n"
        "  --template FILE         the page without figures (default: report-template.html\n"
        "                          beside the command, or where it was installed)\n"
        "  -h, --help              show this\n",
};

typedef struct choices {
    const char *out, *template, *title;
} choices;

static bool take_options(int argc, char **argv, choices *chosen, int *status)
{
    for (int option; (option = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1;)
        switch (option) {
        case 'o':
            chosen->out = optarg;
            break;
        case OPTION_TEMPLATE:
            chosen->template = optarg;
            break;
        case OPTION_TITLE:
            chosen->title = optarg;
            break;
        default:
            *status =
                option == 'h' ? command_print_help(&about) : command_usage_error(&about, NULL);
            return false;
        }
    if (optind < argc)
        return true;
    *status = command_usage_error(&about, "which runs? Give files of `weft bench --json`");
    return false;
}

/* Beside the executable, where the build puts it, or in share/weft of where it was installed. */
static bool find_template(char *path, size_t size)
{
    static const char *const places[] = {"report-template.html",
                                         "../share/weft/report-template.html"};
    char folder[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++)
        if (snprintf(path, size, "%s/%s", folder, places[i]) < (int)size && access(path, R_OK) == 0)
            return true;
    report("no report-template.html beside the command or in share/weft: `scripts/deps report` "
           "installs what it is made of, then configure and build again");
    return false;
}

/* The whole file with a zero behind it, to be released with free; NULL with a report. */
static char *read_text(const char *path)
{
    mapped_file file;
    if (!mapped_file_open(&file, path, false))
        return NULL;
    char *text = malloc(file.length + 1);
    if (text) {
        if (file.length)
            memcpy(text, file.bytes, file.length);
        text[file.length] = '\0';
    } else {
        report("out of memory");
    }
    mapped_file_close(&file);
    return text;
}

static bool write_page(const char *out, const char *text, size_t length)
{
    if (out)
        return program_file_write(out, text, length);
    (void)fwrite(text, 1, length, stdout); /* main checks stdout */
    return true;
}

int bench_report(int argc, char **argv)
{
    choices chosen = {.out = NULL};
    char path[PATH_MAX + 64], message[BENCH_MESSAGE_MAX], *text;
    int status = EXIT_FAILED;
    size_t length;
    if (!take_options(argc, argv, &chosen, &status))
        return status;
    if (!chosen.template && !find_template(path, sizeof path))
        return EXIT_FAILED;
    char *template = read_text(chosen.template ? chosen.template : path);
    if (!template)
        return EXIT_FAILED;
    const bench_page_options options = {(const char *const *)argv + optind, (size_t)(argc - optind),
                                        template, chosen.title};
    if (bench_page(&options, &text, &length, message) != BENCH_OK)
        report("%s", message);
    else
        status = write_page(chosen.out, text, length) ? EXIT_DONE : EXIT_FAILED;
    free(text);
    free(template);
    return status;
}
