// SPDX-License-Identifier: Apache-2.0

package kernelversion

import "testing"

// A range comes from a scenario, a version from a tree's Makefile.
func FuzzParse(f *testing.F) {
	for _, text := range []string{">=5.10 <6.6", "<=6.12.3", ">6.1", ">=5.10 <5.10", ""} {
		f.Add(text, "6.10-rc1")
	}
	f.Fuzz(func(t *testing.T, text, version string) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		if r.String() != text {
			t.Errorf("%q became %q", text, r)
		}
		r.Holds(version)
	})
}
