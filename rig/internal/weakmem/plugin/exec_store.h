/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Callback of a store, in an episode.
 */
#ifndef KCOVRIG_EXEC_STORE_H
#define KCOVRIG_EXEC_STORE_H

void exec_store(unsigned int index, void *udata);

#endif
