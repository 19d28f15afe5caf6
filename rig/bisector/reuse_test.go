// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/trial"
)

// Nothing compiled where the scenario does not apply, and no compiler is agreed on.
func TestACommitThatWasNotBuiltAgreesWithAnyCompiler(t *testing.T) {
	e := &remoteState{}
	none := trial.Result{Judgement: trial.Judgement{Verdict: trial.DoesNotApply}}
	assert.NoError(t, e.agree("a", none))
	assert.NoError(t, e.agree("b", trial.Result{Prepared: trial.Prepared{Kernel: trial.Kernel{Compiler: "gcc 12"}}}))
	assert.NoError(t, e.agree("c", none))
	assert.ErrorContains(t, e.agree("d", trial.Result{Prepared: trial.Prepared{Kernel: trial.Kernel{Compiler: "gcc 13"}}}), "compiled with gcc 13")
}

// An answer is shared only where nothing that the scope was made of can differ.
func TestWhatAChangeTouches(t *testing.T) {
	inputs := []string{"kernel/ring.c", "include/linux/ring.h", "arch/arm64/lib/memcpy.S"}
	for name, c := range map[string]struct {
		change gitbisect.Change
		want   bool
	}{
		"its source":               {gitbisect.Change{Path: "kernel/ring.c"}, true},
		"its header":               {gitbisect.Change{Path: "include/linux/ring.h"}, true},
		"another file":             {gitbisect.Change{Path: "mm/util.c"}, false},
		"a new file":               {gitbisect.Change{Path: "mm/new.c", Added: true}, false},
		"a header before its own":  {gitbisect.Change{Path: "arch/arm64/include/linux/ring.h", Added: true}, true},
		"a header that made way":   {gitbisect.Change{Path: "include/uapi/linux/ring.h", Deleted: true}, true},
		"a header beside, changed": {gitbisect.Change{Path: "include/uapi/linux/ring.h"}, false},
		"the configuration":        {gitbisect.Change{Path: "mm/Kconfig"}, true},
		"how it is compiled":       {gitbisect.Change{Path: "kernel/Makefile"}, true},
		"what headers come from":   {gitbisect.Change{Path: "arch/arm64/tools/sysreg"}, true},
	} {
		assert.Equal(t, c.want, touches([]gitbisect.Change{{Path: "README"}, c.change}, inputs), name)
	}
	assert.False(t, touches(nil, inputs))
}
