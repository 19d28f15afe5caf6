// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// snippet is a piece of A64 assembly; labels in it are its own.
type snippet struct {
	name  string
	lines []string
}

const crossAssembler = "aarch64-linux-gnu-as"

func needCross(t testing.TB, tool string) string {
	t.Helper()
	path, err := proc.LookPath(tool)
	if err != nil {
		t.Skipf("no %s: apt-get install binutils-aarch64-linux-gnu", tool)
	}
	return path
}

// assemble turns all snippets into words in one run of the assembler.
func assemble(t testing.TB, snippets []snippet) map[string][]uint32 {
	t.Helper()
	as := needCross(t, crossAssembler)
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString(".arch armv8.7-a+memtag+lse\n.text\n")
	for i, s := range snippets {
		fmt.Fprintf(&b, "s%d:\n", i)
		for _, line := range ownLabels(s.lines, fmt.Sprintf(".Ls%d_", i)) {
			fmt.Fprintln(&b, line)
		}
	}
	fmt.Fprintf(&b, "s%d:\n", len(snippets))
	source, object := filepath.Join(dir, "snippets.s"), filepath.Join(dir, "snippets.o")
	if err := os.WriteFile(source, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := proc.Run(t.Context(), proc.Command{Path: as, Args: []string{"-o", object, source}, Kind: fault.Rig, Op: "assemble"})
	if err != nil {
		t.Fatalf("%v\n%s", err, tailOf(err))
	}
	return words(t, object, snippets)
}

// ownLabels renames the labels that the lines define.
func ownLabels(lines []string, prefix string) []string {
	var pairs []string
	for _, line := range lines {
		if label, _, ok := strings.Cut(line, ":"); ok {
			label = strings.TrimSpace(label)
			pairs = append(pairs, label, prefix+label)
		}
	}
	replacer := strings.NewReplacer(pairs...)
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = replacer.Replace(line)
	}
	return out
}

func words(t testing.TB, object string, snippets []snippet) map[string][]uint32 {
	t.Helper()
	f, err := elf.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := f.Section(".text").Data()
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]uint64{}
	for _, s := range symbols {
		at[s.Name] = s.Value
	}
	out := make(map[string][]uint32, len(snippets))
	for i, s := range snippets {
		for code := text[at[fmt.Sprintf("s%d", i)]:at[fmt.Sprintf("s%d", i+1)]]; len(code) > 0; code = code[4:] {
			out[s.name] = append(out[s.name], binary.LittleEndian.Uint32(code))
		}
	}
	return out
}

func tailOf(err error) string {
	for ; err != nil; err = unwrap(err) {
		if e, ok := err.(*fault.Error); ok && e.Tail != "" {
			return e.Tail
		}
	}
	return ""
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
