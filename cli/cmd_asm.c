/* cli/cmd_asm.c: `weft asm`: assembly text to an image.
 * Neighbours: cli/program_file.h, cli/cmd_dis.c (the way back). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/program_file.h"
#include "cli/report.h"
#include "cli/simple_options.h"

/* IN with ".wfb" for ".wfa", or after it; newly allocated. */
static char *default_name(const char *in)
{
    size_t length = strlen(in);
    size_t size = length + sizeof ".wfb";
    char *name = malloc(size);
    if (!name) {
        report("%s", strerror(ENOMEM));
        return NULL;
    }
    if (length > 4 && strcmp(in + length - 4, ".wfa") == 0) {
        length -= 4;
    }
    (void)snprintf(name, size, "%.*s.wfb", (int)length, in);
    return name;
}

static bool save(const program_file *program, const char *out)
{
    void *image;
    size_t length;
    weft_error error;
    if (weft_save(program->program, &image, &length, &error) != WEFT_OK) {
        report_library_error(program->name, &error, NULL, 0);
        return false;
    }
    bool done = program_file_write(out, image, length);
    weft_free(image);
    return done;
}

static int assemble(const char *in, const char *out)
{
    program_file program;
    bool done = program_file_read(&program, in);
    if (done && program.is_image) {
        report("%s: is an image already", in);
        done = false;
    }
    char *name = done && !out ? default_name(in) : NULL;
    done = done && (out || name) && program_file_load(&program, NULL) &&
           save(&program, out ? out : name);
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
