// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/litmus"
	"kcovrig/rig/rigtest"
)

// real is the configuration of a run on the machine's own tools.
func real(t *testing.T, cpu string) command.Config {
	t.Helper()
	cfg := rigtest.Real(t, "boots guests and asks herd7")
	cfg.Spec.Seed, cfg.Spec.CPU = 1, cpu
	return cfg
}

// Every form that people write tests in, read by herd7 and litmus7 themselves, is
// sound; what is odd beside them is inconclusive.
func TestLitmusFormsE2E(t *testing.T) {
	odd := t.TempDir()
	for name, text := range map[string]string{
		"garbage": "garbage", "unread": "AArch64 unread\n{ 0:X1=x; }\n P0 ;\n FROB X0 ;\nexists (x=1)\n",
		"uncompiled": "AArch64 uncompiled\n{ 0:X1=x; }\n P0 ;\n STLUR W0,[X1,#-8192] ;\nexists (x=0)\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(odd, name+".litmus"), []byte(text), 0o600))
	}
	r, err := Run(context.Background(), Config{
		Config: real(t, ""),
		Paths:  []string{"../litmus/testdata/forms", odd}, HerdLimit: time.Minute, Size: 200, Runs: 1, TestLimit: 2 * time.Minute,
	})
	require.NoError(t, err)
	require.Len(t, r.Tests, 22)
	for _, c := range r.Tests {
		if _, err := os.Stat(filepath.Join(odd, c.Name+".litmus")); err == nil {
			assert.Equal(t, litmus.Inconclusive, c.Outcome, c.Name)
			assert.NotEmpty(t, c.Why, c.Name)
			continue
		}
		assert.Equal(t, litmus.Sound, c.Outcome, "%s: %s, forbidden %q", c.Name, c.Why, c.Forbidden)
		require.Len(t, c.Shares, 2, c.Name)
		assert.Equal(t, verdictPolicy, c.Shares[1].Policy)
	}
}

// Every third of the 213 tests, two to four threads, with the programs that
// litmus7 makes of them.
func TestLitmusE2E(t *testing.T) {
	files, err := filepath.Glob("../litmus/testdata/diy/*.litmus")
	require.NoError(t, err)
	var chosen []string
	for i := 0; i < len(files); i += 3 {
		chosen = append(chosen, files[i])
	}
	require.GreaterOrEqual(t, len(chosen), 60)
	r, err := Run(context.Background(), Config{
		Config: real(t, ""),
		Paths:  chosen, HerdLog: "../litmus/testdata/diy/herd.log", HerdLimit: time.Minute,
		Size: 500, Runs: 1, TestLimit: 2 * time.Minute,
	})
	require.NoError(t, err)
	require.Len(t, r.Tests, len(chosen))
	targets := 0
	for _, c := range r.Tests {
		assert.Equal(t, litmus.Sound, c.Outcome, "%s: %s, forbidden %q", c.Name, c.Why, c.Forbidden)
		assert.Equal(t, uint64(1000), c.Outcomes, "%s: half of them under the policy of verdicts", c.Name)
		if c.Target {
			targets++
		}
	}
	// Without the emulator nearly none is seen.
	assert.Greater(t, targets, 10)
	assert.Positive(t, r.Counted["staleLoads"])
	assert.Positive(t, r.Counted["meetings"])
}

// A pair within sixteen aligned bytes is one access on the CPUs that have
// FEAT_LSE2, and two on the others: what the logs say that lie beside the tests.
func TestLitmusPairsE2E(t *testing.T) {
	const pairs = "../internal/weakmem/testdata/pairs"
	files, err := filepath.Glob(pairs + "/*.litmus")
	require.NoError(t, err)
	torn := map[string]int{}
	for cpu, log := range map[string]string{"cortex-a76": "herd.log", "neoverse-n2": "whole/herd.log"} {
		r, err := Run(context.Background(), Config{
			Config: real(t, cpu),
			Paths:  files, HerdLog: filepath.Join(pairs, log), HerdLimit: time.Minute, Size: 2000, Runs: 1, TestLimit: 2 * time.Minute,
		})
		require.NoError(t, err)
		require.Len(t, r.Tests, len(files))
		for _, c := range r.Tests {
			assert.Equal(t, litmus.Sound, c.Outcome, "%s on %s: %s, forbidden %q", c.Name, cpu, c.Why, c.Forbidden)
			if c.Target {
				torn[cpu]++
			}
		}
	}
	assert.Greater(t, torn["cortex-a76"], len(files)/2, "tests that show a torn pair")
	assert.Zero(t, torn["neoverse-n2"])
}
