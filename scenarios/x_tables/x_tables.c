/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side replaces the table of rules that each packet goes through; the other sends
 * packets meanwhile, which the table counts and drops. Who replaces a table is given what the
 * old one has counted, once no packet walks it any more. A try is one replacement, and a hit
 * one in which both tables counted fewer packets than were sent: one walked the old table
 * and was counted there after that was read.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter/xt_u32.h>

#define RULES 5
#define TOLD 16 /* tries between two lines to the guest */

struct rule {
	struct ipt_entry entry;
	struct xt_standard_target target;
};

/*
 * With a rule that no packet comes to it has more than 4 KiB and less than 8. Nothing else
 * here allocates such a piece, so that one which was freed stays what it was until the next
 * replacement. Of a small one the CPU that walks it panics, now and then.
 */
struct table {
	struct rule input, forward, output;
	struct {
		struct ipt_entry entry;
		struct {
			struct xt_entry_match match;
			struct xt_u32 nothing;
		} matches[2];
		struct xt_standard_target target;
	} large;
	struct {
		struct ipt_entry entry;
		struct xt_error_target target;
	} end;
};

static struct {
	struct ipt_replace head;
	struct table table;
} new;

static struct {
	struct ipt_get_entries head;
	struct table table;
} now;

static struct xt_counters counts[RULES];
static int rules, packets;
static unsigned sent;
static int unsure;
static _Atomic int replaced;

static int look(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	errno = 0;
	if (sendto(packets, NULL, 0, 0, (struct sockaddr *)&to, sizeof to) == -1 && errno == EPERM)
		sent++; /* it was dropped, and so not permitted */
	else
		unsure = 1; /* errno may be the other side's */
	return replaced;
}

/* Returns how many packets the old table has counted. */
static unsigned replace(void)
{
	must(setsockopt(rules, IPPROTO_IP, IPT_SO_SET_REPLACE, &new, sizeof new) == 0, "replace the rules");
	return counts[2].pcnt;
}

/* Returns how many packets the table has counted. */
static unsigned counted(void)
{
	socklen_t size = sizeof now;

	must(getsockopt(rules, IPPROTO_IP, IPT_SO_GET_ENTRIES, &now, &size) == 0, "read the rules");
	return now.table.output.entry.counters.pcnt;
}

static void fill(struct ipt_entry *entry, size_t size, struct xt_entry_target *target, size_t target_size)
{
	entry->target_offset = (char *)target - (char *)entry;
	entry->next_offset = size;
	target->u.target_size = target_size;
}

static void fill_rule(struct rule *rule, int hook, int verdict)
{
	fill(&rule->entry, sizeof *rule, &rule->target.target, sizeof rule->target);
	rule->target.verdict = -verdict - 1;
	new.head.valid_hooks |= 1 << hook;
	new.head.hook_entry[hook] = new.head.underflow[hook] = (char *)rule - (char *)&new.table;
}

static void fill_table(struct table *table)
{
	fill_rule(&table->input, NF_INET_LOCAL_IN, NF_ACCEPT);
	fill_rule(&table->forward, NF_INET_FORWARD, NF_ACCEPT);
	fill_rule(&table->output, NF_INET_LOCAL_OUT, NF_DROP);
	fill(&table->large.entry, sizeof table->large, &table->large.target.target, sizeof table->large.target);
	table->large.target.verdict = -NF_ACCEPT - 1;
	for (int i = 0; i < 2; i++) {
		table->large.matches[i].match.u.match_size = sizeof table->large.matches[i];
		strcpy(table->large.matches[i].match.u.user.name, "u32");
	}
	fill(&table->end.entry, sizeof table->end, &table->end.target.target, sizeof table->end.target);
	strcpy(table->end.target.target.u.user.name, XT_ERROR_TARGET);
	strcpy(table->end.target.errorname, XT_ERROR_TARGET);
}

static void set_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	struct ipt_getinfo first = {.name = "filter"};
	socklen_t size = sizeof first;

	rules = socket(AF_INET, SOCK_DGRAM, 0);
	packets = socket(AF_INET, SOCK_DGRAM, 0);
	must(rules >= 0 && packets >= 0 && ioctl(packets, SIOCSIFFLAGS, &lo) == 0, "lo up");
	must(getsockopt(rules, IPPROTO_IP, IPT_SO_GET_INFO, &first, &size) == 0, "ask for the rules");
	new.head = (struct ipt_replace){.name = "filter", .num_entries = RULES, .size = sizeof new.table, .counters = counts};
	now.head = (struct ipt_get_entries){.name = "filter", .size = sizeof now.table};
	fill_table(&new.table);
	new.head.num_counters = first.num_entries; /* of the table that is replaced */
	replace();
	new.head.num_counters = RULES;
}

int main(void)
{
	unsigned old, left, before = 0, right = 0;

	set_up();
	start_reader(look);
	ready();
	while (going()) {
		sent = unsure = replaced = 0;
		begin_try();
		old = replace() - before;
		replaced = 1;
		end_try();
		before = left = counted();
		if (unsure)
			continue;
		if (old + left != sent || ++right == TOLD) {
			if (right)
				tried(right);
			right = 0;
		}
		if (old + left != sent)
			hit("sent=%u old=%u new=%u", sent, old, left);
	}
	return done();
}
