// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

// Results come from anywhere: workers, artifacts, mails. What is read of one can be written again.
func FuzzParse(f *testing.F) {
	goldentest.Seed(f, "../../cmd/kcovrig/testdata/released/*/result.json", "../../cmd/kcovrig/testdata/released/*/*/*/result.json")
	f.Add([]byte(`{"schema":"` + Schema + `"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		saved, err := Parse("/run", "run", text)
		if err != nil {
			return
		}
		r := saved.Document.Result()
		var again bytes.Buffer
		require.NoError(t, JSON(&again, r))
		_, err = Parse("/run", "run", again.Bytes())
		require.NoError(t, err)
		trial.CellName(r)
	})
}

func FuzzReadLitmusLines(f *testing.F) {
	var lines bytes.Buffer
	w := LitmusWriter{To: &lines}
	require.NoError(f, w.Begin([]litmus.Head{{Name: "MP", Threads: 2}}, 7))
	f.Add(lines.Bytes())
	f.Add([]byte(`{"begin":{"schema":"` + LitmusLinesSchema + `","heads":null}}` + "\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := ReadLitmusLines(bytes.NewReader(text))
		if err != nil {
			return
		}
		_, err = json.Marshal(report)
		require.NoError(t, err)
	})
}
