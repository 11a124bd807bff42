/* cli/pin.h: which CPUs the process may use.
 * Neighbours: cli/cmd_bench.c. */
#ifndef WEFT_CLI_PIN_H
#define WEFT_CLI_PIN_H

typedef enum pin_status {
    PIN_DONE,
    PIN_UNREADABLE, /* the list is none such as "0,2-3" */
    PIN_REFUSED,    /* errno says why: no such CPU, or not on this system */
} pin_status;

/* Keeps this thread, and all that it starts later, on the CPUs of the list. */
pin_status pin_to(const char *list);

/* How many CPUs this thread may use; 0: not known. */
long pin_allowed(void);

#endif
