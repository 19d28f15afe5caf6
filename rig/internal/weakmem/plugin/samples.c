// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples.h"

#include "history.h"
#include "isa.h"
#include "memory.h"
#include "mutant.h"

void samples_add(struct samples *s, uint64_t granule, uint64_t value, uint64_t time)
{
    unsigned int at = s->n++ % SAMPLES;

    s->sample[at].granule = granule;
    s->sample[at].value = value;
    s->sample[at].time = time;
}

void samples_begin(struct samples *s)
{
    s->n = 0;
    for (unsigned int i = 0; i < SAMPLES; i++) {
        if (s->place[i]) {
            uint64_t granule = s->place[i] - 1;
            uint64_t time = MUTANT(samples_share_a_moment) ? history_now() : history_tick();

            samples_add(s, granule, memory_load(granule), time);
        }
    }
}

void samples_note(struct samples *s, uint64_t pc, uint64_t granule)
{
    s->place[pc / ISA_INSN_BYTES * 0x9e3779b97f4a7c15ull >> 59] = granule + 1;
}

static bool has_value(const struct version *v, unsigned int n, uint64_t mask, uint64_t value)
{
    for (unsigned int i = 0; i < n; i++) {
        if (((v[i].value ^ value) & mask) == 0) {
            return true;
        }
    }
    return false;
}

unsigned int samples_merge(const struct samples *s, uint64_t granule, uint64_t mask,
                           uint64_t limit, struct version version[VERSIONS_MAX],
                           unsigned int n)
{
    unsigned int count = s->n < SAMPLES ? s->n : SAMPLES;

    for (unsigned int i = 0; i < count; i++) {
        uint64_t value = s->sample[i].value, time = s->sample[i].time;

        if (s->sample[i].granule != granule ||
            (time < limit && !MUTANT(samples_ignore_what_was_seen))) {
            continue;
        }
        if (has_value(version, 1, mask, value)) {
            version[0].found = version[0].found || time < version[0].time;
            version[0].time = time < version[0].time ? time : version[0].time;
        } else if (n < VERSIONS_MAX && !has_value(version, n, mask, value)) {
            version[n++] = (struct version){.value = value, .time = time, .found = true};
        }
    }
    return n;
}
