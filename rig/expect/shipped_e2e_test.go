// SPDX-License-Identifier: Apache-2.0

package expect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/envtest"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
	"kcovrig/scenarios"
)

// herd7 says of the tests that come with scenarios what their Result lines say: of those
// in C under the kernel's model, of those in arm64's instructions under aarch64.cat.
func TestE2EScenariosTestsSayWhatHerdSays(t *testing.T) {
	cache := envtest.Real(t, "asks herd7")
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join("..", "..", "scenarios", name)
			got, err := Run(t.Context(), Config{Config: command.Config{Env: command.Env{CacheDir: cache}, Spec: trial.Spec{Scenario: name, Arch: "arm64", Accel: trial.AccelTCG, MemoryModel: trial.ModelArm}}, LKMM: folder})
			require.NoError(t, err)
			require.NotEmpty(t, got.Tests)
			for _, m := range got.LKMM {
				if !strings.HasPrefix(m.Name, "aarch64/") {
					assert.True(t, m.OK, "%s: %s says %q, %s", m.Name, got.Herd, m.Herd, m.Note)
				}
			}
			assertArm(t, cache, filepath.Join(folder, "aarch64"))
		})
	}
}

// assertArm asks about the tests of a folder, where there is one.
func assertArm(t *testing.T, cache, folder string) {
	files, err := filepath.Glob(filepath.Join(folder, "*.litmus"))
	require.NoError(t, err)
	var tests []herdtools.Source
	want := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		name := strings.TrimSuffix(filepath.Base(file), ".litmus")
		result := resultLine.FindSubmatch(text)
		require.NotNil(t, result, "%s has no Result line", file)
		tests, want[name] = append(tests, herdtools.Source{Name: name, Text: string(text)}), string(result[1])
	}
	if len(tests) == 0 {
		return
	}
	answer, err := herdtools.Allowed(t.Context(), cache, "", tests, time.Minute)
	require.NoError(t, err)
	verdicts, err := litmus.ParseHerdLog(strings.NewReader(string(answer.Log)))
	require.NoError(t, err)
	got := map[string]string{}
	for name, v := range verdicts {
		got[name] = v.Observation
	}
	assert.Equal(t, want, got, answer.Said)
}
