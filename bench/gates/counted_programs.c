/* bench/gates/counted_programs.c: making programs: from text, from images, from the cache, and
 * back. Neighbours: bench/gates/instructions.h, bench/engine_programs.h (the programs). */
#include <stdio.h>
#include <string.h>

#include "bench/engine_programs.h"
#include "bench/gates/instructions.h"

enum { CALLS = 4, LOOKUPS = 100 };

/* A program in all its forms. */
typedef struct counted_text {
    weft_context *context;
    const char *text;
    size_t length;
    weft_program *program;
    void *image;
    size_t image_length;
} counted_text;

static weft_status assemble(void *self)
{
    const counted_text *t = self;
    weft_program *program;
    const weft_status status = weft_assemble(t->context, t->text, t->length, &program, NULL);
    weft_program_release(program);
    return status;
}

static weft_status assemble_cached(void *self)
{
    const counted_text *t = self;
    weft_program *program;
    const weft_status status = weft_assemble_cached(t->context, t->text, t->length, &program, NULL);
    weft_program_release(program);
    return status;
}

static weft_status verify(void *self)
{
    const counted_text *t = self;
    return weft_verify(t->context, t->image, t->image_length, NULL);
}

static weft_status load(void *self)
{
    const counted_text *t = self;
    weft_program *program;
    const weft_status status = weft_load(t->context, t->image, t->image_length, &program, NULL);
    weft_program_release(program);
    return status;
}

static weft_status save(void *self)
{
    const counted_text *t = self;
    void *image;
    size_t length;
    const weft_status status = weft_save(t->program, &image, &length, NULL);
    weft_free(image);
    return status;
}

static weft_status disassemble(void *self)
{
    const counted_text *t = self;
    char *text;
    size_t length;
    const weft_status status = weft_disassemble(t->program, &text, &length, NULL);
    weft_free(text);
    return status;
}

/* Long: what would take time in the square of the length is seen here first. */
static const char *long_text(void)
{
    enum { STEPS = 400, STEP = 64 };
    static char text[STEPS * STEP + 256];
    size_t at = (size_t)snprintf(text, sizeof text,
                                 ".in a f32\n.table t f32\n.out y f32\nlength.i64 s0, [t], 0\n"
                                 "loop\nld.f32 v0, [a]\nmov.f32 v1, v0\n");
    for (int i = 0; i < STEPS; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "fma.f32 v%d, v%d, v%d, v0\n",
                               (i + 2) % 200, (i + 1) % 200, i % 200);
    (void)snprintf(text + at, sizeof text - at, "st.f32 v1, [y]\nend\nexit\n");
    return text;
}

static weft_status take(counted_text *t, weft_context *context, const char *text, weft_error *error)
{
    *t = (counted_text){.context = context, .text = text, .length = strlen(text)};
    weft_status status = weft_assemble(context, text, t->length, &t->program, error);
    if (!status)
        status = weft_save(t->program, &t->image, &t->image_length, error);
    return status;
}

weft_status counted_programs(counted_setting *setting, weft_error *error)
{
    static counted_text transform, polynomial, longest;
    const struct {
        const char *name;
        uint32_t calls;
        weft_status (*call)(void *self);
        counted_text *text;
    } rows[] = {
        {"assemble/transform", CALLS, assemble, &transform},
        {"assemble/polynomial", CALLS, assemble, &polynomial},
        {"assemble/long", CALLS, assemble, &longest},
        {"assemble/cached", LOOKUPS, assemble_cached, &transform},
        {"verify/transform", CALLS, verify, &transform},
        {"verify/polynomial", CALLS, verify, &polynomial},
        {"verify/long", CALLS, verify, &longest},
        {"image/load", CALLS, load, &transform},
        {"image/save", CALLS, save, &transform},
        {"image/disassemble", CALLS, disassemble, &transform},
    };
    weft_status status = take(&transform, setting->context, engine_transform_text, error);
    if (!status)
        status = take(&polynomial, setting->context, engine_polynomial_text, error);
    if (!status)
        status = take(&longest, setting->context, long_text(), error);
    for (size_t i = 0; !status && i < sizeof rows / sizeof rows[0]; i++)
        status = counted_add(setting, rows[i].name, rows[i].calls, rows[i].call, rows[i].text);
    return status;
}
