// SPDX-License-Identifier: Apache-2.0

package litmus

import "testing"

// What a test's program prints becomes whole counts or none.
func FuzzHistogram(f *testing.F) {
	f.Add([]byte("Test MP Allowed\nHistogram (2 states)\n7     *>1:X0=1; 1:X2=0;\n993   :>1:X0=1; 1:X2=1;\nTime MP 0.10\n"))
	f.Add([]byte("Test MP Required\nHistogram (1 states)\n18446744073709551615*>x\nTime MP\n"))
	f.Add([]byte("Test MP\nHistogram (-1 states)\nTime"))
	f.Fuzz(func(t *testing.T, out []byte) {
		seen, err := Histogram(out, "MP")
		if err != nil {
			return
		}
		var sum uint64
		for _, n := range seen.States {
			if sum += n; sum < n {
				t.Fatalf("counts that have no sum: %v", seen.States)
			}
		}
		if len(seen.States) == 0 || seen.Fulfilled > sum {
			t.Fatalf("%d of %d outcomes in %d states", seen.Fulfilled, sum, len(seen.States))
		}
	})
}
