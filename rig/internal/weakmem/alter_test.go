// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// alterationTable renders records as the plugin does.
func alterationTable(records ...[4]uint64) []byte {
	var out []byte
	for _, r := range records {
		for _, v := range r {
			out = binary.NativeEndian.AppendUint64(out, v)
		}
	}
	return out
}

func TestAlterationsAreRead(t *testing.T) {
	of := []trial.Alteration{
		{{Address: 8, To: trial.OrderNone}, {Address: 12, To: trial.OrderAll, Before: true}},
		{{Address: 8, To: trial.OrderStores}},
	}
	table := alterationTable([4]uint64{0, 0, 5}, [4]uint64{1, 0, 6}, [4]uint64{2, 0, 7},
		[4]uint64{1, 8, 0, 9}, [4]uint64{1, 12, 10}, [4]uint64{2, 8})
	got, err := parseAlterations(table, of)
	require.NoError(t, err)
	assert.Equal(t, []Altered{
		{Episodes: 5},
		{Episodes: 6, Changes: []ChangeCount{{Unfit: 9}, {Executed: 10}}},
		{Episodes: 7, Changes: []ChangeCount{{}}},
	}, got)

	_, err = parseAlterations(table[:len(table)-1], of)
	assert.Error(t, err, "a table that was cut")
	_, err = parseAlterations(table, of[:1])
	assert.Error(t, err, "more than was asked for")
	_, err = parseAlterations(table, []trial.Alteration{of[1], of[0]})
	assert.ErrorContains(t, err, "under 1", "others than were asked for")
	_, err = ReadAlterations(filepath.Join(t.TempDir(), "absent"), of)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}
