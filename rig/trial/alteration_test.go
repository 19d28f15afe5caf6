// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnAlterationIsChecked(t *testing.T) {
	good := Alteration{{Address: 8, To: OrderStores, Before: true}, {Address: 8, To: OrderPlain}, {Address: 12, To: OrderNone}}
	assert.NoError(t, good.Validate())
	for name, c := range map[string]struct {
		of   Alteration
		want string
	}{
		"empty":              {Alteration{}, "the code as it is"},
		"no order":           {Alteration{{Address: 8}}, `no order ""`},
		"unknown order":      {Alteration{{Address: 8, To: "most"}}, `no order "most"`},
		"no address":         {Alteration{{To: OrderNone}}, "where no instruction"},
		"odd address":        {Alteration{{Address: 9, To: OrderNone}}, "where no instruction"},
		"inserted nothing":   {Alteration{{Address: 8, To: OrderNone, Before: true}}, "no barrier of the kind"},
		"inserted acquire":   {Alteration{{Address: 8, To: OrderAcquire, Before: true}}, "no barrier of the kind"},
		"twice at one place": {Alteration{{Address: 8, To: OrderNone}, {Address: 8, To: OrderLoads}}, "two changes"},
	} {
		t.Run(name, func(t *testing.T) { assert.ErrorContains(t, c.of.Validate(), c.want) })
	}
}
