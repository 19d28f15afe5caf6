// SPDX-License-Identifier: Apache-2.0
/*
 * A kernel of two functions: one that copies entries and publishes their count, and
 * one that it is inlined into. The macros that -D sets make the variants.
 */
typedef unsigned long u64;
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define RELEASE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELEASE)
#define WMB asm volatile("dmb ishst" ::: "memory")
#define BARRIER(how) asm volatile(how ::: "memory")
#ifndef BEFORE
#define BEFORE
#endif
#ifndef AFTER
#define AFTER
#endif
#ifndef PUBLISH
#define PUBLISH(how) WRITE_ONCE(*(u64 *)dst, len + moved)
#endif
#ifndef LAST
#define LAST
#endif
#ifndef ATTR
#define ATTR inline
#endif
#ifndef SIZE
#define SIZE n
#endif
#ifndef STORES
#define STORES switch (mode) { case 2: PUBLISH(2); break; case 3: PUBLISH(3); break; default: break; }
#endif

/* As arch/arm64 has them: instructions that may be patched when the kernel boots. */
#define RECORD(section, what) ".pushsection " section ",\"a\"\n" what ".popsection\n"
#define ALTERNATIVE(old, new) BARRIER("661: " old "\n662:\n" \
	RECORD(".altinstructions", ".word 661b - .\n.word 663f - .\n.hword 1\n.byte 662b - 661b\n.byte 664f - 663f\n") \
	".subsection 1\n663: " new "\n664: .previous\n")
#define CALLBACK(old) BARRIER("661: " old "\n662:\n" \
	RECORD(".altinstructions", ".word 661b - .\n.word hook - .\n.hword 1\n.byte 662b - 661b\n.byte 0\n"));
#define LABEL(old, to) BARRIER("661: " old "\n" \
	RECORD("__jump_table", ".word 661b - .\n.word " to " - .\n.quad 0\n"));

void *memcpy(void *to, const void *from, u64 n);
void hook(void);
void fence(void);
void deep(u64);
void deeper(u64);
void maybe(u64);
extern u64 total;
__attribute__((cold)) void rare(void);

#ifdef MOVED
void first(void) { hook(); asm(".space 8192"); }
#endif
#ifdef FIELD
#define MORE int more;
#else
#define MORE
#endif

struct ring { int lock; MORE int mode; unsigned int size; void *area; };

static ATTR void move_area(int mode, void *dst, unsigned int size, void *src)
{
	u64 len, moved, n, log;

	switch (mode) {
	case 2:
		len = *(volatile u64 *)dst;
		log = 3;
		break;
	case 3:
		len = *(volatile u64 *)dst;
		log = 5;
		break;
	default:
		return;
	}
	if (len > (size * 8ul - 8) >> log)
		return;
	n = *(u64 *)src << log;
	if (n > size * 8ul - len)
		n = size * 8ul - len;
	moved = n >> log;
	BEFORE;
#ifndef WITHOUT_COPY
	memcpy((char *)dst + 8 + (len << log), (char *)src + 8, SIZE);
#endif
	AFTER;
	STORES
	LAST;
}

u64 total = 1;

void remote_stop(struct ring *ring, void *area, int once)
{
	while (__atomic_exchange_n(&ring->lock, 1, __ATOMIC_ACQUIRE))
		;
	if (once)
		move_area(ring->mode, ring->area, ring->size, area);
	total++; /* 8 bytes, and no part of move_area() */
	__atomic_store_n(&ring->lock, 0, __ATOMIC_RELEASE);
}
