// SPDX-License-Identifier: GPL-2.0-or-later
/* The arrays of glib that the plugin uses, and the end of the program. */
#include <stdarg.h>
#include <stdlib.h>

#include "harness.h"

void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "harness: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    fflush(stdout);
    exit(2);
}

void *__wrap_calloc(size_t n, size_t bytes);
void *__real_calloc(size_t n, size_t bytes);

/* The plugin's: HARNESS_MEMORY in the environment says how many of its calls succeed. */
void *__wrap_calloc(size_t n, size_t bytes)
{
    static long calls;
    const char *most = getenv("HARNESS_MEMORY");

    return most && calls++ >= atol(most) ? NULL : __real_calloc(n, bytes);
}

void *harness_allocate(size_t n, size_t bytes)
{
    void *p = __real_calloc(n, bytes);

    if (!p) {
        fail("no memory");
    }
    return p;
}

GByteArray *g_byte_array_sized_new(unsigned int reserved)
{
    GByteArray *a = harness_allocate(1, sizeof *a);

    a->data = harness_allocate(reserved ? reserved : 1, 1);
    return a;
}

GByteArray *g_byte_array_set_size(GByteArray *array, unsigned int length)
{
    array->data = realloc(array->data, length ? length : 1);
    array->len = length;
    return array;
}

char *g_array_free(GArray *array, int free_segment)
{
    char *data = array->data;

    free(array);
    if (free_segment) {
        free(data);
        return NULL;
    }
    return data;
}
