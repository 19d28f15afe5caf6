// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A store may be delayed only if it would have succeeded. QEMU's translation
 * call does not check permissions, so the proof is a store that ran: the first
 * store to a page runs natively, and when no exception followed, the page is
 * writable until somebody changes the tables. Whoever does so must invalidate
 * the TLB and wait for it with a DSB (Arm ARM D8.17); that DSB moves the epoch.
 */
#include "vcpu.h"

static uint64_t epoch_now = 1;

static bool is_user(uint64_t virt)
{
    return !(virt >> 55 & 1); /* TTBR0's half, Arm ARM D8.2.4 */
}

static struct page *slot(struct vcpu *v, uint64_t virt)
{
    return &v->page[(virt >> PAGE_SHIFT) % PAGE_CACHE];
}

bool page_current(uint64_t epoch)
{
    return epoch == __atomic_load_n(&epoch_now, __ATOMIC_SEQ_CST);
}

enum page_state page_lookup(struct vcpu *v, uint64_t virt, uint64_t *phys,
                            uint64_t *epoch)
{
    const struct page *p = slot(v, virt);

    if (p->virt != (virt >> PAGE_SHIFT) + 1 || !page_current(p->epoch)) {
        return PAGE_MISS;
    }
    *phys = p->phys << PAGE_SHIFT | (virt & (PAGE_BYTES - 1));
    *epoch = p->epoch;
    return p->writable ? PAGE_WRITABLE : PAGE_READABLE;
}

/* Enters a page; false when it is not RAM or not mapped. */
static bool learn(struct vcpu *v, uint64_t virt, bool writable)
{
    struct page *p = slot(v, virt);
    uint64_t epoch = __atomic_load_n(&epoch_now, __ATOMIC_SEQ_CST), phys;

    if (!qemu_plugin_translate_vaddr(virt & ~(PAGE_BYTES - 1), &phys) ||
        !memory_is_ram(phys & ~(PAGE_BYTES - 1), PAGE_BYTES)) {
        return false;
    }
    if (p->virt == (virt >> PAGE_SHIFT) + 1 && p->epoch == epoch) {
        writable = writable || p->writable;
    }
    p->virt = (virt >> PAGE_SHIFT) + 1;
    p->phys = phys >> PAGE_SHIFT;
    p->epoch = epoch;
    p->writable = writable;
    return true;
}

bool page_walk(struct vcpu *v, uint64_t virt, uint64_t *phys)
{
    uint64_t epoch;

    return learn(v, virt, false) &&
           page_lookup(v, virt, phys, &epoch) != PAGE_MISS;
}

void page_probe(struct vcpu *v, uint64_t virt)
{
    COUNT(v->index, pageMisses);
    v->probe_virt = virt;
    v->probe_events = v->events + 1;
}

void page_settle(struct vcpu *v)
{
    if (v->probe_events == v->events + 1) {
        learn(v, v->probe_virt, true);
    }
    v->probe_events = 0;
}

void page_forget_user(struct vcpu *v)
{
    for (unsigned int i = 0; i < PAGE_CACHE; i++) {
        if (v->page[i].virt && is_user((v->page[i].virt - 1) << PAGE_SHIFT)) {
            v->page[i].virt = 0;
        }
    }
}

void page_invalidate_all(void)
{
    __atomic_fetch_add(&epoch_now, 1, __ATOMIC_SEQ_CST);
}
