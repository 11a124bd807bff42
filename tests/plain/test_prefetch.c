/* test_prefetch: a prefetch (simd/prefetch.h) is only a hint: none faults, whatever the address,
 * and none changes memory. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "simd/prefetch.h"

enum { MOST = 70 * WEFT_LINE };

/* Every length and start about whole lines and about the unrolled eight of them. */
static void check_ranges(const char *at)
{
    for (size_t offset = 0; offset < 2 * (size_t)WEFT_LINE; offset += 9)
        for (size_t bytes = 0; bytes <= MOST - 2 * (size_t)WEFT_LINE;
             bytes += bytes < 66 ? 1 : 61) {
            weft_prefetch_lines(at + offset, bytes, false);
            weft_prefetch_lines(at + offset, bytes, true);
        }
}

int main(void)
{
    static char memory[MOST], before[MOST];
    for (size_t i = 0; i < MOST; i++)
        before[i] = memory[i] = (char)(i * 7);
    check_ranges(memory);
    assert(memcmp(memory, before, MOST) == 0);

    /* Memory that may not be touched: any access that is more than a hint would end the test. */
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (MOST / page + 1) * page;
    void *block = NULL;
    assert(posix_memalign(&block, page, bytes) == 0);
    memset(block, 1, bytes);
    assert(mprotect(block, bytes, PROT_NONE) == 0);
    check_ranges(block);
    assert(mprotect(block, bytes, PROT_READ) == 0);
    check_ranges(block);
    assert(mprotect(block, bytes, PROT_READ | PROT_WRITE) == 0);
    assert(((char *)block)[0] == 1 && ((char *)block)[bytes - 1] == 1);
    free(block);

    weft_prefetch_read(NULL);
    weft_prefetch_write(NULL);
    weft_prefetch_lines(NULL, 0, true);
    return 0;
}
