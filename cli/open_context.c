/* cli/open_context.c: says what is wrong with WEFT_LEVEL before a context does so less well.
 * Neighbours: cli/report.h. */
#include "cli/open_context.h"

#include <weft/weft.h>

#include "cli/report.h"

bool open_context(const weft_context_options *options, weft_context **out)
{
    weft_error error;
    weft_level level;
    weft_status status = weft_level_default(&level, &error);
    if (status == WEFT_OK) {
        status = weft_context_create(options, out);
    }
    if (status != WEFT_OK) {
        report("%s", error.status ? error.message : weft_status_text(status));
    }
    return status == WEFT_OK;
}
