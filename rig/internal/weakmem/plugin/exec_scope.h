/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Callbacks of the ways into and out of the scope, of barriers, of what only computes, of
 * maintenance and of what is not understood.
 */
#ifndef KCOVRIG_EXEC_SCOPE_H
#define KCOVRIG_EXEC_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "insn.h"

struct site;
struct vcpu;

void exec_enter(unsigned int index, void *udata);
/* A block of a body, where episodes are spaced: one begins, if none is there. */
void exec_spaced(unsigned int index, void *udata);
void exec_leave(unsigned int index, void *udata);
/* A branch that may lead out. */
void exec_way_out(unsigned int index, void *udata);
/* An interrupt was taken, or an exception. */
void exec_event(unsigned int index, bool exception, uint64_t from, uint64_t to);

/* What a barrier does to stores in an episode, and then to views where they are kept. */
void barrier_for_stores(struct vcpu *v, const struct insn *in);
void barrier_for_views(struct vcpu *v, const struct insn *in);
/* What an instruction that only computes does to views. */
void plain_for_views(struct vcpu *v, const struct site *site);

/* In an episode. */
void exec_barrier(unsigned int index, void *udata);
void exec_strong(unsigned int index, void *udata);
/* A wait for an event, after exec_strong. */
void exec_wait(unsigned int index, void *udata);
/* A branch, while stores wait. */
void exec_age(unsigned int index, void *udata);
/* A load-acquire after a store-release. */
void exec_fence(unsigned int index, void *udata);

/* Where views are kept from the first instruction: all that the instruction asks for. */
void exec_always_branch(unsigned int index, void *udata);
void exec_always_barrier(unsigned int index, void *udata);
void exec_always_strong(unsigned int index, void *udata);

/* Where views are kept. */
void exec_plain(unsigned int index, void *udata);
void exec_branch(unsigned int index, void *udata);
void exec_body_barrier(unsigned int index, void *udata);
void exec_body_strong(unsigned int index, void *udata);

/* Anywhere, without a site: changed translations are waited for. */
void exec_maintained(unsigned int index, void *udata);
/* The guest's mark function returns. Its arguments: the stale word's address, its
 * entry's index, the count, the mark's number. Without an address the second says of
 * when events are wanted: 0 now, 1 the exception that the kernel reported, which number
 * 0 lets go of. No site. */
void exec_mark(unsigned int index, void *udata);
/* The kernel begins to report the exception that it has taken. No site. */
void exec_report(unsigned int index, void *udata);

#endif
