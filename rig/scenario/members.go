// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/trial"
	"kcovrig/scenarios"
)

// format is the one version of the file's format.
const format = "scenario/1"

// root is the whole file.
func root() mapping {
	return mapping{ties: rootTies, members: []member{
		{key: "kcovrig", about: "version of this format", needed: true, shape: words{format}},
		{key: "name", about: "the bug's name in reports", needed: true, shape: aName},
		{key: "title", about: "the bug in one line", needed: true, shape: aTitle},
		{key: "kernels", about: "versions in which the bug can be looked for (default: all)", shape: aRange},
		{key: "fix", about: "what fixes the bug: the first of these that goes on the kernel, or comes off it", needed: true, shape: list{either{aPath, fixShape}, 16}},
		{key: "objects", about: "objects to look at beside those of the files that fix changes: what includes its headers", shape: list{anObject, 16}},
		{key: "config", about: "the kernel's configuration, beside kcovrig's own", shape: either{aConfig, mapping{members: []member{
			{key: "file", about: "a fragment", needed: true, shape: aPath},
		}}}},
		{key: "make", about: "switches for every call of make", shape: list{aSwitch, 32}},
		{key: "scope", about: "the code in which the memory emulator reorders, where there is no order (default: the functions that the patch's lines are in, and who calls them)", shape: scopeShape},
		{key: "order", about: "the two writes that have to stay in order, for a look at the binary", shape: orderShape},
		{key: "workload", about: "what runs in the guest", needed: true, shape: workloadShape()},
		{key: "detect", about: "how the bug shows (default: told)", shape: list{aSign{}, 8}},
		{key: "after", about: "what comes after a hit: the kernel goes on (the default), or is booted again, since it is not what it was", shape: whatAfter},
		{key: "words", about: "what reports call what is seen (default: as detect says)", shape: mapping{ties: plurals, members: []member{
			{key: "hit", about: "one sight of the bug, such as lost wakeup", shape: aWord},
			{key: "hits", about: "several (default: hit in the plural)", shape: aWord},
			{key: "window", about: "one chance to see it (default: try)", shape: aWord},
			{key: "windows", about: "several (default: window in the plural)", shape: aWord},
			{key: "state", about: "what a window is in which it was seen, such as torn (default: there is no such word)", shape: aWord},
			{key: "unit", about: "what is read, such as entry (default: only windows are counted)", shape: aWord},
			{key: "units", about: "several (default: unit in the plural)", shape: aWord},
		}}},
		{key: "litmus", about: "folder of tests KERNEL+READER.litmus under the kernel's memory model, and of such in arm64's instructions in its aarch64, KERNEL.litmus or KERNEL+SHAPE.litmus", shape: aPath},
		{key: "machine", about: "the guest's machine", shape: mapping{members: []member{
			{key: "cpus", about: "virtual CPUs (default: 2)", shape: integer{2, 8}},
			{key: "memory", about: "(default: 256M)", shape: aSize},
			{key: "arch", about: "architectures that the bug can be looked for on (default: all)", shape: list{words(arch.Names()), 8}},
		}}},
	}}
}

// plurals are of words, which are given beside them.
var plurals = []tie{
	{when: "hits", needs: []string{"hit"}, why: plural}, {when: "windows", needs: []string{"window"}, why: plural}, {when: "units", needs: []string{"unit"}, why: plural},
}

const plural = "the word that it is the plural of"

// rootTies are what the members of the file ask of each other; across.go has the rest.
var rootTies = []tie{{when: "order", not: []string{"scope"}, why: "the two writes say where the memory emulator works"}}

var fixShape = mapping{members: []member{
	{key: "patches", about: "patches that belong together", needed: true, shape: list{aPatch, 64}},
	{key: "reverse", about: "they undo the fix: a kernel that they go on has it (default: false)", shape: truth{}},
	{key: "kernels", about: "versions that they are for (default: all)", shape: aRange},
}}

