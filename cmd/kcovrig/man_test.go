// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestManualPages(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	dir := t.TempDir()
	code, _, errs := call(t, "man", dir)
	require.Equal(t, exitOK, code, errs)
	eachCommand(newRoot(&app{getenv: func(string) string { return "" }}), func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" {
			return
		}
		page, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		require.NoError(t, err)
		if strings.Contains(c.Long, exitHead) {
			assert.Regexp(t, `\n\.EX\n0  .*\n(.*\n)*2  wrong usage.*\n(.*\n)*\.EE\n`, string(page), "a table stays one")
		}
		assert.Contains(t, string(page), `"Nov 2023"`)
	})
	code, _, errs = call(t, "man", filepath.Join(dir, "missing"))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "write the manual pages")
}

func TestTheVersionThatGoRecords(t *testing.T) {
	assert.Equal(t, "v1.2.0", recordedVersion(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}}))
	commit := []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "vcs.revision", Value: "0123abc"}}
	assert.Equal(t, "0123abc", recordedVersion(&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}))
	assert.Equal(t, "unknown", recordedVersion(&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}))
}
