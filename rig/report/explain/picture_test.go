// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/result"
)

// The README's picture is what kcovrig explain --picture draws of the run that is kept in
// testdata: a comparison of Linux 6.12.117, as it was saved, but for the names of folders,
// and for what no picture shows: curves, tries, and 15 of 16 witnesses.
func TestThePictureOfTheREADME(t *testing.T) {
	run, err := result.Load(filepath.Join("testdata", "pictured", "result.json"))
	require.NoError(t, err)
	goldentest.Check(t, filepath.Join("..", "..", "..", "..", "docs", "pictures", "witness.svg"), Picture(run.Document, 1))
}

// Texts of a result are text in a picture, and each line stays within it.
func TestAPictureIsXML(t *testing.T) {
	run := explainable()
	for i := range run.Document.Witnesses[0].Events {
		run.Document.Witnesses[0].Events[i].Symbol = `"><script>&\x1b]0;x\x07`
	}
	for n := range run.Document.Witnesses {
		picture := Picture(run.Document, n+1)
		assert.NotContains(t, picture, "<script")
		decoder := xml.NewDecoder(strings.NewReader(picture))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
	}
}
