/* bench/peers.c: see bench/peers.h. */
#include "bench/peers.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Loads one module; on failure the entry's note says why. */
static void load(peer_entry *entry, const char *path)
{
    const char *why = "has no " BENCH_PEER_OPEN;
    bench_peer_open_function *open = NULL;
    entry->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!entry->module) {
        why = dlerror();
        (void)snprintf(entry->note, sizeof entry->note, "missing: %.200s", why ? why : path);
        return;
    }
    void *symbol = dlsym(entry->module, BENCH_PEER_OPEN);
    if (symbol) {
        memcpy(&open, &symbol, sizeof open); /* C has no conversion from one to the other */
        entry->peer = open(&why);
    }
    (void)snprintf(entry->note, sizeof entry->note, "%s%.200s",
                   entry->peer ? "" : "missing: ", entry->peer ? entry->peer->version : why);
}

bool peers_readable(const char *folder)
{
    DIR *open = opendir(folder);
    return open && closedir(open) == 0;
}

void peers_load(peer_list *peers, const char *folder, const char *const *names)
{
    *peers = (peer_list){.count = 0};
    for (size_t i = 0; names[i] && peers->count < PEERS_MAX; i++) {
        peer_entry *entry = &peers->items[peers->count++];
        char path[4096];
        (void)snprintf(entry->name, sizeof entry->name, "%s", names[i]);
        (void)snprintf(path, sizeof path, "%s/%s.so", folder, names[i]);
        if (access(path, R_OK) != 0)
            (void)snprintf(entry->note, sizeof entry->note,
                           "missing: not built (target "
                           "bench_peers)");
        else
            load(entry, path);
    }
}

void peers_unload(peer_list *peers)
{
    for (int i = 0; i < peers->count; i++)
        if (peers->items[i].module)
            (void)dlclose(peers->items[i].module);
    peers->count = 0;
}
