// SPDX-License-Identifier: Apache-2.0

#define noinline __attribute__((noinline))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

struct ring {
	unsigned long head, length;
	unsigned long entries[8];
};

extern void broken(struct ring *r) __attribute__((cold));

/* inlined wherever it is called */
static inline __attribute__((always_inline)) void publish(struct ring *r)
{
	r->length++;
	WRITE_ONCE(r->head, r->head + 1);
}

/* becomes post.constprop.0, and post.constprop.0.cold */
static noinline unsigned long post(struct ring *r, unsigned long value, unsigned long step)
{
	unsigned long at = r->head * step;

	if (__builtin_expect(at > 7, 0)) {
		broken(r);
		r->length = 0;
		return value;
	}
	r->entries[at] = value;
	publish(r);
	return at;
}

noinline unsigned long post_even(struct ring *r)
{
	return post(r, 2, 3) + 1;
}

void flush(struct ring *r)
{
	r->entries[0] = 0;
	publish(r);
}

/* a jump at its end is a call too */
unsigned long post_all(struct ring *r, unsigned long n)
{
	while (n--)
		post(r, n, 3);
	return post_even(r);
}

unsigned long nothing(struct ring *r)
{
	return r->head;
}

noinline unsigned long leaf(struct ring *r)
{
	r->head = 0;
	return r->length;
}

noinline unsigned long first(struct ring *r)
{
	return leaf(r) + 1;
}

noinline unsigned long second(struct ring *r)
{
	return first(r) + 1;
}
