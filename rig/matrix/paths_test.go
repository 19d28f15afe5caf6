// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/trial"
)

func TestAMatrixFolderMayBeMoved(t *testing.T) {
	failure := trial.Failure{Log: "/was/cells/0/patched/console.log"}
	d := Document{Cells: []CellResult{{Failure: &failure}, {Failure: &trial.Failure{Log: "/cache/builds/x.log"}}, {Failure: &trial.Failure{}}, {}}}
	kept := d.Below("/was")
	assert.Equal(t, "cells/0/patched/console.log", kept.Cells[0].Failure.Log)
	assert.Equal(t, "/was/cells/0/patched/console.log", failure.Log, "what is shown now names it whole")
	again := kept.In("/now")
	assert.Equal(t, "/now/cells/0/patched/console.log", again.Cells[0].Failure.Log)
	assert.Equal(t, "/cache/builds/x.log", again.Cells[1].Failure.Log)
	assert.Empty(t, again.Cells[2].Failure.Log)
	assert.Nil(t, again.Cells[3].Failure)
}
