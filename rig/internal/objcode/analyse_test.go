// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"strings"
	"testing"

	"kcovrig/rig/internal/objcode/objcodetest"
)

const (
	noinline = objcodetest.NoInline
	fixed    = "-DSIZE=64"
	release  = "-DPUBLISH(how)=RELEASE(*(u64 *)dst, len + moved)"
	// storesOf writes the two branches out, with code of its own before each store.
	branches = "-DSTORES=if (mode == 2) { %1; WRITE_ONCE(*(u64 *)dst, len + moved); } else { %2; WRITE_ONCE(*(u64 *)dst, len + moved); }"
)

func inBranches(one, other string) string {
	return strings.NewReplacer("%1", one, "%2", other).Replace(branches)
}

// orderedCases are the ways in which the fix may be right, wrong or half done.
var orderedCases = map[string]struct {
	options   []string
	want      Ordering
	between   int // barriers between the copy and a store
	container string
}{
	"the fix":                       {[]string{"-DAFTER=WMB"}, OrderYes, 1, ""},
	"no fix":                        {nil, OrderNo, 0, ""},
	"compiler barrier":              {[]string{`-DAFTER=BARRIER("")`}, OrderNo, 0, ""},
	"load barrier":                  {[]string{`-DAFTER=BARRIER("dmb ishld")`}, OrderNo, 1, ""},
	"full barrier":                  {[]string{`-DAFTER=BARRIER("dmb ish")`}, OrderYes, 1, ""},
	"synchronization":               {[]string{`-DAFTER=BARRIER("dsb st")`}, OrderYes, 1, ""},
	"isb":                           {[]string{`-DAFTER=BARRIER("isb")`}, OrderNo, 0, ""},
	"non-shareable":                 {[]string{`-DAFTER=BARRIER("dmb nshst")`}, OrderNo, 1, ""},
	"before the copy":               {[]string{"-DBEFORE=WMB"}, OrderNo, 0, ""},
	"after the store":               {[]string{"-DLAST=WMB"}, OrderNo, 0, ""},
	"first branch only":             {[]string{inBranches("WMB", "")}, OrderPartly, 1, ""},
	"second branch only":            {[]string{inBranches("", "WMB")}, OrderPartly, 1, ""},
	"both branches":                 {[]string{inBranches("WMB", "WMB")}, OrderYes, 1, ""}, // gcc merges them
	"under a condition":             {[]string{"-DAFTER=if (size > 100) WMB"}, OrderPartly, 1, ""},
	"release":                       {[]string{release}, OrderYes, 1, ""},
	"release in one":                {[]string{"-DSTORES=if (mode == 2) RELEASE(*(u64 *)dst, len + moved); else WRITE_ONCE(*(u64 *)dst, len + moved)"}, OrderPartly, 1, ""},
	"call between":                  {[]string{"-DAFTER=hook()"}, OrderNo, 0, ""},
	"call of a pointer":             {[]string{"-DAFTER={ void (*volatile f)(void) = hook; f(); }"}, OrderUnknown, 0, ""},
	"barrier in a callee":           {[]string{"-DAFTER=fence()"}, OrderYes, 0, ""},
	"three calls deep":              {[]string{"-DAFTER=deep(size)"}, OrderYes, 0, ""},
	"five calls deep":               {[]string{"-DAFTER=deeper(size)"}, OrderUnknown, 0, ""},
	"barrier on a path of a callee": {[]string{"-DAFTER=maybe(size)"}, OrderPartly, 0, ""},
	"relaxed atomic":                {[]string{"-DAFTER=__atomic_fetch_add(&total, 1, __ATOMIC_RELAXED)"}, OrderNo, 0, ""},
	"another release":               {[]string{"-DAFTER=RELEASE(total, 1)"}, OrderNo, 0, ""},
	"another behind it":             {[]string{"-DLAST=RELEASE(total, 1)"}, OrderNo, 0, ""},
	"patched to a barrier":          {[]string{"-DAFTER=ALTERNATIVE(\"nop\", \"dmb ish\")"}, OrderPartly, 0, ""},
	"patched, both order":           {[]string{"-DAFTER=ALTERNATIVE(\"dmb ishst\", \"dmb ish\")"}, OrderYes, 1, ""},
	"branch over a barrier that may be a NOP": {[]string{"-DAFTER=CALLBACK(\"b 9f\") WMB; BARRIER(\"9:\")"}, OrderPartly, 1, ""},
	"static key":           {[]string{"-DAFTER=LABEL(\"b 9f\", \"9f\") WMB; BARRIER(\"9:\")"}, OrderPartly, 1, ""},
	"call and the fix":     {[]string{"-DAFTER=hook(); WMB"}, OrderYes, 1, ""},
	"no copy":              {[]string{"-DWITHOUT_COPY"}, OrderUnknown, 0, ""},
	"no store":             {[]string{"-DSTORES="}, OrderUnknown, 0, ""},
	"not inlined":          {[]string{noinline}, OrderNo, 0, "move_area"},
	"not inlined, the fix": {[]string{noinline, "-DAFTER=WMB"}, OrderYes, 1, "move_area"},
	"copied inline":        {[]string{fixed}, OrderNo, 0, ""},
	"copied inline, fixed": {[]string{fixed, "-DAFTER=WMB"}, OrderYes, 1, ""},
	"copied inline, early": {[]string{fixed, "-DBEFORE=WMB"}, OrderNo, 0, ""},
	"copied inline, one":   {[]string{fixed, inBranches("WMB", "")}, OrderPartly, 1, ""},
	"rare part":            {[]string{inBranches("rare(); WMB", "WMB")}, OrderYes, 2, ""},
	"rare store": {[]string{"-DSTORES=if (__builtin_expect(mode == 2, 0)) { WRITE_ONCE(*(u64 *)dst, len + moved); rare(); } else { WMB; WRITE_ONCE(*(u64 *)dst, len + moved); }"},
		OrderPartly, 1, ""},
	"store to the stack": {[]string{"-DAFTER={ volatile u64 spilled = len; } WMB"}, OrderYes, 1, ""},
	"narrow store":       {[]string{"-DAFTER=*(volatile int *)src = 1; WMB"}, OrderYes, 1, ""},
	"store before":       {[]string{"-DBEFORE=WRITE_ONCE(*(u64 *)src, n)", "-DAFTER=WMB"}, OrderYes, 1, ""},
	"own sections":       {[]string{"-ffunction-sections", "-DAFTER=WMB"}, OrderYes, 1, ""},
	"unoptimized":        {[]string{"-O1", "-DAFTER=WMB"}, OrderYes, 1, ""},
	"for size":           {[]string{"-Os", "-DAFTER=WMB"}, OrderYes, 1, ""},
}

