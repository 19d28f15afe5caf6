// SPDX-License-Identifier: GPL-2.0-or-later
#include "chance.h"

void chance_seed(struct vcpu *v, uint64_t seed)
{
    v->random = seed;
    v->random = chance_random(v) + v->index * 0xd1342543de82ef95ull;
}
