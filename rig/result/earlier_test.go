// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sorted is a document with its members in order, and its numbers as they are written.
func sorted(t *testing.T, text string) string {
	t.Helper()
	var doc any
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	require.NoError(t, in.Decode(&doc))
	out, err := json.Marshal(doc)
	require.NoError(t, err)
	return string(out)
}

func TestMembersOfVersionOneHaveTheirNewNamesInTheirPlacesAlone(t *testing.T) {
	for old, want := range map[string]string{
		`{"arms":[{"staleWindows":3,"entries":9,"copies":18446744073709551615,"later":[null,true,1.50]}]}`:      `{"arms":[{"hitWindows":3,"units":9,"writes":18446744073709551615,"later":[null,true,1.50]}]}`,
		`{"arms":[{"detections":[{"staleNS":7,"fields":{"staleNS":"x","entries":"y"}}]}]}`:                      `{"arms":[{"detections":[{"lastedNS":7,"fields":{"staleNS":"x","entries":"y"}}]}]}`,
		`{"witnesses":[{"detection":{"staleNS":7}}],"staleLower":0.5,"staleCode":null}`:                         `{"witnesses":[{"detection":{"lastedNS":7}}],"hitLower":0.5,"hitCode":null}`,
		`{"cells":[{"arms":[{"staleBlocks":1}],"expect":"stale"}],"entries":2}`:                                 `{"cells":[{"arms":[{"hitBlocks":1}],"expect":"stale"}],"entries":2}`,
		`{"answers":[{"tallies":[{"staleEntries":1,"firstStaleNS":2}]}],"modes":[{"staleLower":1}]}`:            `{"answers":[{"tallies":[{"hitUnits":1,"firstHitNS":2}]}],"modes":[{"hitLower":1}]}`,
		`{"step":{"result":{"Observations":[{"tallies":[{"staleWindows":1}],"series":[{"staleWindows":1}]}]}}}`: `{"step":{"result":{"Observations":[{"tallies":[{"hitWindows":1}],"series":[{"hitWindows":1}]}]}}}`,
		`{"emulator":{"staleLoads":4,"staleWindows":5},"spec":{"modes":["staleLower"]}}`:                        `{"emulator":{"staleLoads":4,"staleWindows":5},"spec":{"modes":["staleLower"]}}`,
	} {
		now, err := current([]byte(old))
		require.NoError(t, err, old)
		assert.Equal(t, sorted(t, want), sorted(t, string(now)))
		again, err := current(now)
		require.NoError(t, err)
		assert.Equal(t, sorted(t, want), sorted(t, string(again)), "what is current stays")
	}
}

func TestDamagedDocumentsOfVersionOneAreRefused(t *testing.T) {
	for _, text := range []string{
		`{"staleLower":1`, `{"staleLower":}`, `{"a":1}{"staleLower":1}`, `{1:"staleLower"}`, `["staleLower"}`, `"staleLower" x`,
		strings.Repeat(`{"arms":[`, 100_000) + `"staleLower"`,
	} {
		var doc Document
		assert.Error(t, Decode([]byte(text), &doc), "%.40s", text)
	}
}

func TestOtherVersionsThanTheTwoAreRefused(t *testing.T) {
	for schema, good := range map[string]bool{"kcovrig.result/1": true, "kcovrig.result/2": true, "kcovrig.result/3": false, "": false, "kcovrig.matrix/1": false} {
		s, err := Parse("", "x", []byte(`{"schema":"`+schema+`"}`))
		assert.Equal(t, good, err == nil, schema)
		if good {
			assert.Equal(t, Schema, s.Document.Schema)
		}
	}
}
