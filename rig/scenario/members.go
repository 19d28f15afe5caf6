// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/trial"
)

// format is the one version of the file's format.
const format = "scenario/1"

// whole is what the file is called in messages.
const whole = "a scenario"

// The forms of texts. Paths have no parts that begin with a point: none leads out of
// the folder, and none is hidden.
var (
	aName    = text{form: `^[a-z0-9][a-z0-9_-]*$`, words: "lower-case letters, digits, - and _", most: 40}
	aTitle   = text{form: oneLine, words: "one line", most: 120}
	aPath    = text{form: `^[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*(/[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*)*$`, words: "a path in the scenario's folder, such as patches/fix.patch", most: 200}
	aPatch   = text{form: `^[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*(/[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*)*\.patch$`, words: "a file whose name ends in .patch, in the scenario's folder", most: 200}
	anObject = text{form: `^[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*(/[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*)*\.o$`, words: "an object of a C file of the kernel's, such as net/tls/tls_main.o", most: 200}
	aSymbol  = text{form: `^[A-Za-z_][A-Za-z0-9_.$]*$`, words: "a name of the kernel's code", most: 200}
	inGuest  = text{form: `^guest:[A-Za-z_][A-Za-z0-9_./$]*$`, words: "guest: and a function of the guest's program", most: 300}
	aRange   = text{form: kernelversion.Form, words: `versions, such as ">=5.10 <6.6"`, most: 60, wrong: func(s string) error { _, err := kernelversion.Parse(s); return err }}
	setting  = text{form: `^[A-Z][A-Za-z0-9_.-]*=[yn]$`, words: "a switch of the kernel's Makefiles, such as KASAN_SANITIZE_ring.o=n", most: 200}
	aWord    = text{form: oneLine, words: "words on one line", most: 60}
	anArg    = text{form: oneLine, words: "words on one line", most: 1000}
	aSetting = text{form: `^[A-Za-z_][A-Za-z0-9_]*=[^\x00-\x1f\x7f-\x9f]*$`, words: "NAME=VALUE on one line", most: 1000}
	aSize    = text{form: `^(12[89]|1[3-9][0-9]|[2-9][0-9]{2}|10[01][0-9]|102[0-4])M$|^1G$`, words: "a size from 128M to 1G", most: 5}
	aConfig  = text{form: `^` + configLine + `(\n` + configLine + `)*$`, words: "lines such as CONFIG_NET=y or # CONFIG_INET is not set", most: 16 << 10}
)

// Parts of the forms. A line has no characters that a terminal would obey.
const (
	oneLine    = `^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$`
	aTime      = `^[0-9]{1,5}(ms|s)$`
	configLine = `[ \t]*((CONFIG_[A-Za-z0-9_]+=|#)[^\n]*)?`
)

// IsName says whether a scenario may have that name.
func IsName(text string) bool {
	return len(text) <= aName.most && aName.matches(text)
}

// root is the whole file.
func root() mapping {
	return mapping{members: []member{
		{key: "kcovrig", about: "version of this format", needed: true, shape: words{have: []string{format}, obeyed: []string{format}}},
		{key: "name", about: "the bug's name in reports", needed: true, shape: aName},
		{key: "title", about: "the bug in one line", needed: true, shape: aTitle},
		{key: "kernels", about: "versions in which the bug can be looked for (default: all)", shape: aRange},
		{key: "fix", about: "what fixes the bug: the first of these that goes on the kernel, or comes off it", needed: true, shape: list{either{aPath, fixShape}, 16}},
		{key: "objects", about: "objects to look at beside those of the files that fix changes: what includes its headers", shape: list{anObject, 16}},
		{key: "config", about: "the kernel's configuration, beside kcovrig's own", shape: either{aConfig, mapping{members: []member{
			{key: "file", about: "a fragment", needed: true, shape: aPath},
		}}}},
		{key: "make", about: "switches for every call of make", shape: list{setting, 32}},
		{key: "scope", about: "the code in which the memory emulator reorders, where there is no order (default: the functions that the patch's lines are in, and who calls them)", shape: scopeShape},
		{key: "order", about: "the two writes that have to stay in order, for a look at the binary", shape: orderShape},
		{key: "workload", about: "what runs in the guest", needed: true, shape: workloadShape()},
		{key: "detect", about: "how the bug shows (default: told)", shape: list{either{words{have: signs, obeyed: signs}, inFunction()}, 8}},
		{key: "after", about: "what comes after a hit: the kernel goes on (the default), or is booted again, since it is not what it was", shape: whatAfter},
		{key: "words", about: "what reports call what is seen (default: as detect says)", shape: mapping{members: []member{
			{key: "hit", about: "one sight of the bug, such as lost wakeup", shape: aWord},
			{key: "hits", about: "several (default: hit in the plural)", shape: aWord},
			{key: "window", about: "one chance to see it (default: try)", shape: aWord},
			{key: "windows", about: "several (default: window in the plural)", shape: aWord},
			{key: "state", about: "what a window is in which it was seen, such as torn (default: there is no such word)", shape: aWord},
			{key: "unit", about: "what is read, such as entry (default: only windows are counted)", shape: aWord},
			{key: "units", about: "several (default: unit in the plural)", shape: aWord},
		}}},
		{key: "litmus", about: "folder of tests KERNEL+READER.litmus under the kernel's memory model", shape: aPath},
		{key: "machine", about: "the guest's machine", shape: mapping{members: []member{
			{key: "cpus", about: "virtual CPUs (default: 2)", shape: integer{2, 8}},
			{key: "memory", about: "(default: 256M)", shape: aSize},
			{key: "arch", about: "architectures that the bug can be looked for on (default: all)", shape: list{words{have: arch.Names(), obeyed: arch.Names()}, 8}},
		}}},
	}}
}

