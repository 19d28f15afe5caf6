// SPDX-License-Identifier: Apache-2.0

package trend

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/result"
)

// Whatever an import can read as a result has a row in the history.
func FuzzImport(f *testing.F) {
	goldentest.Seed(f, "../../cmd/kcovrig/testdata/released/*/result.json")
	f.Add([]byte(`{"schema":"` + result.Schema + `","started":"0000-00-00"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		saved, err := result.Parse("/run", "run", text)
		if err != nil {
			return
		}
		run := NewRun(saved.Document.Result())
		assert.NotEmpty(t, run.Cell)
	})
}
