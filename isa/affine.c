/* isa/affine.c: arithmetic of affine forms (isa/affine.h). */
#include "isa/affine.h"

#include <string.h>

static const int64_t max_factor = (INT64_C(1) << 31) - 1;
static const int64_t max_constant = INT64_C(1) << 62;

weft_affine weft_affine_constant(int64_t value)
{
    weft_affine form;
    memset(&form, 0, sizeof form);
    form.known = value <= max_constant && value >= -max_constant;
    form.constant = form.known ? value : 0;
    return form;
}

weft_affine weft_affine_symbol(uint32_t symbol)
{
    weft_affine form = weft_affine_constant(0);
    form.n_terms = 1;
    form.terms[0].factor = 1;
    form.terms[0].symbol = symbol;
    return form;
}

static weft_affine unknown(void)
{
    weft_affine form;
    memset(&form, 0, sizeof form);
    return form;
}

/* Adds factor * symbol in its place; false when it does not fit. */
static bool add_term(weft_affine *form, uint32_t symbol, int64_t factor)
{
    unsigned at = 0;
    while (at < form->n_terms && form->terms[at].symbol < symbol)
        at++;
    if (at < form->n_terms && form->terms[at].symbol == symbol) {
        factor += form->terms[at].factor;
        form->terms[at].factor = factor;
        if (factor == 0) {
            for (unsigned i = at; i + 1 < form->n_terms; i++)
                form->terms[i] = form->terms[i + 1];
            form->n_terms--;
            memset(&form->terms[form->n_terms], 0, sizeof form->terms[0]);
        }
    } else if (factor != 0) {
        if (form->n_terms == WEFT_AFFINE_TERMS)
            return false;
        for (unsigned i = form->n_terms; i > at; i--)
            form->terms[i] = form->terms[i - 1];
        form->terms[at].symbol = symbol;
        form->terms[at].factor = factor;
        form->n_terms++;
    }
    return factor <= max_factor && factor >= -max_factor;
}

weft_affine weft_affine_add(const weft_affine *a, const weft_affine *b, int64_t factor)
{
    if (!a->known || !b->known || factor > max_factor || factor < -max_factor)
        return unknown();
    weft_affine sum = *a;
    weft_int128 constant = (weft_int128)b->constant * factor + a->constant;
    if (constant > max_constant || constant < -max_constant)
        return unknown();
    sum.constant = (int64_t)constant;
    for (unsigned i = 0; i < b->n_terms; i++) {
        int64_t scaled = b->terms[i].factor * factor; /* below 2^62 */
        if (scaled > max_factor || scaled < -max_factor ||
            !add_term(&sum, b->terms[i].symbol, scaled))
            return unknown();
    }
    return sum;
}

weft_affine weft_affine_mul(const weft_affine *a, const weft_affine *b)
{
    weft_affine zero = weft_affine_constant(0);
    if (weft_affine_is_constant(b))
        return weft_affine_add(&zero, a, b->constant);
    if (weft_affine_is_constant(a))
        return weft_affine_add(&zero, b, a->constant);
    return unknown();
}

bool weft_affine_equal(const weft_affine *a, const weft_affine *b)
{
    if (a->known != b->known || a->n_terms != b->n_terms || a->constant != b->constant)
        return false;
    for (unsigned i = 0; i < a->n_terms; i++)
        if (a->terms[i].symbol != b->terms[i].symbol || a->terms[i].factor != b->terms[i].factor)
            return false;
    return true;
}
