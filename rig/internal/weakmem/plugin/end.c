// SPDX-License-Identifier: GPL-2.0-or-later
#include "end.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void end_machine(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "kcovrig: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    _exit(1);
}

void *end_or_allocate(size_t n, size_t bytes, const char *what)
{
    void *p = calloc(n, bytes);

    if (!p) {
        end_machine("no memory for %s, %zu bytes", what, n * bytes);
    }
    return p;
}
