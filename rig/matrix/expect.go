// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"slices"

	"kcovrig/rig/arch"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// expect settles what the cell is expected to come to: by its own entry, else by
// the first expectation that fits, else by the memory model.
func (d *document) expect(cell *Cell, c combination) {
	stated := c.stated
	if stated != nil && stated.expect == Unknown {
		stated = nil
	}
	for i := range d.expectations {
		e := &d.expectations[i]
		if !e.matches(c) {
			continue
		}
		e.used = true
		if stated == nil {
			stated = e
		}
	}
	if stated == nil && cell.Command == Barriers {
		d.Fail(c.at, "cell %s: nothing says what it has to come to: state one of %v", cell.Name, cell.outcomes())
		return
	}
	if stated == nil {
		cell.Expect, cell.Why = modelled(*cell, c.scenario())
		return
	}
	if may := cell.outcomes(); !slices.Contains(may, stated.expect) {
		d.Fail(stated.expectAt, "cell %s cannot come to %s: %s comes to one of %v", cell.Name, stated.expect, cell.Command, may)
	}
	cell.Expect, cell.Why = stated.expect, fmt.Sprintf("stated in line %d", stated.expectAt.Line)
}

// modelled is what the memory model says of a cell: herd7's table under the
// kernel's model, where the emulator or the hardware reorders, and no
// hit where neither does. "auto" counts as KVM only where the file asks for a
// host of the guest's own architecture, since it depends on the host otherwise.
func modelled(c Cell, s scenario.Scenario) (Outcome, string) {
	a, err := arch.Lookup(c.Spec.Arch)
	if err != nil {
		return Unknown, ""
	}
	ordered := s.Readers[string(c.Spec.Readers[0])].Ordered
	kvm := c.Spec.Accel == trial.AccelKVM || c.Spec.Accel == trial.AccelAuto && c.Host == a.Name
	reorders := !a.TSO && (c.Spec.MemoryModel == trial.ModelArm && a.Emulated || c.Spec.MemoryModel == trial.ModelNative && kvm)
	by := "by the memory model: "
	if !s.HasLitmus() {
		by = "by the scenario, which has no litmus tests: "
	}
	if c.tso() && s.Function == "" { // a load may pass an earlier store there
		return Inconclusive, "the scenario names no two writes, and TSO orders only some accesses"
	}
	if c.Command == Compare {
		switch {
		case c.tso():
			return NoEffect, by + "the architecture keeps stores in order (TSO)"
		case !reorders:
			return Inconclusive, by + "nothing reorders, so neither kernel shows anything"
		case !ordered:
			return Inconclusive, by + "the reader's own loads may be reordered on any kernel"
		}
		return Fixed, by + "unpatched sometimes, patched never"
	}
	switch {
	case c.tso():
		return Clean, by + "the architecture keeps stores in order (TSO)"
	case !reorders:
		return Clean, by + "nothing reorders"
	case c.Variant == trial.Unpatched:
		return Hit, by + "unpatched sometimes"
	case !ordered:
		return Hit, by + "the reader's own loads may be reordered on any kernel"
	case s.Function == "":
		return Inconclusive, "the scenario names no two writes, so that silence is worth something beside the unpatched kernel alone"
	}
	return Clean, by + "patched never"
}
