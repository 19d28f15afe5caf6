// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
	"kcovrig/rig/litmus/litmustest"
	"kcovrig/rig/litmusset"
)

var (
	wholeSet    = flag.Bool("whole", false, "TestLitmusSet runs the whole set, not a sample of it")
	setOutcomes = flag.Int("outcomes", 3000, "TestLitmusSet has so many outcomes of each test, twice")
)

// TestLitmusSet has nothing forbidden in the large set that diy7 makes, neither under
// the verdicts' policy and with vCPUs left in the midst of the plugin, nor under the
// varied policies, which show more; what is seen of the states that herd7 allows is
// logged by family. It takes a fixed sample, or with -whole all.
func TestLitmusSet(t *testing.T) {
	t.Parallel()
	c := litmusset.Config{CacheDir: envtest.Real(t, "makes litmus tests with herdtools7"), Every: 12, Limit: 10 * time.Minute}
	if *wholeSet {
		c.Every = 0
	}
	for _, f := range litmusset.Families() {
		if name := subtest(t); name != nil && name.MatchString(f.Name) {
			c.Families = append(c.Families, f.Name)
		}
	}
	families, err := litmusset.Make(t.Context(), c)
	require.NoError(t, err)
	var all tally
	for _, f := range families {
		t.Run(f.Name, func(t *testing.T) {
			total := runFamily(t, f, *setOutcomes)
			all.allowed, all.seen = all.allowed+total.allowed, all.seen+total.seen
		})
	}
	t.Logf("all: allowed by herd7 %d, seen %d", all.allowed, all.seen)
	assert.Greater(t, 100*all.seen, 95*all.allowed, "too little is seen of what Arm allows")
}

// runFamily fails where a state is forbidden, and sums up.
func runFamily(t *testing.T, f litmusset.Made, iterations int) tally {
	t.Helper()
	tests := map[string]*litmustest.Test{}
	for _, one := range f.Tests {
		test, err := litmustest.Parse(one.Text)
		require.NoError(t, err)
		tests[test.Name] = test
	}
	seen := runTests(t, guest{}, tests, iterations, 1)
	for name, more := range runTests(t, guest{plan: planOf(DefaultPolicy()), schedule: "fixed"}, tests, iterations, 1) {
		for state, times := range more {
			seen[name][state] += times
		}
	}
	var total tally
	var short []string
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		v := f.Allowed[name]
		total.add(t, tests[name], seen[name], v, 0)
		if v.Observation != "Sometimes" {
			continue
		}
		total.targets++
		if hasTarget(t, tests[name], seen[name]) {
			total.targetsSeen++
		} else {
			short = append(short, name)
		}
	}
	t.Logf("%d tests: forbidden states seen %d; allowed by herd7 %d, seen %d; targets %d, seen %d; not seen: %s",
		len(tests), total.forbidden, total.allowed, total.seen, total.targets, total.targetsSeen, strings.Join(short, " "))
	return total
}
