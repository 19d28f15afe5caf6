// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAlterationsAreValidated(t *testing.T) {
	weaker, before := Change{Address: 0x1000, To: OrderNone}, Change{Address: 0x1000, To: OrderStores, Before: true}
	assert.NoError(t, Alteration{weaker, before}.Validate(), "one of each kind at an instruction")
	for _, to := range []Order{OrderNone, OrderLoads, OrderStores, OrderAll, OrderAcquire, OrderAcquirePC, OrderRelease, OrderBoth} {
		assert.NoError(t, Change{Address: 4, To: to}.Validate(), to)
	}
	for name, a := range map[string]Alteration{
		"no change":                      nil,
		"an order that nobody named":     {{Address: 4}},
		"an order that there is not":     {{Address: 4, To: "dmb"}},
		"no address":                     {{To: OrderNone}},
		"nothing put before":             {{Address: 4, To: OrderNone, Before: true}},
		"an acquire put before":          {{Address: 4, To: OrderAcquire, Before: true}},
		"two in the place of one":        {weaker, {Address: 0x1000, To: OrderLoads}},
		"two before the one instruction": {before, before},
	} {
		assert.Error(t, a.Validate(), name)
	}
}
