/* compiler/recognize.c: sums of products that one fused instruction does (compiler/schedule.h).
 * The graph's chains of fma, where contraction is allowed, are the fused instructions spelled out:
 * a chain of strips times single values is a dotk, three of them on the same strips are a matrix
 * times a vector, four that fit together a product of quaternions. The instruction takes the same
 * steps in the same order, so that the bits stay; where reassociation is allowed, too, a shift that
 * is added at the end counts as the matrix's fourth column. (Horner's rule is found by fold.c.) */
#include <string.h>
#include <weft/compile.h>

#include "compiler/schedule.h"

enum { MOST_TERMS = 16 };

/* A chain: the strips a[i] times the single values b[i], in the order in which they are added. */
typedef struct row {
    int32_t item; /* the sum */
    unsigned n;
    int32_t shift; /* the single value that the sum begins with (or ends with), or -1 */
    int32_t a[MOST_TERMS], b[MOST_TERMS];
} row;

static bool is_op(const weft_item *item, unsigned op)
{
    return item->node.kind == WEFT_NODE_OP && item->node.op == op;
}

/* Puts the strip and the single value of a product in their places. */
static bool take_product(const weft_scheduler *s, const weft_item *item, row *r)
{
    const int32_t x = item->node.arg[0], y = item->node.arg[1];
    const bool x_varies = weft_item_at(s, x)->mask, y_varies = weft_item_at(s, y)->mask;
    if (r->n == MOST_TERMS || x_varies == y_varies)
        return false;
    r->a[r->n] = x_varies ? x : y;
    r->b[r->n++] = x_varies ? y : x;
    return true;
}

static void reverse(row *r)
{
    for (unsigned i = 0; i < r->n / 2; i++) {
        const unsigned j = r->n - 1 - i;
        const int32_t a = r->a[i], b = r->b[i];
        r->a[i] = r->a[j];
        r->b[i] = r->b[j];
        r->a[j] = a;
        r->b[j] = b;
    }
}

/* Reads the chain that ends with an item. */
static bool read_row(const weft_scheduler *s, int32_t number, row *r)
{
    const bool reorder = s->graph->flags & WEFT_FAST_REASSOCIATE;
    const weft_item *item = weft_item_at(s, number);
    *r = (row){.item = number, .shift = -1};
    if (reorder && is_op(item, WEFT_OP_ADD)) {
        const int32_t x = item->node.arg[0], y = item->node.arg[1];
        const bool shifted = weft_item_at(s, x)->mask && !weft_item_at(s, y)->mask;
        if (!shifted || !is_op(weft_item_at(s, x), WEFT_OP_FMA) || weft_item_at(s, x)->uses != 1)
            return false;
        r->shift = y;
        item = weft_item_at(s, x);
    }
    for (bool first = true; is_op(item, WEFT_OP_FMA); first = false) {
        if ((!first && item->uses != 1) || !take_product(s, item, r))
            return false;
        const weft_item *rest = weft_item_at(s, item->node.arg[2]);
        if (!rest->mask && r->shift < 0) {
            r->shift = item->node.arg[2];
            reverse(r);
            return true;
        }
        item = rest;
    }
    if (r->n == 0 || !is_op(item, WEFT_OP_MUL) || item->uses != 1 || !take_product(s, item, r))
        return false;
    reverse(r);
    return true;
}

/* --- making them ------------------------------------------------------------------------------ */

/* A fused operation of strips a and values b, whose results take the places of the rows' sums. */
static weft_status replace(weft_scheduler *s, unsigned op, unsigned k, const int32_t *a,
                           unsigned n_a, const int32_t *b, unsigned n_b, const row *rows,
                           unsigned n_rows)
{
    weft_node node = {.kind = WEFT_NODE_FUSED,
                      .op = (uint8_t)op,
                      .type = weft_item_at(s, rows[0].item)->node.type,
                      .k = (uint8_t)k,
                      .arg = {-1, -1, -1},
                      .list = (uint32_t)s->lists.count,
                      .n = n_a + n_b,
                      .loop = -1};
    for (unsigned i = 0; i < n_a; i++)
        WEFT_TRY(weft_schedule_push(s, &s->lists, a[i]));
    for (unsigned i = 0; i < n_b; i++)
        WEFT_TRY(weft_schedule_push(s, &s->lists, b[i]));
    if (n_rows == 1) {
        weft_item_at(s, rows[0].item)->node = node;
        return WEFT_OK;
    }
    int32_t fused;
    WEFT_TRY(weft_item_new(s, &node, &fused));
    for (unsigned i = 0; i < n_rows; i++)
        weft_item_at(s, rows[i].item)->node = (weft_node){.kind = WEFT_NODE_PART,
                                                          .type = node.type,
                                                          .k = (uint8_t)i,
                                                          .arg = {fused, -1, -1},
                                                          .loop = -1};
    return WEFT_OK;
}

