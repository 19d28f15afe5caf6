// SPDX-License-Identifier: Apache-2.0

package weakmem

import "kcovrig/rig/coderange"

// wideBytes is from how much code on a scope is wide: that of a subsystem, not of some
// functions, nor of one object.
const wideBytes = 128 << 10

// For is the policy for a scope. In a wide one a vCPU is nearly always: an episode at each
// entry would go on from one exception to the next, and cost what an emulated instruction
// does for all that the kernel does. So episodes are short there and far between, and
// begin anywhere. Waits are rare, since they would be everybody's.
func (p Policy) For(scope []coderange.Range) Policy {
	bytes := uint64(0)
	for _, r := range scope {
		if r.Role == coderange.Body {
			bytes += r.End - r.Start
		}
	}
	if bytes >= wideBytes {
		p.Active, p.Track, p.Spacing, p.Length = 1000, 1, 4000, 64
		p.Hold, p.Await, p.Pause = min(p.Hold, 10), 0, 0
	}
	return p
}
