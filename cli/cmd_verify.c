/* cli/cmd_verify.c: `weft verify`: says whether a program, as text or image, keeps the rules.
 * Neighbours: cli/program_file.h. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/program_file.h"
#include "cli/report.h"
#include "cli/simple_options.h"

static int verify(const char *name)
{
    program_file file;
    bool done = program_file_read(&file, name) && program_file_load(&file, NULL);
    if (done) {
        uint32_t instructions = weft_program_instruction_count(file.program);
        uint32_t parameters = weft_program_param_count(file.program);
        (void)printf("%s: verified, %" PRIu32 " instruction%s, %" PRIu32 " parameter%s\n", name,
                     instructions, instructions == 1 ? "" : "s", parameters,
                     parameters == 1 ? "" : "s");
    }
    program_file_close(&file);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int run_verify(int argc, char **argv)
{
    const char *name;
    int status;
    if (!simple_options_operand(&command_verify, argc, argv, false, &name, &status)) {
        return status;
    }
    return verify(name);
}

const command command_verify = {
    .name = "verify",
    .usage = "FILE",
    .summary = "Check a program against the rules of the instruction set",
    .help = "FILE is assembly (.wfa), an image (.wfb), told by its content, or a text in the "
            "language,\n"
            "told by its name (.weft).\n",
    .run = run_verify,
};