// TestOrdered compiles a kernel function in every way and looks at its code.
func TestOrdered(t *testing.T) {
	for name, c := range orderedCases {
		t.Run(name, func(t *testing.T) {
			a := build(t, c.options...).analyse(t)
			if c.container == "" {
				c.container = "remote_stop"
			}
			between := 0
			for _, b := range a.Barriers {
				if b.Between {
					between++
				}
			}
			for _, p := range a.Publish {
				if src := sourceOf(a, p.Addr); !strings.Contains(src, "STORES") {
					t.Errorf("%s does not publish: %s", p.Text, src)
				}
			}
			copied := name != "no copy"
			if a.Approximate || a.Ordered != c.want || between != c.between || copied && a.Container != c.container {
				dump(t, a)
				t.Errorf("got %v, %d barriers between, in %q (approximate %v); want %v, %d, in %q",
					a.Ordered, between, a.Container, a.Approximate, c.want, c.between, c.container)
			}
			if (a.Ordered == OrderUnknown) != (a.Reason != "") {
				t.Errorf("%v with the reason %q", a.Ordered, a.Reason)
			}
		})
	}
}

func sourceOf(a Analysis, addr uint64) string {
	for _, l := range a.Listing {
		if l.Addr == addr {
			return l.Source
		}
	}
	return ""
}
