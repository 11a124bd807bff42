/* cli/main.c: the command `weft`: chooses a command and answers --help and --version.
 * What the commands share in their surroundings (open standard streams, signals) is set up here.
 * Neighbours: cli/commands.h. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <weft/weft.h>

#include "cli/commands.h"
#include "cli/report.h"

/* A closed standard stream would hand its number to the next file that is opened, and messages
 * would end up in that file. Each is held by /dev/null, opened so that using it fails. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

static int print_version(void)
{
    (void)printf("weft %s\n", weft_version());
    return EXIT_DONE;
}

static int choose(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    char name[] = "weft"; /* how getopt begins its messages */
    if (argc < 1) {
        return command_usage_error(NULL, "which command?");
    }
    argv[0] = name;
    int option = getopt_long(argc, argv, "+hV", options, NULL);
    if (option != -1) {
        return option == 'h'   ? command_print_overview()
               : option == 'V' ? print_version()
                               : command_usage_error(NULL, NULL);
    }
    if (optind >= argc) {
        return command_usage_error(NULL, "which command?");
    }
    const command *chosen = command_find(argv[optind]);
    if (!chosen) {
        return command_usage_error(NULL, NULL);
    }
    int used = optind;
    argv[used] = name;
    optind = 0; /* getopt starts afresh */
    return chosen->run(argc - used, argv + used);
}

int main(int argc, char **argv)
{
    hold_standard_streams();
    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ); /* a message is one write */
    /* A file size limit is an error of the write, as a full disk is. */
    (void)signal(SIGXFSZ, SIG_IGN);
    return report_stdout_written(choose(argc, argv));
}
