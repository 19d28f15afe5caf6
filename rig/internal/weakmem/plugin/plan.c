// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa.h"

static struct plan own;
const struct plan *const plan = &own;

static bool set_parameter(struct plan *out, const char *name, uint64_t value)
{
    const struct {
        const char *name;
        uint64_t *to;
    } known[] = {
        {"active", &out->policy.active},
        {"body-delay", &out->policy.body_delay},
        {"callee-max", &out->policy.callee_max},
        {"hold", &out->policy.hold},
        {"hold-ns", &out->policy.hold_ns},
        {"stale", &out->policy.stale},
        {"exact", &out->policy.exact},
        {"pause", &out->policy.pause},
        {"await", &out->policy.await},
        {"track", &out->policy.track},
        {"turns", &out->policy.turns},
        {"spacing", &out->policy.spacing},
        {"length", &out->policy.length},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) == 0) {
            *known[i].to = value;
            return true;
        }
    }
    return false;
}

static bool add_scope(struct plan *out, const char *role, uint64_t start,
                      uint64_t end, const char *symbol)
{
    static const char *const roles[] = {"body", "caller", "callee", "path"};
    struct scope *s = &out->scope[out->scopes];

    if (out->scopes == MAX_SCOPES || start >= end || (start | end) % ISA_INSN_BYTES) {
        return false;
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(roles[i], role) == 0) {
            s->role = (enum scope_role)i;
            s->start = start;
            s->end = end;
            snprintf(s->symbol, sizeof s->symbol, "%s", symbol);
            out->has_body = out->has_body || s->role == SCOPE_BODY;
            out->scopes++;
            return true;
        }
    }
    return false;
}

static bool add_change(struct plan *out, uint64_t number, const char *how, uint64_t pc,
                       const char *order)
{
    static const char *const names[ORDER_MAX] = {
#define X(name, text) text,
        ORDERS(X)
#undef X
    };
    struct change *c = &out->change[out->changes];
    bool before = strcmp(how, "before") == 0;

    if (out->changes == MAX_CHANGES || !number || number > MAX_CHANGES ||
        pc % ISA_INSN_BYTES || (!before && strcmp(how, "instead") != 0)) {
        return false;
    }
    for (size_t i = 0; i < ORDER_MAX; i++) {
        bool barrier = i == ORDER_LOADS || i == ORDER_STORES || i == ORDER_ALL;

        if (strcmp(names[i], order) == 0 && (barrier || !before)) {
            *c = (struct change){number, pc, (enum order)i, before};
            out->alterations = number > out->alterations ? number : out->alterations;
            out->changes++;
            return true;
        }
    }
    return false;
}

static bool read_alteration(const char *line, struct plan *out)
{
    char how[16], order[24];
    uint64_t a, b;

    if (sscanf(line, "alterations %511s", out->alterations_file) == 1) {
        return true;
    }
    if (sscanf(line, "select %" SCNx64 " %" SCNx64, &a, &b) == 2) {
        out->select_start = a;
        out->select_end = b;
        return true;
    }
    return sscanf(line, "change %" SCNu64 " %15s %" SCNx64 " %23s", &a, how, &b, order) == 4 &&
           add_change(out, a, how, b, order);
}

static bool read_line(const char *line, struct plan *out)
{
    char word[64], symbol[64];
    uint64_t a, b;

    if (sscanf(line, "ram %" SCNx64 " %" SCNx64, &a, &b) == 2) {
        out->ram_base = a;
        out->ram_bytes = b;
        return true;
    }
    if (sscanf(line, "counters %511s", out->counters_file) == 1) {
        return true;
    }
    if (sscanf(line, "sites %511s", out->sites_file) == 1) {
        return true;
    }
    if (sscanf(line, "trace %511s %" SCNu64, out->trace_file, &a) == 2) {
        out->trace_marks = a;
        return true;
    }
    if (sscanf(line, "mark %" SCNx64 " %" SCNx64, &a, &b) == 2) {
        out->mark_start = a;
        out->mark_end = b;
        return true;
    }
    if (sscanf(line, "report %" SCNx64, &a) == 1 && out->reports < MAX_REPORTS) {
        out->report[out->reports++] = a;
        return true;
    }
    if (sscanf(line, "seed %" SCNu64, &out->seed) == 1) {
        return true;
    }
    if (sscanf(line, "focus %" SCNx64, &out->focus) == 1) {
        return out->focus != 0;
    }
    if (sscanf(line, "set %63s %" SCNu64, word, &a) == 2) {
        return set_parameter(out, word, a);
    }
    if (sscanf(line, "scope %63s %" SCNx64 " %" SCNx64 " %63s", word, &a, &b,
               symbol) == 4) {
        return add_scope(out, word, a, b, symbol);
    }
    return read_alteration(line, out);
}

static bool is_mixed(const struct plan *p)
{
    bool body[2] = {false, false}, other[2] = {false, false};

    for (size_t i = 0; i < p->scopes; i++) {
        bool half = isa_is_kernel(p->scope[i].start);
        (p->scope[i].role == SCOPE_BODY ? body : other)[half] = true;
    }
    return (body[0] && other[0]) || (body[1] && other[1]);
}

static int by_start(const void *a, const void *b)
{
    const struct scope *left = a, *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

bool plan_open(const char *path, char *error, size_t len)
{
    struct plan *out = &own;
    char line[1024];
    unsigned int number = 1;
    bool ok = false;
    FILE *f = fopen(path, "re");

    memset(out, 0, sizeof *out);
    if (!f) {
        snprintf(error, len, "open plan %s: %s", path, strerror(errno));
        return false;
    }
    if (!fgets(line, sizeof line, f) || strcmp(line, "kcovrig-plan 2\n") != 0) {
        snprintf(error, len, "plan %s: not a kcovrig-plan of version 2", path);
        goto out;
    }
    while (fgets(line, sizeof line, f)) {
        number++;
        if (!read_line(line, out)) {
            snprintf(error, len, "plan %s:%u: cannot use \"%.*s\"", path, number,
                     (int)strcspn(line, "\n"), line);
            goto out;
        }
    }
    if (!out->ram_bytes || !out->counters_file[0] || !out->scopes) {
        snprintf(error, len, "plan %s: needs ram, counters and a scope", path);
        goto out;
    }
    if (out->policy.spacing && (!out->policy.track || !out->policy.length || out->policy.spacing > MAX_SPACING)) {
        snprintf(error, len, "plan %s: a spacing needs views and a length, and is at most %d", path, MAX_SPACING);
        goto out;
    }
    qsort(out->scope, out->scopes, sizeof *out->scope, by_start);
    for (size_t i = 1; i < out->scopes; i++) {
        if (out->scope[i].start < out->scope[i - 1].end) {
            snprintf(error, len, "plan %s: the scopes %s and %s overlap", path,
                     out->scope[i - 1].symbol, out->scope[i].symbol);
            goto out;
        }
    }
    out->mixed = is_mixed(out);
    ok = true;
out:
    fclose(f);
    return ok;
}

const struct scope *plan_scope(uint64_t addr)
{
    size_t low = 0, high = plan->scopes;

    while (low < high) { /* to the first that ends after addr */
        size_t mid = low + (high - low) / 2;
        if (plan->scope[mid].end <= addr) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < plan->scopes && addr >= plan->scope[low].start
               ? &plan->scope[low] : NULL;
}
