/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Translation without trusting it longer than the guest may: which pages a vCPU is known
 * to reach, and to be able to write.
 */
#ifndef KCOVRIG_PAGES_H
#define KCOVRIG_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "isa.h"

struct vcpu;

#define PAGE_CACHE 512

/* A guest page whose translation was seen to work on this vCPU. */
struct page {
    uint64_t virt; /* page number plus one; 0 is empty */
    uint64_t phys; /* page number */
    uint64_t epoch;
    uint64_t space; /* isa_address_space's */
    unsigned int rights; /* enum page_right */
};

/* What an access without an exception has proved, of the kernel's rights and, by
 * LDTR and STTR, of the user's: neither says anything of the other. */
enum page_right { RIGHT_WRITE = 1, RIGHT_USER_READ = 2, RIGHT_USER_WRITE = 4 };

/* What a vCPU knows. */
struct pages {
    struct page page[PAGE_CACHE];
    uint64_t probe_virt;     /* an access to this page ran natively ... */
    unsigned int probe_rights; /* ... that proves these ... */
    uint64_t probe_events;   /* ... at this count of events; 0: none */
    uint64_t probe_epoch;    /* ... and before these translations ended */
    unsigned int probe_status; /* the register that must then be zero, if any */
};

enum page_state { PAGE_MISS, PAGE_READABLE, PAGE_WRITABLE };
/* Physical address of virt, when this vCPU is known to reach it, with the user's
 * rights where user says so. epoch is what to give to page_current before relying on
 * it. */
enum page_state page_lookup(struct vcpu *v, uint64_t virt, bool user, uint64_t *phys,
                            uint64_t *epoch);
/* Walks the tables for a page that is about to be read natively. */
bool page_walk(struct vcpu *v, uint64_t virt, uint64_t *phys, uint64_t *epoch);
bool page_current(uint64_t epoch);
/* An access to virt is about to run natively: if no exception comes before the
 * next call of page_settle, and the status register, if it has one, then says that
 * it was done, it had these rights. */
#define NO_STATUS ISA_ZERO
void page_probe(struct vcpu *v, uint64_t virt, unsigned int rights, unsigned int status);
void page_settle(struct vcpu *v);
/* Makes every vCPU forget every page. */
void page_invalidate_all(void);

#endif
