// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"errors"
	"fmt"
	"slices"
)

// Order is what an instruction orders while the emulator alters it. The zero value is
// unknown, and no alteration may have it.
type Order string

// The orders. Those of barriers are also what a barrier that is not in the code may be.
const (
	OrderUnknown Order = ""
	OrderNone    Order = "none" // of a barrier: as if it were not there
	OrderLoads   Order = "ld"   // DMB LD
	OrderStores  Order = "st"   // DMB ST
	OrderAll     Order = "sy"   // DMB SY

	OrderPlain          Order = "plain"           // of an access: orders nothing
	OrderAcquirePC      Order = "acquirePC"       // as LDAPR
	OrderAcquire        Order = "acquire"         // as LDAR
	OrderRelease        Order = "release"         // as STLR
	OrderAcquireRelease Order = "acquire+release" // of an atomic
)

var (
	barrierOrders = []Order{OrderLoads, OrderStores, OrderAll}
	allOrders     = append([]Order{OrderNone, OrderPlain, OrderAcquirePC, OrderAcquire, OrderRelease, OrderAcquireRelease}, barrierOrders...)
)

// Alteration is what the emulator does to the code of one kernel while it is in force:
// all its changes at once. Alterations are numbered from 1; 0 is the code as it is.
type Alteration []Change

// Change is of one instruction.
type Change struct {
	Address uint64 `json:"address"`
	// To is what the instruction orders in the place of its own order; with Before, the
	// kind of a barrier that is executed before the instruction, which stays as it is.
	To     Order `json:"to"`
	Before bool  `json:"before,omitempty"`
}

// Validate says what is wrong with an alteration.
func (a Alteration) Validate() error {
	if len(a) == 0 {
		return errors.New("an alteration without a change is the code as it is")
	}
	for i, c := range a {
		if err := c.Validate(); err != nil {
			return err
		}
		for _, o := range a[:i] {
			if o.Address == c.Address && o.Before == c.Before {
				return fmt.Errorf("two changes of one kind at %#x", c.Address)
			}
		}
	}
	return nil
}

// Validate says what is wrong with a change.
func (c Change) Validate() error {
	switch {
	case c.Address == 0 || c.Address%4 != 0:
		return fmt.Errorf("a change at %#x, where no instruction can be", c.Address)
	case c.Before && !slices.Contains(barrierOrders, c.To):
		return fmt.Errorf("no barrier of the kind %q before %#x (have: %v)", c.To, c.Address, barrierOrders)
	case !slices.Contains(allOrders, c.To):
		return fmt.Errorf("no order %q at %#x (have: %v)", c.To, c.Address, allOrders)
	}
	return nil
}
