/* tests/fuzz/replay_main.c: runs a fuzz harness on stored inputs, where there is no libFuzzer.
 * Usage: fuzz_replay_<harness> FILE-OR-DIRECTORY...; fails where not one file was run.
 * Neighbours: the harnesses in this folder, their inputs in corpus/<harness>/. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The whole file in a block of exactly its size, so that AddressSanitizer sees the first byte read
 * beyond it. NULL on error, which has been reported. */
static uint8_t *read_file(const char *path, size_t size)
{
    uint8_t *data = malloc(size > 0 ? size : 1);
    FILE *file = fopen(path, "rb");
    if (data == NULL || file == NULL || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        free(data);
        data = NULL;
    }
    if (file != NULL)
        fclose(file);
    return data;
}

/* Runs one file, or every file of a directory in the order of their names; names that start with a
 * dot are skipped. Returns the number of files run, or -1. */
static int replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    if (!S_ISDIR(info.st_mode)) {
        uint8_t *data = read_file(path, (size_t)info.st_size);
        if (data == NULL)
            return -1;
        puts(path); /* names the culprit where the harness ends the process */
        (void)LLVMFuzzerTestOneInput(data, (size_t)info.st_size);
        free(data);
        return 1;
    }
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    int total = 0;
    for (int i = 0; i < count; i++) {
        if (total >= 0 && entries[i]->d_name[0] != '.') {
            char inner[4096];
            int length = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
            int ran = length > 0 && (size_t)length < sizeof inner ? replay(inner) : -1;
            total = ran < 0 ? -1 : total + ran;
        }
        free(entries[i]);
    }
    free(entries);
    return total;
}

int main(int argc, char **argv)
{
    int total = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        int ran = replay(argv[i]);
        if (ran < 0)
            return 1;
        total += ran;
    }
    printf("%d inputs replayed\n", total);
    return total > 0 ? 0 : 1;
}
