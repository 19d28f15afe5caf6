// SPDX-License-Identifier: Apache-2.0

package weakmem

// ExtremePolicy is the emulator at its most aggressive: it shows what breaks,
// not how often. Waits are as by default, since longer ones would leave the
// guest less time in which something can break.
func ExtremePolicy() Policy {
	p := DefaultPolicy()
	p.Active, p.BodyDelay, p.CalleeMax, p.Hold, p.Stale, p.Pause, p.Track = 1000, 500, 8, 1000, 500, 20, 1
	return p
}
