/* cli/cmd_dis.c: `weft dis`: an image, or what is compiled from a text, as assembly text.
 * Neighbours: cli/program_file.h, cli/cmd_asm.c (the way back). */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/program_file.h"
#include "cli/report.h"
#include "cli/simple_options.h"

static bool write_text(const program_file *program, const char *out)
{
    char *text;
    size_t length;
    weft_error error;
    if (weft_disassemble(program->program, &text, &length, &error) != WEFT_OK) {
        report_library_error(program->name, &error, NULL, 0);
        return false;
    }
    bool done = true;
    if (out) {
        done = program_file_write(out, text, length);
    } else {
        (void)fwrite(text, 1, length, stdout); /* main checks stdout */
    }
    weft_free(text);
    return done;
}

static int disassemble(const char *in, const char *out)
{
    program_file program;
    bool done = program_file_read(&program, in);
    if (done && program.kind == PROGRAM_ASSEMBLY) {
        report("%s: is not an image (it does not begin with 'WEFT')", in);
        done = false;
    }
    done = done && program_file_load(&program, NULL) && write_text(&program, out);
    program_file_close(&program);
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int run_dis(int argc, char **argv)
{
    const char *in;
    const char *out;
    int status;
    if (!simple_options_in_out(&command_dis, argc, argv, &in, &out, &status)) {
        return status;
    }
    return disassemble(in, out);
}

const command command_dis = {
    .name = "dis",
    .usage = "IN.wfb|IN.weft [-o OUT.wfa]",
    .summary = "Disassemble a program image into text",
    .help = "  -o, --output OUT.wfa   where the text goes (default: standard output)\n"
            "  -h, --help             show this\n\n"
            "Assembling the text gives the same image, byte for byte. Of a text in the language\n"
            "(.weft) it shows what 'weft compile' makes of it.\n",
    .run = run_dis,
};
