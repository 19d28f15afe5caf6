// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A store may be delayed only if it would have succeeded. QEMU's translation
 * call does not check permissions, so the proof is a store that ran: the first
 * store to a page runs natively, and when no exception followed, the page is
 * writable until somebody changes the tables. The same of LDTR and STTR, which have
 * the user's rights. Whoever does so must invalidate
 * the TLB and wait for that to end, by a DSB (Arm ARM D8.17): it moves the epoch.
 */
#include "pages.h"

#include "counters.h"
#include "doubt.h"
#include "isa.h"
#include "memory.h"
#include "mutant.h"
#include "qemu_api.h"
#include "vcpu.h"

static uint64_t epoch_now = 1;

/* User pages are believed for as long as their
 * tables are the current ones. Tables that are freed, and may come back as another
 * process's, are invalidated with a DSB like any other change (Linux,
 * arch/arm64/include/asm/tlb.h, tlb_flush). */
static uint64_t space_of(struct vcpu *v, uint64_t virt)
{
    return isa_address_space(&v->registers, virt, v->events);
}

/* The page's own, or the first of the two that it may have. */
static struct page *slot(struct vcpu *v, uint64_t virt)
{
    struct page *two = &v->pages.page[(virt >> PAGE_SHIFT) * 0x9e3779b97f4a7c15ull >> 56 << 1];

    return two + (two[0].virt != (virt >> PAGE_SHIFT) + 1 && two[1].virt == (virt >> PAGE_SHIFT) + 1);
}

static bool holds(struct vcpu *v, const struct page *p, uint64_t virt)
{
    return p->virt == (virt >> PAGE_SHIFT) + 1 && p->space == space_of(v, virt) &&
           page_current(p->epoch);
}

bool page_current(uint64_t epoch)
{
    return MUTANT(old_translations_are_believed) ||
           epoch == __atomic_load_n(&epoch_now, __ATOMIC_SEQ_CST);
}

/* PSTATE.UAO makes LDTR and STTR the kernel's: what they prove of its half of the
 * address space holds no longer than that. */
static bool has_user_rights(const struct page *p, uint64_t virt)
{
    if (MUTANT(kernel_rights_are_the_users)) {
        return true;
    }
    return p->rights & RIGHT_USER_READ && !isa_is_kernel(virt);
}

enum page_state page_lookup(struct vcpu *v, uint64_t virt, bool user, uint64_t *phys,
                            uint64_t *epoch)
{
    const struct page *p = slot(v, virt);
    unsigned int write = user && !MUTANT(kernel_rights_are_the_users) ? RIGHT_USER_WRITE
                                                                      : RIGHT_WRITE;

    if (!holds(v, p, virt) || (user && !has_user_rights(p, virt))) {
        return PAGE_MISS;
    }
    *phys = p->phys << PAGE_SHIFT | (virt & (PAGE_BYTES - 1));
    *epoch = p->epoch;
    return p->rights & write ? PAGE_WRITABLE : PAGE_READABLE;
}

/* Enters a page; false when it is not RAM or not mapped. */
static bool learn(struct vcpu *v, uint64_t virt, unsigned int rights)
{
    struct page *p = slot(v, virt);
    uint64_t epoch = __atomic_load_n(&epoch_now, __ATOMIC_SEQ_CST), phys;

    if (!qemu_plugin_translate_vaddr(virt & ~(PAGE_BYTES - 1), &phys) ||
        !memory_is_ram(phys & ~(PAGE_BYTES - 1), PAGE_BYTES)) {
        return false;
    }
    rights |= holds(v, p, virt) ? p->rights : 0;
    if (p->virt != (virt >> PAGE_SHIFT) + 1 && !MUTANT(two_pages_have_one_slot)) {
        p[1] = p[0]; /* the one that has been there for longer goes */
    }
    p->virt = (virt >> PAGE_SHIFT) + 1;
    p->phys = phys >> PAGE_SHIFT;
    p->epoch = epoch;
    p->space = space_of(v, virt);
    p->rights = rights;
    doubt_walked(v);
    return true;
}

bool page_walk(struct vcpu *v, uint64_t virt, uint64_t *phys, uint64_t *epoch)
{
    return learn(v, virt, 0) && page_lookup(v, virt, false, phys, epoch) != PAGE_MISS;
}

void page_probe(struct vcpu *v, uint64_t virt, unsigned int rights, unsigned int status)
{
    count_add(v->index, COUNTER_pageMisses, rights != RIGHT_USER_READ);
    v->pages.probe_rights = rights;
    v->pages.probe_status = status;
    v->pages.probe_virt = virt;
    v->pages.probe_events = v->events;
    v->pages.probe_epoch = __atomic_load_n(&epoch_now, __ATOMIC_SEQ_CST);
}

void page_settle(struct vcpu *v)
{
    if (v->pages.probe_events == v->events &&
        (page_current(v->pages.probe_epoch) || MUTANT(probe_outlives_maintenance)) &&
        isa_read(&v->registers, v->pages.probe_status) == 0) { /* NO_STATUS is zero */
        learn(v, v->pages.probe_virt, v->pages.probe_rights);
    }
    v->pages.probe_events = 0;
}

void page_invalidate_all(void)
{
    __atomic_fetch_add(&epoch_now, 1, __ATOMIC_SEQ_CST);
}
