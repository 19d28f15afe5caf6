// SPDX-License-Identifier: GPL-2.0-or-later
#include "doubt.h"

#include "counters.h"
#include "history.h"
#include "mutant.h"
#include "sites.h"
#include "vcpu.h"
#include "views.h"

void doubt_strong(struct vcpu *v, enum why why, uint64_t pc)
{
    COUNT(v->index, raises);
    v->strong = true;
    v->doubt = why;
    v->doubt_pc = pc;
}

void doubt_settle(struct vcpu *v)
{
    if (v->strong) {
        v->strong = false;
        views_raise(&v->views[VIEW_HELD], history_tick());
    }
}

static void raise(struct vcpu *v, uint64_t time, enum why why, uint64_t pc)
{
    views_raise(&v->views[VIEW_HELD], time);
    v->doubt = why;
    v->doubt_pc = pc;
}

void doubt_remote(struct vcpu *v)
{
    uint64_t time = __atomic_exchange_n(&v->remote_time, 0, __ATOMIC_ACQUIRE);

    if (time) {
        raise(v, time, WHY_DOUBT_MAINTENANCE, v->pc);
    }
}

/* Who gave a page to this address filled it first, as a copy on write does, and the
 * walk saw what he then wrote to the tables: a load is ordered after the walk of its
 * translation (Arm ARM B2.3, "Translation-intrinsically-before"). */
void doubt_walked(struct vcpu *v)
{
    uint64_t now = history_tick();

    if (MUTANT(walks_raise_no_view)) {
        return;
    }
    if (v->tracked) {
        raise(v, now, WHY_DOUBT_WALK, v->pc);
    } else if (v->floor) {
        v->floor = now;
    }
}
