// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"
	"strings"
)

// The binaries in which a scope of the user's can lie.
const (
	ScopeKernel = "kernel"
	ScopeGuest  = "guest"
)

// ParseScope takes a scope of the user's apart: "kernel:SYMBOL[,SYMBOL...]" or
// "guest:SYMBOL[,SYMBOL...]". Whether the symbols exist is for the binaries to say.
func ParseScope(text string) (where string, symbols []string, err error) {
	where, list, ok := strings.Cut(text, ":")
	if !ok || where != ScopeKernel && where != ScopeGuest {
		return "", nil, fmt.Errorf("%q is neither kernel:SYMBOL nor guest:SYMBOL", text)
	}
	for symbol := range strings.SplitSeq(list, ",") {
		if symbol == "" || strings.ContainsAny(symbol, " \t\r\n") {
			return "", nil, fmt.Errorf("%q names no symbol between its commas", text)
		}
		symbols = append(symbols, symbol)
	}
	return where, symbols, nil
}

// checkScopes says what is wrong with the scopes of s.
func (s Spec) checkScopes(emulated bool) error {
	for _, text := range s.Scopes {
		if _, _, err := ParseScope(text); err != nil {
			return fmt.Errorf("--scope: %w", err)
		}
	}
	switch {
	case s.ScopeOnly && len(s.Scopes) == 0:
		return fmt.Errorf("--scope-only needs --scope: the emulator would have nothing to do")
	case len(s.Scopes) > 0 && (s.MemoryModel != ModelArm || !emulated):
		return fmt.Errorf("--scope is the memory emulator's, which does not run here (--arch=%s, --memory-model=%s)", s.Arch, s.MemoryModel)
	}
	return nil
}