/* --- quaternions ------------------------------------------------------------------------------ */

/* For each component of a product b (x) a, or a (x) b: which component of a is multiplied by w, x,
 * y and z of b, and the sign (docs/isa.md, Fused). */
const weft_quaternion_term weft_quaternion[2][4][4] = {
    {{{0, 1}, {1, -1}, {2, -1}, {3, -1}},
     {{1, 1}, {0, 1}, {3, 1}, {2, -1}},
     {{2, 1}, {3, -1}, {0, 1}, {1, 1}},
     {{3, 1}, {2, 1}, {1, -1}, {0, 1}}},
    {{{0, 1}, {1, -1}, {2, -1}, {3, -1}},
     {{1, 1}, {0, 1}, {3, -1}, {2, 1}},
     {{2, 1}, {3, 1}, {0, 1}, {1, -1}},
     {{3, 1}, {2, -1}, {1, 1}, {0, 1}}},
};

/* The value without its sign, and the sign. */
static int32_t base_of(const weft_scheduler *s, int32_t value, int *sign)
{
    const weft_item *item = weft_item_at(s, value);
    *sign = is_op(item, WEFT_OP_NEG) ? -1 : 1;
    return *sign < 0 ? item->node.arg[0] : value;
}

static bool is_quaternion(const weft_scheduler *s, const row *rows, unsigned which, int32_t b[4])
{
    int sign;
    for (unsigned i = 0; i < 4; i++)
        b[i] = base_of(s, rows[0].b[i], &sign);
    for (unsigned d = 0; d < 4; d++)
        for (unsigned i = 0; i < 4; i++) {
            const weft_quaternion_term term = weft_quaternion[which][d][i];
            if (base_of(s, rows[d].b[i], &sign) != b[i] || sign != term.sign ||
                rows[d].a[i] != rows[0].a[term.a])
                return false;
        }
    return true;
}

static weft_status find_quaternion(weft_scheduler *s, const row *rows, bool *found)
{
    int32_t b[4];
    *found = false;
    for (unsigned i = 0; i < 4; i++)
        if (rows[i].n != 4 || rows[i].shift >= 0)
            return WEFT_OK;
    for (unsigned which = 0; which < 2; which++)
        if (is_quaternion(s, rows, which, b)) {
            *found = true;
            return replace(s, which ? WEFT_OP_QMULR : WEFT_OP_QMUL, 0, rows[0].a, 4, b, 4, rows, 4);
        }
    return WEFT_OK;
}

/* --- matrices --------------------------------------------------------------------------------- */

static weft_status find_matrix(weft_scheduler *s, const row *rows, bool *found)
{
    int32_t b[12];
    const bool shifted = rows[0].shift >= 0;
    unsigned n = 0;
    *found = false;
    for (unsigned i = 0; i < 3; i++) {
        if (rows[i].n != 3 || (rows[i].shift >= 0) != shifted ||
            memcmp(rows[i].a, rows[0].a, 3 * sizeof *rows[i].a) != 0)
            return WEFT_OK;
        for (unsigned j = 0; j < 3; j++)
            b[n++] = rows[i].b[j];
        if (shifted)
            b[n++] = rows[i].shift;
    }
    *found = true;
    return replace(s, shifted ? WEFT_OP_AFFINE34 : WEFT_OP_AFFINE3, 0, rows[0].a, 3, b, n, rows, 3);
}

static bool is_float(unsigned type)
{
    return type == WEFT_F32 || type == WEFT_F64;
}

/* Whether the item is the sum of products that another chain goes on with. */
static bool goes_on(const weft_item *item, const bool *continued, int32_t number)
{
    return item->uses == 1 && continued[number];
}

static void find_continued(const weft_scheduler *s, bool *continued)
{
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        const weft_item *item = weft_item_at(s, i);
        if (is_op(item, WEFT_OP_FMA))
            continued[item->node.arg[2]] = true;
        else if (is_op(item, WEFT_OP_ADD) && (s->graph->flags & WEFT_FAST_REASSOCIATE) &&
                 !weft_item_at(s, item->node.arg[1])->mask)
            continued[item->node.arg[0]] = true;
    }
}

/* The rows of the program, in the order in which their sums were written. */
static weft_status find_rows(weft_scheduler *s, const bool *continued, weft_vector *rows)
{
    const int32_t count = (int32_t)s->items.count;
    for (int32_t i = 0; i < count; i++) {
        const weft_item *item = weft_item_at(s, i);
        row r;
        if (!item->mask || !is_float(item->node.type) || goes_on(item, continued, i) ||
            !(is_op(item, WEFT_OP_FMA) || is_op(item, WEFT_OP_ADD)) || !read_row(s, i, &r) ||
            (r.n < 2 && r.shift < 0))
            continue;
        row *place = weft_vector_push(s->allocator, rows);
        if (!place)
            return weft_fail_memory(s->error);
        *place = r;
    }
    return WEFT_OK;
}

