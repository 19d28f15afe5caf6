// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

func TestAWorkersFolderIsItsOwn(t *testing.T) {
	dir := t.TempDir()
	lock, err := disk.LockFolder(dir)
	require.NoError(t, err)
	defer lock.Close()
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	_, err = Work(t.Context(), Config{Env: command.Env{CacheDir: t.TempDir(), Tools: lab.Tools(), Boots: lab.Booting(), Events: func(trial.Event) {}}, Name: "w", Slots: 1, Dir: dir, NoKVM: true})
	require.ErrorContains(t, err, "another kcovrig works in")
}
