/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Callbacks of alterations: of the instructions that they name, and of the guest's
 * function that puts one in force.
 */
#ifndef KCOVRIG_EXEC_ALTER_H
#define KCOVRIG_EXEC_ALTER_H

/* Ahead of all others of an instruction, in an episode or not: counts it, and does what
 * a barrier before it does. */
void exec_alter(unsigned int index, void *udata);
/* The guest's function returns; its argument is the number. No site. */
void exec_select(unsigned int index, void *udata);

#endif
