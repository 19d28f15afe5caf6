// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
)

func symbols(ranges []coderange.Range, role coderange.Role) []string {
	var out []string
	for _, r := range ranges {
		if r.Role == role {
			out = append(out, r.Symbol)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestScopeNamesTheCopyWhateverItIsCalledBy(t *testing.T) {
	for name, c := range map[string]struct {
		options []string
		want    []string
	}{
		"alias":         {nil, []string{"__memcpy"}},
		"tail call":     {[]string{"-Dmemcpy=copy_veneer"}, []string{"__memcpy", "copy_veneer"}},
		"copied inline": {[]string{fixed}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := build(t, c.options...).analyse(t)
			if got := symbols(a.Scope, coderange.Callee); !slices.Equal(got, c.want) || a.Ordered != OrderNo {
				dump(t, a)
				t.Errorf("callees %v, want %v", got, c.want)
			}
		})
	}
}

// TestScopeHoldsEveryPath: from the copy to the store, nothing may lie outside.
func TestScopeHoldsEveryPath(t *testing.T) {
	a := build(t, inBranches("hook()", "")).analyse(t)
	im, err := elfcode.Open(build(t, inBranches("hook()", "")).Vmlinux, fault.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	whole, _ := im.Function(im.ByName["remote_stop"][0].Value)
	code, err := im.Instructions(whole)
	if err != nil {
		t.Fatal(err)
	}
	g := newGraph(code)
	// Half of the body is taken away; the paths must bring it back.
	s := &study{im: im, copies: im.Addresses([]string{"memcpy"}), info: &debugInfo{}}
	copies, goals := map[int]bool{g.at[a.CopyCalls[0]]: true}, []int{}
	for _, p := range a.Publish {
		goals = append(goals, g.at[p.Addr])
	}
	cut := Analysis{Inlined: []coderange.Range{{Symbol: "remote_stop", Start: a.CopyCalls[0], End: a.CopyCalls[0] + 4}}}
	s.findScope(g, &cut, copies, g.arrivals(copies), goals)
	for _, p := range a.Publish {
		for addr := a.CopyCalls[0]; addr < p.Addr && p == a.Publish[0]; addr += 4 {
			if i := g.at[addr]; g.leadsTo(goals, copies)[i] && !coderange.Within(cut.Scope, addr) {
				t.Errorf("%#x %s is not in the scope", addr, g.code[i].Text)
			}
		}
	}
	if symbols(cut.Scope, coderange.Body)[0] != "remote_stop" || len(symbols(cut.Scope, coderange.Callee)) != 1 {
		t.Errorf("scope %+v", cut.Scope)
	}
}

func TestColdPartIsFollowed(t *testing.T) {
	f := build(t, "-fasynchronous-unwind-tables", "-freorder-blocks-and-partition", "-DSTORES=if (mode == 2) { rare(); WMB; WRITE_ONCE(*(u64 *)dst, len + moved); rare(); } else { WMB; WRITE_ONCE(*(u64 *)dst, len + moved); }")
	im, err := elfcode.Open(f.Vmlinux, fault.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	if len(im.ByName["remote_stop.cold"]) == 0 {
		t.Fatal("the compiler made no cold part: nothing is tested")
	}
	a := f.analyse(t)
	if got := symbols(a.Scope, coderange.Body); !slices.Equal(got, []string{"remote_stop", "remote_stop.cold"}) || len(a.Publish) != 2 {
		dump(t, a)
		t.Errorf("body %v, %d stores", got, len(a.Publish))
	}
}

func TestWithoutDebugInformation(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, f fixture){
		"no saved command": func(t *testing.T, f fixture) {
			if err := os.Remove(filepath.Join(f.Dir, "kernel/.move.o.cmd")); err != nil {
				t.Fatal(err)
			}
		},
		"compiler refuses": func(t *testing.T, f fixture) {
			edit(t, filepath.Join(f.Dir, "kernel/.move.o.cmd"), "-O2", "--no-such-option")
		},
		"other code in vmlinux": func(t *testing.T, f fixture) { edit(t, f.Vmlinux, "\xbf\x3a\x03\xd5", "\xbf\x39\x03\xd5") },
		"other code than built": func(t *testing.T, f fixture) {
			edit(t, filepath.Join(f.Dir, "kernel/.move.o.cmd"), "-DAFTER=WMB", "-DAFTER=")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := build(t, "-DAFTER=WMB")
			damage(t, f)
			a, err := Analyse(t.Context(), f.config(t))
			if name == "other code in vmlinux" { // then nothing of the object is to be found
				if err == nil || !strings.Contains(err.Error(), "the code of remote_stop differs at +0x") {
					t.Errorf("%v, %+v", err, a)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !a.Approximate || a.Ordered != OrderUnknown || a.Reason == "" || a.Container != "remote_stop" ||
				!slices.Equal(symbols(a.Scope, coderange.Callee), []string{"__memcpy"}) {
				t.Errorf("%+v", a)
			}
			for _, r := range a.Scope {
				if !slices.ContainsFunc(a.Listing, func(l elfcode.Line) bool { return l.Addr == r.Start && l.Text != "" }) {
					t.Errorf("%s is not listed", r.Symbol)
				}
			}
		})
	}
}

func edit(t *testing.T, path, from, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(from)) {
		t.Fatalf("%s holds no %q", path, from)
	}
	if err := os.WriteFile(path, bytes.Replace(data, []byte(from), []byte(to), 1), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestAnalyseLeavesTheBuildFolderAlone(t *testing.T) {
	f := build(t)
	list := func() (out []string) {
		for _, pattern := range []string{"*", "kernel/*", "kernel/.*"} {
			found, _ := filepath.Glob(filepath.Join(f.Dir, pattern))
			out = append(out, found...)
		}
		return out
	}
	before := list()
	cfg := f.config(t)
	cfg.OutDir = t.TempDir()
	if _, err := Analyse(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if after := list(); !slices.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
}

// TestTreeThatChangedSince: the object and the source kept from the build stand for the tree.
func TestTreeThatChangedSince(t *testing.T) {
	f := build(t, fixed) // copied inline: only the source text tells the copy
	f.analyse(t)
	cfg := f.config(t)
	cfg.Debug, cfg.Source = filepath.Join(cfg.OutDir, "move.debug.o"), filepath.Join(t.TempDir(), "kept.c")
	if err := os.Rename(filepath.Join(f.Dir, "kernel/move.c"), cfg.Source); err != nil {
		t.Fatal(err)
	}
	a, err := Analyse(t.Context(), cfg)
	if err != nil || a.Approximate || a.Ordered != OrderNo {
		t.Errorf("%v, %+v", err, a)
	}
	cfg.Source = ""
	if a, err = Analyse(t.Context(), cfg); err != nil || a.Ordered != OrderUnknown {
		t.Errorf("without the source: %v, %v", err, a.Ordered)
	}
}

func TestCancelledAnalysis(t *testing.T) {
	f := build(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Analyse(ctx, f.config(t)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Functions called between the two stores are scope, two calls deep; those called elsewhere are not.
func TestScopeHoldsFunctionsOnTheWay(t *testing.T) {
	for option, want := range map[string][]string{
		"-DAFTER=fence()":    {"fence"},
		"-DAFTER=deep(size)": {"deep", "deep2"},
		"-DBEFORE=fence()":   nil,
		"-DLAST=fence()":     nil,
	} {
		a := build(t, option).analyse(t)
		if got := symbols(a.Scope, coderange.Path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", option, got, want)
		}
		for _, r := range a.Scope {
			if !slices.ContainsFunc(a.Listing, func(l elfcode.Line) bool { return l.Addr == r.Start }) {
				t.Errorf("%s: %s is not listed", option, r.Symbol)
			}
		}
	}
}
