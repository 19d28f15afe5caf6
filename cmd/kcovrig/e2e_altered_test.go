// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the emulator makes of one built kernel has the answers that built kernels have: those
// of fixes, where the compiler keeps the order.
func TestE2EAlterationsByName(t *testing.T) {
	e2e(t)
	text := source(t)
	lineOf := func(code string) int {
		before, _, found := strings.Cut(text, code)
		require.True(t, found, code)
		return strings.Count(before, "\n") + 1
	}
	behind := lineOf(afterCopy+"\n\tswitch (mode) {\n") + 2 // the first access behind the copy, of the branch
	fix := func(line int, kind string) string {
		return fmt.Sprintf("--virtual-fix=kcov_remote_stop:%d:%s", line, kind)
	}
	for name, c := range map[string]struct {
		flag, want string
		code       int
		model      string
	}{
		"the posted fix": {fix(behind, "smp_wmb"), "enough in the emulator", exitOK, "Model: certified"},
		"read barrier":   {fix(behind, "smp_rmb"), "not enough in the emulator", exitNotFixed, "Model: what was seen is possible"},
		"release":        {fix(lineOf(cmpCount), "release"), "enough in the emulator", exitOK, "Model: certified"},
		"weakened":       {"--weaken=kcov_remote_stop", "needed in the emulator", exitNotFixed, "Model: "},
	} {
		t.Run(name, func(t *testing.T) {
			run := kcovrig(t, nil, "compare", "--arch=arm64", "--mode=pc", c.flag).run(c.code)
			out := strings.Join(strings.Fields(run.out.String()), " ")
			assert.True(t, strings.HasPrefix(out, c.want+": "), out)
			assert.Contains(t, out, "Nothing was built anew")
			assert.Contains(t, out, c.model)
		})
	}
	kcovrig(t, nil, "compare", "--arch=arm64", "--weaken=kcov_remote_stop:1").run(exitUsage)
}
