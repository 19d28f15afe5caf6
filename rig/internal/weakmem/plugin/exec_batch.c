// SPDX-License-Identifier: GPL-2.0-or-later
#include "exec_batch.h"

#include <string.h>

#include "end.h"
#include "exec_scope.h"
#include "track.h"
#include "vcpu.h"

static struct batch *find(struct batch *b, const struct computed *c, qemu_plugin_vcpu_udata_cb_t then)
{
    for (; b; b = b->next) {
        if (b->then == then && b->n == c->n &&
            memcmp(b->computed, c->site, c->n * sizeof *c->site) == 0) {
            return b;
        }
    }
    return NULL;
}

struct batch *batch_take(struct computed *c, qemu_plugin_vcpu_udata_cb_t then, struct site *site)
{
    struct batch *first = __atomic_load_n(&site->batches, __ATOMIC_ACQUIRE);
    struct batch *b = find(first, c, then);

    if (!b) { /* two vCPUs may make the same one: either will do */
        b = end_or_allocate(1, sizeof *b + c->n * sizeof *c->site, "a block's computations");
        b->then = then;
        b->site = site;
        b->n = c->n;
        memcpy(b->computed, c->site, c->n * sizeof *c->site);
        do {
            b->next = first;
        } while (!__atomic_compare_exchange_n(&site->batches, &first, b, false, __ATOMIC_ACQ_REL,
                                              __ATOMIC_ACQUIRE));
    }
    c->n = 0;
    return b;
}

void exec_batch(unsigned int index, void *udata)
{
    const struct batch *b = udata;
    struct vcpu *v = vcpu_of(index);

    if (b->n && !MUTANT(computed_is_left_out) && track_settle(v, b->computed[0]->insn.pc)) {
        for (size_t i = 0; i < b->n; i++) {
            plain_for_views(v, b->computed[i]);
        }
    }
    if (b->then) {
        b->then(index, b->site);
    }
}