var scopeShape = mapping{members: []member{
	{key: "patch", about: "functions that the patch's lines are in", shape: mapping{members: []member{
		{key: "callers", about: "steps of callers that are in scope too (default: 1)", shape: integer{0, 4}},
		{key: "calls", about: "what they call is in scope there, where it is sure to come back to them (default: true)", shape: truth{}},
	}}},
	{key: "kernel", about: "more of the kernel: functions, objects (net/core/sock.o), folders of them (net/core/), or all of its text (*)", shape: list{inKernel, 64}},
	{key: "callees", about: "functions of the kernel, when one of the others calls them", shape: list{aSymbol, 64}},
}}

var orderShape = mapping{members: []member{
	{key: "function", about: "the C function that holds them, in a file that fix changes", needed: true, shape: aSymbol},
	{key: "first", about: "calls that do the first write", needed: true, shape: list{aSymbol, 16}},
	{key: "count", about: "C variable that the second write goes through (default: any store behind the first)", shape: aSymbol},
}}

// What the workloads ask of their members, by what they are.
var workloadTies = []tie{
	{when: "builtin", needs: []string{"modes", "readers"}, why: "kcovrig has no names for what its own guest does"},
	{when: "builtin", not: []string{"args", "env", "files", "ready", "window", "boot"}, why: "that is a program's, not of the guest's own workloads"},
	{when: "source", not: []string{"readers", "mark"}, why: ofTheGuest},
	{when: "binary", not: []string{"readers", "mark"}, why: ofTheGuest},
}

const ofTheGuest = "that is of the guest's own workloads, not a program's"

func workloadShape() mapping {
	readers := []string{string(trial.Acquire), string(trial.Relaxed)}
	return mapping{one: []string{"builtin", "source", "binary"}, ties: workloadTies, members: []member{
		{key: "builtin", about: "a workload of kcovrig's own guest", shape: words(builtins())},
		{key: "source", about: "a C file, which is built for the guest", shape: aSource},
		{key: "binary", about: "a static program", shape: aPath},
		{key: "args", about: "its arguments", shape: row{list{anArg, 64}}},
		{key: "env", about: "its environment, all of it: NAME=VALUE (default: none)", shape: variables{list{aVariable, 64}}},
		{key: "ready", about: "it says ready after its preparations (default: false)", shape: truth{}},
		{key: "window", about: "one chance to see the bug: a try that the program tells, a run of it, or a length of time (default: told)", shape: either{
			windowWord{words{"told", "run"}}, mapping{members: []member{{key: "every", about: "the guest's time", needed: true, shape: aWindow}}},
		}},
		{key: "boot", about: "windows of a boot, where a hit ends it (default: 512)", shape: integer{1, wire.MaxWindows}},
		{key: "files", about: "files that it needs, which it finds below /files", shape: list{aPath, 64}},
		{key: "modes", about: "its modes, all of which run by default", shape: list{aName, 8}},
		{key: "readers", about: "the ways in which it reads what the two writes wrote", shape: named{words(readers), mapping{members: []member{
			{key: "symbols", about: "functions of the guest that do it; of their loads, the first is of what the second write publishes", needed: true, shape: list{inGuest, 8}},
			{key: "ordered", about: "it keeps its own loads in order", shape: truth{}},
		}}}},
		{key: "mark", about: "function of the guest that it calls when it sees the bug, for a witness", shape: inGuest},
	}}
}

// builtins are the names of the workloads that the guest has of its own, sorted: those
// that the scenarios that come with kcovrig run. It reads no more of their files than
// this, since the form of a whole file asks for it.
var builtins = sync.OnceValue(func() []string {
	var all []string
	for _, name := range scenarios.Names() {
		text, err := scenarios.File(name)
		var f struct{ Workload struct{ Builtin string } }
		if err == nil {
			err = yaml.Unmarshal(text, &f)
		}
		if err != nil {
			panic(fmt.Sprintf("scenario %s: %v", name, err)) // they are part of the program
		}
		if f.Workload.Builtin != "" {
			all = append(all, f.Workload.Builtin)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
})
