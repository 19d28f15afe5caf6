/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the emulator ends QEMU where it cannot go on, and memory, the lack of which is
 * such a case. The line goes to standard error: the rig keeps it, and reports it as a
 * fault of its own.
 */
#ifndef KCOVRIG_END_H
#define KCOVRIG_END_H

#include <stddef.h>

/* At once and without QEMU's own exit, which would wait for the vCPU that calls this. */
__attribute__((__noreturn__, __format__(printf, 1, 2))) void
end_machine(const char *format, ...);

/* N objects of zeros; where there is no memory for what they are it ends the machine. */
__attribute__((__returns_nonnull__)) void *
end_or_allocate(size_t n, size_t bytes, const char *what);

#endif
