// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kcovrig's weak-memory emulator: a QEMU TCG plugin that lets chosen guest
 * functions behave as the Arm memory model allows. Argument: plan=FILE.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alter.h"
#include "awake.h"
#include "counters.h"
#include "exec_scope.h"
#include "gate.h"
#include "instrument.h"
#include "isa.h"
#include "memory.h"
#include "plan.h"
#include "qemu_api.h"
#include "sites.h"
#include "thread.h"
#include "trace.h"
#include "vcpu.h"

EXPORT int qemu_plugin_version = KCOVRIG_API;

#if KCOVRIG_API >= 7
static void on_vcpu(unsigned int index, void *udata)
{
    (void)udata;
    vcpu_open(index, thread_here());
}

static void on_block(struct qemu_plugin_tb *tb, void *udata)
{
    (void)udata;
    instrument_block(tb);
}

static void on_event(unsigned int index, enum qemu_plugin_discon_type type,
                     uint64_t from, uint64_t to, void *udata)
{
    (void)udata;
    exec_event(index, type == QEMU_PLUGIN_DISCON_EXCEPTION, from, to);
}
#define NO_UDATA , NULL
#else
static void on_vcpu(qemu_plugin_id_t id, unsigned int index)
{
    (void)id;
    vcpu_open(index, thread_here());
}

static void on_block(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    instrument_block(tb);
}

static void on_event(qemu_plugin_id_t id, unsigned int index,
                     enum qemu_plugin_discon_type type, uint64_t from,
                     uint64_t to)
{
    (void)id;
    exec_event(index, type == QEMU_PLUGIN_DISCON_EXCEPTION, from, to);
}
#define NO_UDATA
#endif

static bool open_all(const char *plan_file, uint64_t vcpus_max)
{
    char error[1200];

    if (!plan_open(plan_file, error, sizeof error)) {
        fprintf(stderr, "kcovrig: %s\n", error);
        return false;
    }
    memory_open(plan->ram_base, plan->ram_bytes);
    if (!counters_open(plan->counters_file)) {
        fprintf(stderr, "kcovrig: map counters %s: %s\n", plan->counters_file,
                strerror(errno));
        return false;
    }
    if (plan->sites_file[0] && !sites_open(plan->sites_file)) {
        fprintf(stderr, "kcovrig: map sites %s: %s\n", plan->sites_file,
                strerror(errno));
        return false;
    }
    if (plan->alterations_file[0] && !alter_open(plan->alterations_file)) {
        fprintf(stderr, "kcovrig: map alterations %s: %s\n", plan->alterations_file,
                strerror(errno));
        return false;
    }
    if (plan->trace_marks && !trace_open(plan->trace_file, plan->trace_marks, vcpus_max)) {
        fprintf(stderr, "kcovrig: map trace %s: %s\n", plan->trace_file,
                strerror(errno));
        return false;
    }
    return true;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
                               int argc, char **argv)
{
    if (argc != 1 || strncmp(argv[0], "plan=", 5) != 0) {
        fprintf(stderr, "kcovrig: the plugin takes plan=FILE and nothing else\n");
        return 1;
    }
    if (strcmp(info->target_name, ISA_TARGET) != 0 || !info->system_emulation) {
        fprintf(stderr, "kcovrig: the plugin is for qemu-system-" ISA_TARGET ", not %s\n",
                info->target_name);
        return 1;
    }
    if (info->system.max_vcpus > MAX_VCPUS) {
        fprintf(stderr, "kcovrig: at most %d vCPUs, not %d\n", MAX_VCPUS,
                info->system.max_vcpus);
        return 1;
    }
    if (!open_all(argv[0] + 5, (uint64_t)info->system.max_vcpus)) {
        return 1;
    }
    awake_open();
    gates_open();
    qemu_plugin_register_vcpu_init_cb(id, on_vcpu NO_UDATA);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_block NO_UDATA);
    qemu_plugin_register_vcpu_discon_cb(id, QEMU_PLUGIN_DISCON_ALL,
                                        on_event NO_UDATA);
    return 0;
}
