/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side replaces the table of rules that each packet goes through; the other sends
 * packets meanwhile, which the table counts and drops. Who replaces a table is given the
 * old one's counts, once no packet walks it any more. A try is one replacement, and a hit
 * one in which fewer packets were counted, in the old table and the new one, than were sent:
 * one walked the old table, and was counted there, after its counts were taken.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#define PASSED 8 /* rules that a packet goes by, so that its walk takes some time */
#define DROP (-NF_DROP - 1)
#define ACCEPT (-NF_ACCEPT - 1)

enum { INPUT, FORWARD, OUTPUT, POLICY = OUTPUT + PASSED, LAST };

struct rule {
	struct ipt_entry entry;
	struct xt_standard_target target;
};

static struct {
	struct ipt_replace head;
	struct rule rules[LAST];
	struct {
		struct ipt_entry entry;
		struct xt_error_target target;
	} end;
} table;

static struct xt_counters counts[LAST + 1];
static int rules, packets;
static unsigned sent;
static int unsure; /* whether a packet was counted or failed before */
static _Atomic int replaced;

/* It is dropped, and so not permitted. */
static int look(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	errno = 0;
	if (sendto(packets, NULL, 0, 0, (struct sockaddr *)&to, sizeof to) == -1 && errno == EPERM)
		sent++;
	else
		unsure = 1; /* errno may be the other side's */
	return replaced;
}

/* Returns how many packets the old table had counted. */
static unsigned replace(void)
{
	must(setsockopt(rules, IPPROTO_IP, IPT_SO_SET_REPLACE, &table, sizeof table) == 0, "replace the rules");
	return counts[POLICY].pcnt;
}

static void fill_rule(int i, int verdict)
{
	struct rule *rule = &table.rules[i];

	rule->entry.target_offset = sizeof rule->entry;
	rule->entry.next_offset = sizeof *rule;
	rule->target.target.u.target_size = sizeof rule->target;
	rule->target.verdict = verdict;
}

/* No packet is from the address of the rules that are passed. */
static void fill_table(void)
{
	struct ipt_replace *head = &table.head;

	strcpy(head->name, "filter");
	head->valid_hooks = 1 << NF_INET_LOCAL_IN | 1 << NF_INET_FORWARD | 1 << NF_INET_LOCAL_OUT;
	head->num_entries = LAST + 1;
	head->size = sizeof table - sizeof *head;
	head->counters = counts;
	for (int i = 0; i < LAST; i++)
		fill_rule(i, i == POLICY ? DROP : ACCEPT);
	for (int i = OUTPUT; i < POLICY; i++) {
		table.rules[i].entry.ip.src.s_addr = htonl(INADDR_BROADCAST);
		table.rules[i].entry.ip.smsk.s_addr = htonl(INADDR_BROADCAST);
	}
	head->hook_entry[NF_INET_FORWARD] = head->underflow[NF_INET_FORWARD] = FORWARD * sizeof(struct rule);
	head->hook_entry[NF_INET_LOCAL_OUT] = OUTPUT * sizeof(struct rule);
	head->underflow[NF_INET_LOCAL_OUT] = POLICY * sizeof(struct rule);
	table.end.entry.target_offset = sizeof table.end.entry;
	table.end.entry.next_offset = sizeof table.end;
	table.end.target.target.u.target_size = sizeof table.end.target;
	strcpy(table.end.target.target.u.user.name, XT_ERROR_TARGET);
	strcpy(table.end.target.errorname, XT_ERROR_TARGET);
}

static void set_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	struct ipt_getinfo now = {.name = "filter"};
	socklen_t size = sizeof now;

	rules = socket(AF_INET, SOCK_DGRAM, 0);
	packets = socket(AF_INET, SOCK_DGRAM, 0);
	must(rules >= 0 && packets >= 0, "socket");
	must(ioctl(packets, SIOCSIFFLAGS, &lo) == 0, "lo up");
	must(getsockopt(rules, IPPROTO_IP, IPT_SO_GET_INFO, &now, &size) == 0, "ask for the rules");
	fill_table();
	table.head.num_counters = now.num_entries;
	must(now.num_entries <= LAST + 1, "know the rules");
	replace();
	table.head.num_counters = LAST + 1;
}

int main(void)
{
	set_up();
	start_reader(look);
	ready();
	while (going()) {
		unsigned counted;

		sent = unsure = replaced = 0;
		begin_try();
		counted = replace();
		replaced = 1;
		end_try();
		counted += replace();
		if (unsure)
			continue;
		if (counted != sent)
			hit("sent=%u counted=%u", sent, counted);
		else
			tried(1);
	}
	return done();
}
