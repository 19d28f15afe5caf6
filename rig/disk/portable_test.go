// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The path may come from another machine, and lead anywhere.
func TestOnlyPathsInAFolderMoveWithIt(t *testing.T) {
	for path, want := range map[string]string{
		"/was/patched/console.log": "/now/patched/console.log", "/was": "/now",
		"/was/../etc/passwd": "/was/../etc/passwd", "/was.build.log": "/was.build.log", "/wasted/log": "/wasted/log", "log": "log", "": "",
	} {
		assert.Equal(t, want, Moved("/was", "/now", path), path)
	}
	assert.Equal(t, "/somewhere/log", Moved("", "/now", "/somewhere/log"), "no folder is known")
}