// signs are the ways in which a bug can show.
var signs = []string{"told", "oops", "warn", "bug", "kasan", "hang", "panic", "exit"}

var fixShape = mapping{members: []member{
	{key: "patches", about: "patches that belong together", needed: true, shape: list{aPatch, 64}},
	{key: "reverse", about: "they undo the fix: a kernel that they go on has it (default: false)", shape: truth{}},
	{key: "kernels", about: "versions that they are for (default: all)", shape: aRange},
}}

var scopeShape = mapping{members: []member{
	{key: "patch", about: "functions that the patch's lines are in", shape: mapping{members: []member{
		{key: "callers", about: "steps of callers that are in scope too", needed: true, shape: integer{0, 4}},
	}}},
	{key: "kernel", about: "functions of the kernel", shape: list{aSymbol, 64}},
	{key: "callees", about: "functions of the kernel, when one of the others calls them", shape: list{aSymbol, 64}},
	{key: "program", about: "functions of the workload", notYet: true, shape: list{aSymbol, 64}},
}}

var orderShape = mapping{members: []member{
	{key: "function", about: "the C function that holds them, in a file that fix changes", needed: true, shape: aSymbol},
	{key: "first", about: "calls that do the first write", needed: true, shape: list{aSymbol, 16}},
	{key: "count", about: "C variable that the second write goes through (default: any store behind the first)", shape: aSymbol},
}}

// whatAfter is what comes after a hit.
var whatAfter = words{have: []string{goesOn, reboot}, obeyed: []string{goesOn, reboot}}

// aHang is how long a silence lasts that is one.
var aHang = text{form: aTime, words: "a time from 100ms to 600s", most: 8, wrong: func(s string) error {
	if d, err := time.ParseDuration(s); err != nil || d < 100*time.Millisecond || d > 10*time.Minute {
		return fmt.Errorf("want a time from 100ms to 600s, not %s", s)
	}
	return nil
}}

// inFunction is a sign of the kernel's that has to be in a function.
func inFunction() mapping {
	m := mapping{one: []string{"oops", "warn", "bug", "kasan", "panic", "hang"}, members: []member{
		{key: "after", about: "what comes after it (default: as after any hit; a panic ends the boot)", shape: whatAfter},
		{key: "in", about: "function of the kernel that what hangs sleeps in (default: any)", shape: aSymbol},
		{key: "hang", about: "the program says nothing for so long, and sleeps though every CPU runs", shape: aHang},
	}}
	for _, kind := range m.one[:len(m.one)-1] {
		m.members = append(m.members, member{key: kind, about: "in this function", shape: aSymbol})
	}
	return m
}

func workloadShape() mapping {
	readers := []string{string(trial.Acquire), string(trial.Relaxed)}
	return mapping{one: []string{"builtin", "source", "binary"}, members: []member{
		{key: "builtin", about: "a workload of kcovrig's own guest", shape: words{have: builtins(), obeyed: builtins()}},
		{key: "source", about: "a C file, which is built for the guest", shape: aPath},
		{key: "binary", about: "a static program", shape: aPath},
		{key: "args", about: "its arguments", shape: row{list{anArg, 64}}},
		{key: "env", about: "its environment, all of it: NAME=VALUE (default: none)", shape: list{aSetting, 64}},
		{key: "ready", about: "it says ready after its set-up (default: false)", shape: truth{}},
		{key: "window", about: "one chance to see the bug: a try that the program tells, a run of it, or a length of time (default: told)", shape: either{
			words{have: []string{"told", "run"}, obeyed: []string{"told", "run"}},
			mapping{members: []member{{key: "every", about: "the guest's time", needed: true, shape: text{form: aTime, words: "a time, such as 10ms", most: 8}}}},
		}},
		{key: "boot", about: "windows of a boot, where a hit ends it (default: 512)", shape: integer{1, wire.MaxWindows}},
		{key: "files", about: "files that it needs, which it finds below /files", shape: list{aPath, 64}},
		{key: "modes", about: "its modes, all of which run by default", shape: list{aName, 8}},
		{key: "readers", about: "the ways in which it reads what the two writes wrote", shape: named{words{have: readers, obeyed: readers}, mapping{members: []member{
			{key: "symbols", about: "functions of the guest that do it; of their loads, the first is of what the second write publishes", needed: true, shape: list{inGuest, 8}},
			{key: "ordered", about: "it keeps its own loads in order", shape: truth{}},
		}}, 2}},
		{key: "mark", about: "function of the guest that it calls when it sees the bug, for a witness", shape: inGuest},
	}}
}
