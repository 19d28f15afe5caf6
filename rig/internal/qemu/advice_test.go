// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"errors"
	"io"
	"strings"
	"testing"

	"kcovrig/rig/fault"
)

// exitOf starts a QEMU that ends in some way and returns what is said of it.
func exitOf(t *testing.T, mode string) *fault.Error {
	t.Helper()
	cfg := fake(t, mode)
	vm := start(t, cfg)
	_, _ = io.ReadAll(vm.Wire())
	err := vm.Why(t.Context(), io.EOF)
	var f *fault.Error
	if !errors.Is(err, ErrExit) || fault.KindOf(err) != fault.Rig || !errors.As(err, &f) {
		t.Fatalf("%s: %v", mode, err)
	}
	return f
}

// A signal from outside comes with its advice.
func TestAQEMUThatASignalEnds(t *testing.T) {
	for mode, words := range map[string][]string{
		"killed": {"signal: killed", "out of memory"},
		"full":   {"exit status 1", "free some space where", "TMPDIR"},
		"crash":  {"exit status 134", "kcovrig doctor"},
	} {
		f := exitOf(t, mode)
		for _, word := range words {
			if text := f.Error() + " try: " + f.Try; !strings.Contains(text, word) {
				t.Errorf("%s: %q is missing in %q", mode, word, text)
			}
		}
	}
}
