/* cli/cmd_info.c: `weft info`: version, machine and levels, for people or as JSON.
 * Neighbours: cli/machine.h. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

#include "cli/commands.h"
#include "cli/machine.h"
#include "cli/report.h"
#include "cli/simple_options.h"

/* Every level there is, from low to high. */
static const struct {
    weft_level level;
    const char *meaning;
} levels[] = {
#define ROW(NAME, value, text, words) {WEFT_LEVEL_##NAME, words},
    WEFT_LEVEL_TABLE(ROW)
#undef ROW
};
#define LEVEL_COUNT (sizeof levels / sizeof levels[0])

/* --- for people ------------------------------------------------------------------------------- */

static void print_size(long bytes)
{
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
        (void)printf("%ld MiB", bytes >> 20);
    } else {
        (void)printf("%ld KiB", bytes >> 10);
    }
}

static void print_caches(const machine *here)
{
    for (size_t i = 0; i < here->cache_count; i++) {
        const machine_cache *cache = &here->caches[i];
        (void)printf("%-14s", i == 0 ? "caches" : "");
        (void)printf("%s ", cache->name);
        print_size(cache->size);
        if (cache->line) {
            (void)printf(", lines of %ld bytes", cache->line);
        }
        (void)printf("\n");
    }
}

static void print_features(const machine *here)
{
    size_t shown = 0;
    (void)printf("%-14s", "features");
    for (size_t i = 0; i < here->feature_count; i++) {
        if (here->features[i].present) {
            (void)printf("%s%s", shown++ ? " " : "", here->features[i].name);
        }
    }
    (void)printf("%s\n", shown ? "" : "none that a level needs");
}

static int print_text(const machine *here, weft_level used)
{
    (void)printf("%-14s%s\n", "version", weft_version());
    (void)printf("%-14s%s\n", "cpu", here->cpu);
    (void)printf("%-14s%s\n", "architecture", here->architecture);
    if (here->online_cpus) {
        (void)printf("%-14s%ld\n", "cpus online", here->online_cpus);
    }
    print_features(here);
    print_caches(here);
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        (void)printf("%-14s%s: %s%s\n", i == 0 ? "levels" : "", weft_level_name(levels[i].level),
                     levels[i].meaning,
                     levels[i].level == used                 ? " (used)"
                     : weft_level_available(levels[i].level) ? ""
                                                             : " (not here)");
    }
    return EXIT_DONE;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *describe_features(const machine *here)
{
    json_t *list = json_array();
    for (size_t i = 0; i < here->feature_count; i++) {
        if (here->features[i].present) {
            (void)json_array_append_new(list, json_string(here->features[i].name));
        }
    }
    return list;
}

static json_t *describe_caches(const machine *here)
{
    json_t *list = json_array();
    for (size_t i = 0; i < here->cache_count; i++) {
        const machine_cache *cache = &here->caches[i];
        json_t *item = json_pack("{s:s, s:I, s:I}", "name", cache->name, "size",
                                 (json_int_t)cache->size, "line", (json_int_t)cache->line);
        (void)json_array_append_new(list, item);
    }
    return list;
}

static json_t *describe_levels(weft_level used)
{
    json_t *list = json_array();
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        json_t *item =
            json_pack("{s:s, s:b, s:b}", "name", weft_level_name(levels[i].level), "available",
                      weft_level_available(levels[i].level), "used", levels[i].level == used);
        (void)json_array_append_new(list, item);
    }
    return list;
}

static int print_json(const machine *here, weft_level used)
{
    json_t *cpu = json_string(here->cpu);
    json_t *info =
        json_pack("{s:s, s:o, s:s, s:I, s:o, s:o, s:o}", "version", weft_version(), "cpu",
                  cpu ? cpu : json_string("unknown"), "architecture", here->architecture,
                  "cpus_online", (json_int_t)here->online_cpus, "features", describe_features(here),
                  "caches", describe_caches(here), "levels", describe_levels(used));
    if (!info) {
        report("%s", strerror(ENOMEM));
        return EXIT_FAILED;
    }
    (void)json_dumpf(info, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(info);
    return EXIT_DONE;
}

static int run_info(int argc, char **argv)
{
    bool as_json;
    int status;
    if (!simple_options_json(&command_info, argc, argv, &as_json, &status)) {
        return status;
    }
    machine here;
    machine_describe(&here);
    weft_level used;
    weft_error error;
    if (weft_level_default(&used, &error) != WEFT_OK) {
        report("%s", error.message);
        return EXIT_FAILED;
    }
    return as_json ? print_json(&here, used) : print_text(&here, used);
}

const command command_info = {
    .name = "info",
    .usage = "[--json]",
    .summary = "Show the version, this machine and the levels it can use",
    .help = "  --json      as JSON\n"
            "  -h, --help  show this\n",
    .run = run_info,
};
