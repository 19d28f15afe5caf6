// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func TestRunItAgainNamesEveryPatchInOrder(t *testing.T) {
	argv := repeat(result.Document{Command: "build", Spec: trial.Spec{Arch: "arm64", Tree: "/t", Patch: trial.Patches{"/b.patch", "/a 1.patch"}}})
	assert.Equal(t, []string{"kcovrig", "build", "--arch=arm64", "--tree=/t", "--patch=/b.patch", "'--patch=/a 1.patch'"}, argv)
}

func TestRunItAgainTrustsTheTreeNoMore(t *testing.T) {
	for _, c := range []trial.Command{trial.CommandBuild, trial.CommandCompare, trial.CommandSoak} {
		d := result.Document{Command: c, Spec: trial.Spec{Arch: "arm64", Sandbox: true}}
		assert.Contains(t, repeat(d), "--sandbox")
		d.Spec.Sandbox = false
		assert.NotContains(t, repeat(d), "--sandbox")
	}
}

func TestRunItAgainNamesWhatWasAltered(t *testing.T) {
	d := result.Document{Command: trial.CommandBarriers, Spec: trial.Spec{Variant: trial.Unpatched, Arch: "arm64", VirtualFix: "f:7:smp_wmb"}}
	assert.Contains(t, command(d), "kcovrig compare --virtual-fix=f:7:smp_wmb ")
	d.Spec.Variant, d.Spec.VirtualFix, d.Spec.Weaken = trial.Patched, "", "f:7"
	assert.Contains(t, command(d), "kcovrig compare --weaken=f:7 ")
}
