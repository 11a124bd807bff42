/* tests/support/language.c: texts with what is expected of them (tests/support/language.h). */
#include "tests/support/language.h"

#include <stdlib.h>
#include <string.h>

#include "simd/levels.h"
#include "tests/support/support.h"

static void read_variables(const char *with, test_language *language)
{
    char type[8];
    int rank, used;
    while (*with && *with != '\n') {
        char *name = language->names[language->n_variables];
        if (language->n_variables == TEST_VARIABLES ||
            sscanf(with, " %63s %7s %d%n", name, type, &rank, &used) != 3)
            test_die("'%s': no list of variables", with);
        language->variables[language->n_variables++] =
            (weft_variable){.name = name, .type = weft_dtype_from_name(type), .rank = rank};
        with += used + (with[used] == ';');
    }
}

static void set_text(const char *text, size_t length, test_language *language)
{
    language->text = malloc(length ? length : 1);
    if (length)
        memcpy(language->text, text, length);
    language->length = length;
}

void test_language_make(const char *text, const char *with, test_language *language)
{
    memset(language, 0, sizeof *language);
    set_text(text, strlen(text), language);
    read_variables(with, language);
}

void test_language_read(const char *path, test_language *language)
{
    size_t length;
    char *text = test_read(path, &length);
    const char *second = strchr(text, '\n');
    memset(language, 0, sizeof *language);
    language->good = strncmp(text, "# ok", 4) == 0;
    if (!language->good && sscanf(text, "# expect: %d:%d: %255[^\r\n]", &language->line,
                                  &language->column, language->message) != 3)
        test_die("%s: no expectation on its first line", path);
    if (second && strncmp(second + 1, "# with: ", 8) == 0)
        read_variables(second + 9, language);
    set_text(text, length, language);
    free(text);
}

weft_status test_language_lower(const test_language *language, const weft_allocator *allocator,
                                weft_graph *graph, weft_error *error)
{
    weft_text_options options = {.variables = language->variables,
                                 .n_variables = language->n_variables};
    weft_graph_init(graph, allocator, &weft_kernels_scalar, 0, error);
    return weft_lower(graph, language->text, language->length, &options, error);
}
