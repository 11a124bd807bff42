/* bench/page.c: `weft bench report` from file names to the page's text.
 * Neighbours: bench/page.h. */
#include "bench/page.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the template has where the data go. */
static const char placeholder[] = "{\"weft\":\"data\"}";

bool page_no_memory(page *to)
{
    (void)snprintf(to->message, BENCH_MESSAGE_MAX, "%s", strerror(ENOMEM));
    return false;
}

const char *page_word(page *to, const char *text)
{
    if (!json_object_get(to->words, text) &&
        json_object_set_new(to->words, text, json_integer(0)) != 0)
        return NULL;
    void *entry = json_object_iter_at(to->words, text);
    return entry ? json_object_iter_key(entry) : NULL;
}

bool page_grow(void **items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return true;
    const size_t wanted = *capacity ? 2 * *capacity : 16;
    void *bigger = wanted <= SIZE_MAX / size ? realloc(*items, wanted * size) : NULL;
    if (!bigger)
        return false;
    *items = bigger;
    *capacity = wanted;
    return true;
}

static void release(page *done)
{
    for (size_t r = 0; r < done->run_count; r++) {
        page_run *run = &done->runs[r];
        for (size_t i = 0; i < run->count; i++)
            free(run->series[i].samples);
        free(run->series);
        json_decref(run->parts);
        json_decref(run->places);
    }
    free(done->runs);
    free(done->changes);
    json_decref(done->words);
}

/* The template with the data in its place. */
static char *fill(const char *template, const char *data, size_t *length)
{
    const char *place = strstr(template, placeholder);
    const size_t before = (size_t)(place - template), held = strlen(data);
    const char *after = place + sizeof placeholder - 1;
    *length = before + held + strlen(after);
    char *text = malloc(*length + 1);
    if (!text)
        return NULL;
    memcpy(text, template, before);
    memcpy(text + before, data, held);
    memcpy(text + before + held, after, strlen(after) + 1);
    return text;
}

static bool make(page *to, const bench_page_options *options, char **text, size_t *length)
{
    if (!strstr(options->template, placeholder)) {
        (void)snprintf(to->message, BENCH_MESSAGE_MAX,
                       "the template is not that of this version: it has no place for the data");
        return false;
    }
    if (!to->words)
        return page_no_memory(to);
    for (size_t i = 0; i < options->file_count; i++)
        if (!page_read(to, options->files[i]))
            return false;
    if (!page_compare(to))
        return false;
    char *data = page_data(to, options->title);
    *text = data ? fill(options->template, data, length) : NULL;
    free(data);
    return *text || page_no_memory(to);
}

bench_status bench_page(const bench_page_options *options, char **text, size_t *length,
                        char message[BENCH_MESSAGE_MAX])
{
    page all = {.words = json_object(), .message = message};
    *text = NULL;
    const bool made = make(&all, options, text, length);
    release(&all);
    return made ? BENCH_OK : BENCH_FAILED;
}
