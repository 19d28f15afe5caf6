// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When the emulator may begin. QEMU shares a translated block between all
 * virtual addresses of the same code (CF_PCREL), and early in its boot a kernel
 * runs some of it, memcpy for one, from the identity map: such blocks were not
 * seen as part of the scope, and would run uninstrumented in the midst of it.
 * So nothing is delayed until the first exception that the kernel takes at its
 * own addresses: then its code pages are written over with what they hold, which
 * makes QEMU forget their blocks, and they are translated anew where they run.
 * One vCPU runs at that moment: the kernel patches no code elsewhere.
 */
#include "awake.h"

#include "isa.h"
#include "memory.h"
#include "mutant.h"
#include "plan.h"
#include "qemu_api.h"

static bool awake;

bool awake_is(void)
{
    return MUTANT(begins_at_once) || __atomic_load_n(&awake, __ATOMIC_ACQUIRE);
}

void awake_open(void)
{
    awake = true;
    for (size_t i = 0; i < plan->scopes; i++) {
        awake = awake && !isa_is_kernel(plan->scope[i].start);
    }
}

/* Makes QEMU forget the blocks of [start, end), which lie in one page. */
static bool forget(uint64_t start, uint64_t end)
{
    uint64_t phys;

    if (!memory_is_found() || !qemu_plugin_translate_vaddr(start, &phys) ||
        !memory_is_ram(phys, (unsigned int)(end - start))) {
        return false;
    }
    return memory_rewrite(phys, (unsigned int)(end - start));
}

static bool forget_scope(const struct scope *s)
{
    uint64_t at = s->start;

    while (at < s->end) {
        uint64_t page_end = (at | (PAGE_BYTES - 1)) + 1;
        uint64_t end = page_end < s->end ? page_end : s->end;

        if (!forget(at, end)) {
            return false;
        }
        at = end;
    }
    return true;
}

void awake_try(uint64_t to)
{
    if (awake_is() || !(isa_is_kernel(to) || MUTANT(begins_at_any_exception))) {
        return;
    }
    for (size_t i = 0; i < plan->scopes && !MUTANT(scope_is_not_translated_anew); i++) {
        if (isa_is_kernel(plan->scope[i].start) && !forget_scope(&plan->scope[i]) &&
            !MUTANT(begins_before_all_is_mapped)) {
            return; /* not mapped yet: at a later exception */
        }
    }
    __atomic_store_n(&awake, true, __ATOMIC_RELEASE);
}
