// SPDX-License-Identifier: Apache-2.0

// Package envtest is what tests that need real tools ask of the machine: whether
// they are to run, and where scripts/setup has put things. Only tests import it.
package envtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Real skips t unless the tests with real tools are enabled, saying how to enable
// them; what says what t does, such as "boots kernels". It returns the folder in
// which scripts/setup has unpacked the tools.
func Real(t testing.TB, what string) (cache string) {
	t.Helper()
	if os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip(what + ": enable with scripts/test, or KCOVRIG_E2E=1 go test on this package after scripts/setup all test")
	}
	if cache := os.Getenv("KCOVRIG_CACHE"); cache != "" {
		return cache
	}
	home, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, "kcovrig")
}
