// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// MaxChanges is MAX_CHANGES of plugin/plan.h, which bounds numbers too.
const MaxChanges = 4096

// checkAlterations says why they cannot be made.
func (c Config) checkAlterations() error {
	if len(c.Alterations) == 0 {
		return nil
	}
	if c.Select.Start >= c.Select.End {
		return errors.New("the emulator needs the range of the guest's function that selects an alteration")
	}
	changes := 0
	for i, a := range c.Alterations {
		if err := a.Validate(); err != nil {
			return fmt.Errorf("alteration %d: %w", i+1, err)
		}
		for _, change := range a {
			if !c.inScope(change.Address) {
				return fmt.Errorf("alteration %d: %#x is no instruction of the emulator's scope", i+1, change.Address)
			}
		}
		changes += len(a)
	}
	if changes > MaxChanges {
		return fmt.Errorf("the emulator takes %d changes at most, not %d", MaxChanges, changes)
	}
	return nil
}

// alterationLines are the plan's, none where there are no alterations.
func (c Config) alterationLines() string {
	if len(c.Alterations) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "alterations %s\n", c.files().alterations)
	fmt.Fprintf(&b, "select %#x %#x\n", c.Select.Start, c.Select.End)
	for i, a := range c.Alterations {
		for _, change := range a {
			fmt.Fprintln(&b, changeLine(i+1, change))
		}
	}
	return b.String()
}

func changeLine(number int, c trial.Change) string {
	how := "instead"
	if c.Before {
		how = "before"
	}
	return fmt.Sprintf("change %d %s %#x %s", number, how, c.Address, c.To)
}

// Altered is what became of one alteration, or with number 0 of the code as it is.
type Altered struct {
	Episodes uint64 // stays in the scope, of those in which stores may wait, that began under it
	Changes  []ChangeCount
}

// ChangeCount says how often a changed instruction was executed in such a stay. Both 0: it
// was not executed, and silence says nothing of it.
type ChangeCount struct {
	Executed uint64
	Unfit    uint64 // times that the instruction there was none of which the change can be made
}

// As struct alteration_record in plugin/alter.h.
const alterationSize = 4 * 8

// ReadAlterations reads what became of a configuration's alterations, the code as it is
// before the first. It may be called while the guest runs. A file that is missing, was
// cut or is of others is the rig's fault.
func ReadAlterations(path string, of []trial.Alteration) ([]Altered, error) {
	const op = "read what became of the emulator's alterations"
	data, err := readTable(path, (1+int64(len(of))+MaxChanges)*alterationSize)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	out, err := parseAlterations(data, of)
	return out, fault.Wrap(fault.Rig, op+" in "+path, err)
}

func parseAlterations(data []byte, of []trial.Alteration) ([]Altered, error) {
	type record struct{ number, address, count, unfit uint64 }
	var records []record
	for rest := data; len(rest) >= alterationSize; rest = rest[alterationSize:] {
		field := func(i int) uint64 { return binary.NativeEndian.Uint64(rest[8*i:]) }
		records = append(records, record{field(0), field(1), field(2), field(3)})
	}
	want := 1 + len(of)
	for _, a := range of {
		want += len(a)
	}
	if len(data) != want*alterationSize {
		return nil, fmt.Errorf("%d bytes are no table of %d records", len(data), want)
	}
	out, next := make([]Altered, 1+len(of)), 1+len(of)
	for number := range out {
		out[number].Episodes = records[number].count
		if number == 0 {
			continue
		}
		for _, change := range of[number-1] {
			r := records[next]
			if r.number != uint64(number) || r.address != change.Address {
				return nil, fmt.Errorf("record %d is of %#x under %d, not of %#x under %d", next, r.address, r.number, change.Address, number)
			}
			out[number].Changes = append(out[number].Changes, ChangeCount{Executed: r.count, Unfit: r.unfit})
			next++
		}
	}
	return out, nil
}