static weft_status recognize(weft_scheduler *s, const bool *continued, weft_vector *rows)
{
    WEFT_TRY(find_rows(s, continued, rows));
    const row *r = rows->data;
    for (size_t i = 0; i < rows->count;) {
        bool found = false;
        if (i + 4 <= rows->count)
            WEFT_TRY(find_quaternion(s, &r[i], &found));
        if (found) {
            i += 4;
            continue;
        }
        if (i + 3 <= rows->count)
            WEFT_TRY(find_matrix(s, &r[i], &found));
        if (found) {
            i += 3;
            continue;
        }
        if (r[i].shift < 0)
            WEFT_TRY(replace(s, WEFT_OP_DOTK, r[i].n, r[i].a, r[i].n, r[i].b, r[i].n, &r[i], 1));
        i++;
    }
    return WEFT_OK;
}

/* --- a shift behind a matrix ------------------------------------------------------------------ */

/* A component of a matrix times a vector, and the sum of that and a single value. */
typedef struct shifted {
    int32_t sum, shift;
} shifted;

/* Of the matrix operation, the shift of each component; false: not all three have one. */
static bool find_shifts(const weft_scheduler *s, int32_t fused, shifted found[3])
{
    enum { FAR = 4096 }; /* items behind the matrix: as far as is looked */
    unsigned count = 0;
    for (int32_t i = fused + 1; i < (int32_t)s->items.count && i - fused < FAR; i++) {
        const weft_item *item = weft_item_at(s, i);
        for (unsigned k = 0; k < 2 && is_op(item, WEFT_OP_ADD); k++) {
            const weft_item *part = weft_item_at(s, item->node.arg[k]);
            const int32_t other = item->node.arg[1 - k];
            if (part->node.kind != WEFT_NODE_PART || part->node.arg[0] != fused ||
                part->uses != 1 || weft_item_at(s, other)->mask)
                continue;
            found[part->node.k] = (shifted){i, other};
            count++;
        }
    }
    return count == 3;
}

/* A matrix times a vector, plus a shift: one operation that begins with the shift. */
static weft_status add_shifts(weft_scheduler *s)
{
    const int32_t count = (int32_t)s->items.count;
    for (int32_t i = 0; i < count; i++) {
        shifted found[3];
        weft_item *item = weft_item_at(s, i);
        if (item->node.kind != WEFT_NODE_FUSED || item->node.op != WEFT_OP_AFFINE3 ||
            !find_shifts(s, i, found))
            continue;
        int32_t list[12];
        memcpy(list, weft_item_list(s, item), sizeof list);
        item->node.op = WEFT_OP_AFFINE34;
        item->node.list = (uint32_t)s->lists.count;
        item->node.n = 15;
        for (unsigned k = 0; k < 3; k++)
            WEFT_TRY(weft_schedule_push(s, &s->lists, list[k]));
        for (unsigned row_of = 0; row_of < 3; row_of++) {
            for (unsigned k = 0; k < 3; k++)
                WEFT_TRY(weft_schedule_push(s, &s->lists, list[3 + 3 * row_of + k]));
            WEFT_TRY(weft_schedule_push(s, &s->lists, found[row_of].shift));
        }
        for (unsigned k = 0; k < 3; k++)
            weft_item_at(s, found[k].sum)->node = (weft_node){.kind = WEFT_NODE_PART,
                                                              .type = weft_item_at(s, i)->node.type,
                                                              .k = (uint8_t)k,
                                                              .arg = {i, -1, -1},
                                                              .loop = -1};
    }
    return WEFT_OK;
}

weft_status weft_schedule_recognize(weft_scheduler *s)
{
    const size_t n = s->items.count;
    if (!(s->graph->flags & WEFT_FAST_CONTRACT) || n == 0)
        return WEFT_OK;
    weft_vector rows = {.element = sizeof(row)};
    bool *continued = weft_mem_zeroed(s->allocator, n, sizeof *continued);
    weft_status status = continued ? WEFT_OK : weft_fail_memory(s->error);
    if (!status) {
        find_continued(s, continued);
        status = recognize(s, continued, &rows);
    }
    if (!status && (s->graph->flags & WEFT_FAST_REASSOCIATE)) {
        status = add_shifts(s);
    }
    weft_mem_free(s->allocator, continued, n);
    weft_vector_free(s->allocator, &rows);
    return status;
}
