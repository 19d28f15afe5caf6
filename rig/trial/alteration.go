// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"errors"
	"fmt"
)

// Order is what an instruction orders, as an alteration wants it. The zero value is
// none of them.
type Order string

// The orders. A barrier may become one of the first four; a load, a store or an atomic
// one of the others or OrderNone; an ISB OrderNone alone.
const (
	OrderNone      Order = "none"            // nothing: no barrier; a plain access
	OrderLoads     Order = "ld"              // as DMB LD
	OrderStores    Order = "st"              // as DMB ST
	OrderAll       Order = "sy"              // as DMB SY
	OrderAcquire   Order = "acquire"         // as LDAR
	OrderAcquirePC Order = "acquirePC"       // as LDAPR; loads alone
	OrderRelease   Order = "release"         // as STLR
	OrderBoth      Order = "acquire+release" // of an atomic
)

// IsBarrier says whether a barrier of that kind can be put before an instruction.
func (o Order) IsBarrier() bool { return o == OrderLoads || o == OrderStores || o == OrderAll }

func (o Order) validate() error {
	switch o {
	case OrderNone, OrderAcquire, OrderAcquirePC, OrderRelease, OrderBoth:
		return nil
	}
	if o.IsBarrier() {
		return nil
	}
	return fmt.Errorf("%q is no order of an instruction", string(o))
}

// Change is what the emulator does at one instruction otherwise than the code says.
type Change struct {
	Address uint64 `json:"address"`
	To      Order  `json:"to"`
	// Before is a barrier of the kind To that is executed before the instruction;
	// without it the instruction itself orders what To says, and nothing else.
	Before bool `json:"before,omitempty"`
}

// Validate says what of the change means nothing.
func (c Change) Validate() error {
	if c.Address == 0 {
		return errors.New("a change needs the address of an instruction")
	}
	if err := c.To.validate(); err != nil {
		return err
	}
	if c.Before && !c.To.IsBarrier() {
		return fmt.Errorf("%s is no barrier that can be put before an instruction", c.To)
	}
	return nil
}

// Alteration is another kernel than the one that was built, made of it by the emulator
// while it runs: all its changes are in force at once.
type Alteration []Change

// Validate wants at least one change, and one of a kind at an instruction.
func (a Alteration) Validate() error {
	if len(a) == 0 {
		return errors.New("an alteration without a change is the code as it is")
	}
	type place struct {
		address uint64
		before  bool
	}
	seen := map[place]bool{}
	for _, c := range a {
		if err := c.Validate(); err != nil {
			return fmt.Errorf("change at %#x: %w", c.Address, err)
		}
		at := place{c.Address, c.Before}
		if seen[at] {
			return fmt.Errorf("change at %#x: there are two", c.Address)
		}
		seen[at] = true
	}
	return nil
}
