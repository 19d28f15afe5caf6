// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
)

// realQEMU is the program that a stand-in hands over to.
func realQEMU(t *testing.T) string {
	t.Helper()
	e2e(t)
	for _, dir := range append([]string{filepath.Join(userCache(), "qemu", "bin")}, filepath.SplitList(os.Getenv("PATH"))...) {
		if path := filepath.Join(dir, "qemu-system-aarch64"); isFile(path) {
			return path
		}
	}
	require.FailNow(t, "no qemu-system-aarch64")
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// A kernel that panics, since its init is not there, is the kernel's end, told
// with the console's last lines and QEMU's command line.
func TestE2EAKernelThatPanics(t *testing.T) {
	qemu := standIn(t, api6, `for (int i = 1; i + 1 < argc; i++)
	if (!strcmp(argv[i], "-append"))
		argv[i + 1] = "console=ttyAMA0 oops=panic panic=-1 rdinit=/none init=/none";
argv[0] = "`+realQEMU(t)+`";
execv(argv[0], argv);
return 126;`)
	r := kcovrig(t, nil, "compare", "--arch=arm64", "--json", "--qemu="+qemu).run(5).says("Kernel panic - not syncing", "-append").result()
	assert.Equal(t, "inconclusive", r.Verdict)
	require.NotNil(t, r.Error)
	assert.Equal(t, "kernel", r.Error.Whose)
	assert.Contains(t, r.Error.Tail, "panic")
	assert.Contains(t, r.Error.Try, "panics without")
	assert.FileExists(t, r.Error.Log)
	for _, a := range r.Arms {
		assert.NotEqual(t, "ok", a.Outcome)
		assert.Zero(t, a.Windows)
	}
}

// A QEMU that dies, or hangs, while the guest is under stress.
func TestE2EAMachineThatDies(t *testing.T) {
	for name, c := range map[string]struct {
		signal syscall.Signal
		code   int
		words  []string
	}{
		"killed": {syscall.SIGKILL, 3, []string{"QEMU ended early", "signal: killed", "-append"}},
		"hung":   {syscall.SIGSTOP, 5, []string{"silent", "-append"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := kcovrig(t, nil, "run", "--arch=arm64", "--unpatched", "--duration=60s", "--json", "-v").start()
			cmd.untilSays("stale (unpatched)")
			require.NoError(t, syscall.Kill(cmd.until("-append"), c.signal))
			assert.Equal(t, c.code, cmd.wait())
			cmd.leavesNothing()
			r := cmd.says(c.words...).result()
			require.NotNil(t, r.Error)
			if name == "killed" {
				_, said, _ := strings.Cut(cmd.log.String(), "\nkcovrig: run the")
				said, _, _ = strings.Cut(said, "\nreport  ")
				goldentest.Like(t, goldentest.Block(t, "../../docs/running.md", "kcovrig: run the"), "kcovrig: run the"+said+"\n")
			}
			assert.Empty(t, r.Verdict)
			require.NotEmpty(t, r.Arms)
			for _, a := range r.Arms {
				assert.NotContains(t, []string{"", "ok", "cut-short"}, a.Outcome)
				assert.Zero(t, a.HitWindows, "nothing that failed is counted")
			}
		})
	}
}

// Ctrl-C during the run of the machines; what was measured is reported. One kernel
// alone does not end before its time, as a comparison does that knows enough.
func TestE2ECtrlC(t *testing.T) {
	for stage, c := range map[string]struct {
		args []string
		code int
	}{
		"boot (unpatched) ...": {[]string{"compare"}, 3}, // nothing was measured
		"stale (unpatched)":    {[]string{"run", "--unpatched"}, 4},
	} {
		t.Run(stage, func(t *testing.T) {
			cmd := kcovrig(t, nil, append(c.args, "--arch=arm64", "--duration=60s", "--json", "-v")...).start()
			cmd.untilSays(stage)
			cmd.signal(syscall.SIGINT)
			assert.Equal(t, c.code, cmd.wait())
			cmd.leavesNothing()
			r := cmd.says("interrupted: ").result()
			assert.NotEqual(t, "fixed", r.Verdict)
			if c.code == 4 {
				require.NotEmpty(t, r.Arms)
				assert.Equal(t, "cut-short", r.Arms[0].Outcome)
				assert.Positive(t, r.Arms[0].HitWindows)
			}
		})
	}
}

// kill -9 leaves no process, and the next run clears up what the killed one
// could not.
func TestE2EKilledUnderStress(t *testing.T) {
	cmd := kcovrig(t, nil, "run", "--arch=arm64", "--unpatched", "--duration=60s", "-v").start()
	cmd.untilSays("stale (unpatched)")
	cmd.signal(syscall.SIGKILL)
	cmd.wait()
	cmd.leavesNoProcess()
	kcovrig(t, nil, "compare", "--arch=arm64").run(0)
}
