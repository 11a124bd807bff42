/* bench/peers/openblas.c: OpenBLAS on one thread, where it has the like of an operation. Its
 * addition is axpy, which adds onto its output: the same traffic, one array fewer. Neighbours:
 * bench/peer.h. */
#include <cblas.h>

#include "bench/peers/table.h"

#define COUNT ((blasint)n)
#define CALL(name, call)                                                                           \
    PEER_FUNCTION(name)                                                                            \
    {                                                                                              \
        (void)b, (void)c;                                                                          \
        call;                                                                                      \
    }

CALL(add_f32, cblas_saxpy(COUNT, 1, a, 1, dst, 1))
CALL(add_f64, cblas_daxpy(COUNT, 1, a, 1, dst, 1))
CALL(mov_f32, cblas_scopy(COUNT, a, 1, dst, 1))
CALL(mov_f64, cblas_dcopy(COUNT, a, 1, dst, 1))
CALL(sum_f32, *(float *)dst = cblas_ssum(COUNT, a, 1))
CALL(sum_f64, *(double *)dst = cblas_dsum(COUNT, a, 1))
CALL(dot_f32, *(float *)dst = cblas_sdot(COUNT, a, 1, b, 1))
CALL(dot_f64, *(double *)dst = cblas_ddot(COUNT, a, 1, b, 1))

static const peer_row rows[] = {
    {"add/f32/vv", add_f32}, {"add/f64/vv", add_f64}, {"mov/f32/v", mov_f32},
    {"mov/f64/v", mov_f64},  {"sum/f32/v", sum_f32},  {"sum/f64/v", sum_f64},
    {"dot/f32/vv", dot_f32}, {"dot/f64/vv", dot_f64},
};

/* NULL; called when the module is opened. */
static const char *use_one_thread(void)
{
    openblas_set_num_threads(1);
    return NULL;
}

PEER_MODULE("openblas", "OpenBLAS " PEER_LIBRARY ", one thread, add is axpy", rows,
            use_one_thread())
