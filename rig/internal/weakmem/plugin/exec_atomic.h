/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Callbacks of atomics and exclusives: in an episode, and where views are kept.
 */
#ifndef KCOVRIG_EXEC_ATOMIC_H
#define KCOVRIG_EXEC_ATOMIC_H

void exec_atomic(unsigned int index, void *udata);
void exec_body_atomic(unsigned int index, void *udata);

#endif
