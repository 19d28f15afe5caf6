/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Callback of a load where views are kept: it may read an older value.
 */
#ifndef KCOVRIG_EXEC_HISTORY_H
#define KCOVRIG_EXEC_HISTORY_H

void exec_body_load(unsigned int index, void *udata);

#endif
