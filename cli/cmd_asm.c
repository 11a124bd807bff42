/* cli/cmd_asm.c: `weft asm`: assembly text to an image.
 * Neighbours: cli/program_file.h, cli/cmd_dis.c (the way back). */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/program_file.h"
#include "cli/report.h"
#include "cli/simple_options.h"

static int assemble(const char *in, const char *out)
{
    program_file program;
    bool done = program_file_read(&program, in);
    if (done && program.kind != PROGRAM_ASSEMBLY) {
        report(program.kind == PROGRAM_IMAGE ? "%s: is an image already"
                                             : "%s: is no assembly: see 'weft compile'",
               in);
        done = false;
    }
    char *name = done && !out ? program_file_image_name(&program, ".wfa") : NULL;
    done = done && (out || name) && program_file_load(&program, NULL) &&
           program_file_save(&program, out ? out : name);
    free(name);
    program_file_close(&program);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int run_asm(int argc, char **argv)
{
    const char *in;
    const char *out;
    int status;
    if (!simple_options_in_out(&command_asm, argc, argv, &in, &out, &status)) {
        return status;
    }
    return assemble(in, out);
}

const command command_asm = {
    .name = "asm",
    .usage = "IN.wfa [-o OUT.wfb]",
    .summary = "Assemble text into a program image",
    .help = "  -o, --output OUT.wfb   where the image goes (default: IN with .wfb)\n"
            "  -h, --help             show this\n\n"
            "The program is verified first; OUT is written only if it passes.\n",
    .run = run_asm,
};
