/* cli/machine.c: asks the system about the CPU; what it does not tell stays unknown.
 * Neighbours: cli/cmd_info.c. */
#include "cli/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The value of "model name : VALUE" in /proc/cpuinfo. */
static void find_model(char out[MACHINE_TEXT_MAX])
{
    static const char key[] = "model name";
    char line[512];
    (void)snprintf(out, MACHINE_TEXT_MAX, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file) {
        return;
    }
    while (fgets(line, sizeof line, file)) {
        char *value = strchr(line, ':');
        if (value && strncmp(line, key, sizeof key - 1) == 0) {
            value += 1 + strspn(value + 1, " \t");
            value[strcspn(value, "\n")] = '\0';
            (void)snprintf(out, MACHINE_TEXT_MAX, "%.*s", MACHINE_TEXT_MAX - 1, value);
            break;
        }
    }
    (void)fclose(file);
}

static void find_architecture(char out[MACHINE_TEXT_MAX])
{
    struct utsname name;
    bool known = uname(&name) >= 0;
    (void)snprintf(out, MACHINE_TEXT_MAX, "%.*s", MACHINE_TEXT_MAX - 1,
                   known ? name.machine : "unknown");
}

static void find_features(machine *out)
{
#if defined(__x86_64__)
    const machine_feature features[] = {
        {"sse4.1", __builtin_cpu_supports("sse4.1") != 0},
        {"avx2", __builtin_cpu_supports("avx2") != 0},
        {"fma", __builtin_cpu_supports("fma") != 0},
        {"avx512f", __builtin_cpu_supports("avx512f") != 0},
        {"avx512vl", __builtin_cpu_supports("avx512vl") != 0},
        {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
        {"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
    };
    out->feature_count = sizeof features / sizeof features[0];
    memcpy(out->features, features, sizeof features);
#else
    out->feature_count = 0;
#endif
}

/* The first line of a file; "" where it cannot be read. */
static void read_line(const char *path, char out[MACHINE_TEXT_MAX])
{
    out[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file) {
        return;
    }
    if (fgets(out, MACHINE_TEXT_MAX, file)) {
        out[strcspn(out, "\n")] = '\0';
    }
    (void)fclose(file);
}

/* A fact of the first CPU's cache of that index in sysfs. */
static void read_cache_file(int index, const char *name, char out[MACHINE_TEXT_MAX])
{
    char path[128];
    (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
    read_line(path, out);
}

/* What one CPU can use, as the kernel has it: glibc's sysconf adds up what all share-holders of a
 * third level have on some machines. */
static void find_kernel_caches(machine *out)
{
    static const char *const names[] = {"L1d", "L2", "L3", "L4"};
    char level[MACHINE_TEXT_MAX], text[MACHINE_TEXT_MAX];
    for (int index = 0; out->cache_count < MACHINE_CACHES_MAX; index++) {
        read_cache_file(index, "level", level);
        if (level[0] < '1' || level[0] > '4') {
            return;
        }
        read_cache_file(index, "type", text);
        if (strcmp(text, "Instruction") == 0) {
            continue;
        }
        read_cache_file(index, "size", text); /* "48K" */
        long size = strtol(text, NULL, 10) * 1024;
        read_cache_file(index, "coherency_line_size", text);
        if (size > 0) {
            out->caches[out->cache_count++] =
                (machine_cache){names[level[0] - '1'], size, strtol(text, NULL, 10)};
        }
    }
}

/* Cache sizes are an extension of glibc's sysconf; elsewhere none is known. */
static void find_caches(machine *out)
{
    out->cache_count = 0;
    find_kernel_caches(out);
    if (out->cache_count > 0) {
        return;
    }
#if defined(_SC_LEVEL1_DCACHE_LINESIZE)
    static const struct {
        const char *name;
        int size;
        int line;
    } levels[] = {
        {"L1d", _SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL1_DCACHE_LINESIZE},
        {"L2", _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL2_CACHE_LINESIZE},
        {"L3", _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL3_CACHE_LINESIZE},
    };
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        long size = sysconf(levels[i].size);
        long line = sysconf(levels[i].line);
        if (size > 0) {
            out->caches[out->cache_count++] =
                (machine_cache){levels[i].name, size, line > 0 ? line : 0};
        }
    }
#endif
}
/* What sets the clock's frequency: Linux only, and hardly ever in a virtual machine. */
static void find_governor(char out[MACHINE_TEXT_MAX])
{
    read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", out);
}

static long count_cpus(void)
{
#if defined(_SC_NPROCESSORS_ONLN)
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? count : 0;
#else
    return 0;
#endif
}

void machine_describe(machine *out)
{
    find_model(out->cpu);
    find_architecture(out->architecture);
    find_features(out);
    find_caches(out);
    find_governor(out->governor);
    out->online_cpus = count_cpus();
}
