// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	header      = "// SPDX-License-Identifier: Apache-2.0\n\n"
	maxFile     = 500 // as parts says
	maxFunction = 60

	parts   = "# x\n\n## The parts\n\nwords\n\n```text\ncmd/kcovrig  main\nrig  joins\nrig/internal/a  one\nrig/internal/b  two\nrig/internal/proc  starts\nguest  init\nguest/builtin  lists\n```\n\nRules:\n\n- `cmd/kcovrig` imports `rig`, nothing else.\n- more\n\n## The limits\n\n```text\nfile 500\nfunction 60\npackage 15\nknot 2\nchain 4\n```\n\nThe files of `cmd/kcovrig` refer down only.\n"
	goodRig = header + "// Package rig joins and leaves the rest.\npackage rig\n\nimport _ \"kcovrig/rig/internal/a\"\n"
)

// good is a small tree without a breach.
func good() map[string]string {
	return map[string]string{
		"docs/architecture.md":                     parts,
		"cmd/kcovrig/main.go":                      header + "// Command kcovrig runs and leaves the rest.\npackage main\n\nimport (\n\t_ \"os\"\n\t_ \"kcovrig/rig\"\n)\n\nconst scenario = \"kcov\"\n",
		"rig/rig.go":                               goodRig,
		"rig/internal/a/a.go":                      header + "// Package a is one and leaves the rest.\npackage a\n\nimport _ \"kcovrig/rig/internal/proc\"\n\n// Part is saved.\ntype Part struct{}\n\n// MarshalJSON writes it.\nfunc (Part) MarshalJSON() ([]byte, error)\n",
		"rig/internal/b/b.go":                      header + "// Package b is two and leaves the rest.\npackage b\n",
		"rig/internal/proc/proc.go":                header + "// Package proc starts and leaves the rest.\npackage proc\n\nimport (\n\t\"os\"\n\t_ \"os/exec\"\n)\n\nvar _ = os.Environ\n",
		"guest/main.go":                            header + "// Command guest is PID 1 and leaves the rest.\npackage main\n",
		"guest/builtin/builtin.go":                 header + "// Package builtin lists and leaves the rest.\npackage builtin\n\nvar _ = kcov.Run\n",
		"rig/testdata/x.yaml":                      "by: kcovrig\n",
		"rig/internal/weakmem/plugin/p.c":          "/* SPDX-License-Identifier: GPL-2.0-or-later */\nint f(void)\n{\n}\n",
		"kernel/patches/kcov/0001-x.patch":         "From: someone\n",
		"kernel/patches/kcov/0001-x.patch.license": "SPDX-License-Identifier: GPL-2.0-only\n",
		"scripts/run":                              "#!/bin/bash\n# SPDX-License-Identifier: Apache-2.0\nf() {\n\t:\n}\n",
		"REUSE.toml":                               "# SPDX-License-Identifier: Apache-2.0\n[[annotations]]\npath = \"**\"\nSPDX-License-Identifier = \"MIT\"\n",
		"LICENSES/Apache-2.0.txt":                  "",
		"LICENSES/GPL-2.0-only.txt":                "",
		"LICENSES/GPL-2.0-or-later.txt":            "",
		"LICENSES/MIT.txt":                         "",
	}
}

func breaches(t *testing.T, tree map[string]string, name string) []string {
	t.Helper()
	return checks[name](readBy(name, read(t, tree)))
}

func read(t *testing.T, tree map[string]string) []source {
	t.Helper()
	fsys := fstest.MapFS{}
	for p, text := range tree {
		fsys[p] = &fstest.MapFile{Data: []byte(text)}
	}
	return load(t, fsys)
}

func TestGoodTreePasses(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no interest to the race detector: go test .")
	}
	for name := range checks {
		for _, breach := range breaches(t, good(), name) {
			t.Errorf("%s: %s", name, breach)
		}
	}
}

// breaking is a file that a check finds fault with, in the good tree.
type breaking struct{ check, file, text string }

// variantsAsBools say in a bool which kernel is meant.
var variantsAsBools = []breaking{
	{"variants are typed", "rig/rig.go", "package rig\n\nfunc f(reverse, patched bool) {}\n"},
	{"variants are typed", "rig/rig.go", "package rig\n\nfunc f() (unpatched bool)\n"},
	{"variants are typed", "rig/rig.go", "package rig\n\ntype record struct{ Patched *bool }\n"},
	{"variants are typed", "rig/rig_test.go", "package rig\n\nvar _ = func(isPatched bool) {}\n"},
	{"variants are typed", "rig/rig.go", "package rig\n\ntype shown struct {\n\ttrial.SavedVariant\n\tSeed uint64 `json:\"seed\"`\n}\n"},
	{"variants are typed", "rig/rig.go", "package rig\n\ntype shown struct{ of trial.SavedVariant }\n"},
	{"JSON is whole", "rig/rig.go", "package rig\n\ntype part struct{}\n\nfunc (*part) UnmarshalJSON([]byte) error\n\ntype whole struct {\n\tpart\n\tN int\n}\n"},
	{"JSON is whole", "rig/rig.go", "package rig\n\nimport \"kcovrig/rig/internal/a\"\n\ntype whole struct {\n\t*a.Part\n\tN int\n}\n"},
}

// archsKnown know an instruction set without being listed.
var archsKnown = []breaking{
	{"few know architectures", "rig/rig.go", "package rig\n\nvar _ = elf.EM_AARCH64\n"},
	{"few know architectures", "rig/rig.go", "package rig\n\nvar _ = name == \"arm64\"\n"},
	{"few know architectures", "rig/rig.go", "package rig\n\nconst barrier = \"dmb ish\"\n"},
	{"few know architectures", "rig/rig.go", "package rig\n\nvar _ = strings.Contains(text, \"[sp\")\n"},
	{"few know architectures", "rig/rig.go", "package rig\n\nvar _ = strings.HasPrefix(text, \"RIP: \")\n"},
	{"few know architectures", "rig/rig.go", "package rig\n\nconst s = \".altinstructions\"\n"},
	{"few know architectures", "rig/rig.go", "//go:build arm64\n\npackage rig\n"},
	{"few know architectures", "rig/read_amd64.s", "TEXT x\n"},
	{"few know architectures", "docs/architecture.md", parts + "\n## Who knows an instruction set\n\n```text\nrig/rig.go  once\n```\n"},
}

// bugsByName name the bug where nothing may.
var bugsByName = []breaking{
	{"scenarios stay at home", "rig/rig.go", "package rig\n\nconst config = \"CONFIG_KCOV=y\"\n"},
	{"scenarios stay at home", "guest/main.go", "package main\n\nvar _ = kcov.Run\n"},
	{"scenarios stay at home", "guest/session_test.go", "package main\n\nimport _ \"kcovrig/guest/kcov\"\n"},
	{"scenarios stay at home", "guest/builtin/builtin.go", "package builtin\n\nvar _ = kcov_move\n"},
	{"scenarios stay at home", "rig/rig_test.go", "package rig\n\n// as kcov does\n"},
	{"scenarios stay at home", "rig/rigtest/fake.go", "package rigtest\n\nconst name = \"kcov\"\n"},
	{"scenarios stay at home", "rig/testdata/x.yaml", "# kcovrig\nscenario: KCOV\n"},
	{"scenarios stay at home", "rig/internal/a/testdata/kcov.txt", ""},
	{"scenarios stay at home", "rig/internal/a/README", "Kcov\n"},
	{"scenarios stay at home", "rig/internal/a/a.go", "package a\n\nconst s = \"kcov\"\n"},
	{"scenarios stay at home", "rig/internal/a/a.go", "package a\n\nconst s = \"tls_init\"\n"},
	{"scenarios stay at home", "rig/rig_test.go", "package rig\n\n// CONFIG_WATCH_QUEUE\n"},
	{"scenarios stay at home", "rig/author/check.go", "package author\n\n// names none any more\n"},
	{"scenarios stay at home", "scripts/run", "#!/bin/bash\n# KCOV\n"},
}

// licencesNamed are breaches of "licences have texts".
var licencesNamed = []breaking{
	{"licences have texts", "rig/rig.go", "// SPDX-License-Identifier: BSD-3-Clause\n\npackage rig\n"},
	{"licences have texts", "REUSE.toml", "SPDX-License-Identifier = \"ISC\"\n"},
	{"licences have texts", "REUSE.toml", ""},
	{"licences have texts", "LICENSES/0BSD.txt", ""},
}

// limitsStated are pages whose limits are too high, or that the packages do not keep.
var limitsStated = []breaking{
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "package 15", "package 0", 1)},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "knot 2", "knot 2\npackage rig 20", 1)},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "package 15", "package 16", 1)},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "file 500", "file 501", 1)},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "function 60", "function 61", 1)},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "knot 2", "knot 7", 1)},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "package 15\n", "", 1)},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "knot 2", "knot 2\nrig joins", 1)},
	{"knots are small", "docs/architecture.md", strings.Replace(parts, "knot 2", "knot 0", 1)},
	{"chains are short", "docs/architecture.md", strings.Replace(parts, "chain 4", "chain 3", 1)},
	{"chains are short", "docs/architecture.md", strings.Replace(parts, "chain 4", "chain 5", 1)},
	{"chains are short", "docs/architecture.md", strings.Replace(parts, "chain 4\n", "", 1)},
	{"chains are short", "rig/internal/proc/proc.go", "package proc\n\nimport _ \"kcovrig/rig/internal/b\"\n"},
	{"packages are small", "docs/architecture.md", strings.Replace(parts, "chain 4", "chain 15", 1)},
	{"files refer down", "docs/architecture.md", strings.Replace(parts, "kcovrig` refer", "kcovrig`, `rig/gone` refer", 1)},
}

// TestEachCheckCanFail breaks the good tree in one file at a time.
func TestEachCheckCanFail(t *testing.T) {
	long := strings.Repeat("\t_ = 0\n", maxFunction)
	cases := []breaking{
		{"imports point down", "guest/main.go", header + "package main\n\nimport _ \"kcovrig/rig\"\n"},
		{"imports point down", "docs/architecture.md", "# no picture\n"},
		{"the picture is complete", "rig/extra.go", ""},
		{"the picture is complete", "other/other.go", header + "package other\n"},
		{"the picture is complete", "docs/architecture.md", strings.Replace(parts, "guest  init\n", "guest  init\nguest/gone  x\n", 1)},
		{"cmd imports the front only", "cmd/kcovrig/main.go", "package main\n\nimport _ \"kcovrig/rig/internal/a\"\n"},
		{"cmd imports the front only", "docs/architecture.md", strings.Replace(parts, "imports `rig`", "imports `guest`", 1)},
		{"kits are for tests", "rig/rig.go", "package rig\n\nimport _ \"kcovrig/rig/rigtest\"\n"},
		{"internals stand alone", "rig/internal/a/a.go", "package a\n\nimport _ \"kcovrig/rig/internal/b\"\n"},
		{"internals stand alone", "rig/internal/a/a_test.go", "package a\n\nimport _ \"kcovrig/rig/internal/b\"\n"},
		{"kits are for tests", "rig/rig.go", "package rig\n\nimport _ \"testing\"\n"},
		{"kits are for tests", "rig/latest/x.go", "package latest\n\nimport _ \"kcovrig/rig/rigtest\"\n"},
		{"proc alone starts", "rig/rig.go", "package rig\n\nimport _ \"os/exec\"\n"},
		{"proc alone starts", "guest/main.go", "package main\n\nvar _ = syscall.ForkExec\n"},
		{"disk alone hashes", "rig/rig.go", "package rig\n\nimport _ \"crypto/sha256\"\n"},
		{"disk alone renames", "rig/rig.go", "package rig\n\nvar _ = os.Rename\n"},
		{"disk alone uses TMPDIR", "rig/rig.go", "package rig\n\nvar _, _ = os.MkdirTemp(\"\", \"x\")\n"},
		{"cmd alone reads env", "rig/rig.go", "package rig\n\nvar _ = os.LookupEnv\n"},
		{"cmd alone reads env", "rig/internal/proc/proc.go", "package proc\n\nvar _ = os.Getenv\n"},
		{"packages have doc comments", "rig/rig.go", header + "package rig\n"},
		{"packages have doc comments", "rig/rig.go", header + "// Package rig joins.\npackage rig\n"},
		{"files are short", "rig/rig.go", goodRig + strings.Repeat("\n", maxFile)},
		{"files are short", "scripts/run", "#!/bin/bash\n" + strings.Repeat("\n", maxFile)},
		{"functions are short", "rig/rig.go", "package rig\n\nfunc f() {\n" + long + "}\n"},
		{"functions are short", "rig/rig.go", "package rig\n\nfunc (a) f() {\n" + long + "}\n\nfunc (b) f() {\n}\n"},
		{"functions are short", "rig/rig.go", "package rig\n\nvar _ = []func(){func() {\n" + long + "}}\n"},
		{"functions are short", "rig/internal/weakmem/plugin/p.c", "static int f(int a,\n\t     int b)\n{\n" + long + "}\n"},
		{"functions are short", "scripts/run", "#!/bin/bash\nf() {\n" + long + "}\n"},
		{"files name their licence", "rig/rig.go", "package rig\n"},
		{"files name their licence", "rig/internal/weakmem/plugin/p.c", header},
		{"files name their licence", "kernel/patches/kcov/0001-x.patch.license", "SPDX-License-Identifier: GPL-2.0-or-later\n"},
		{"files name their licence", "scripts/run", "#!/bin/bash\n"},
		{"names state a subject", "rig/file_utils.go", header + "package rig\n"},
		{"names state a subject", "rig/common/x.go", header + "package common\n"},
		{"names state a subject", "guest/helpers.c", ""},
		{"comments name theirs", "rig/rig.go", "package rig\n\n// told is what ran.\nfunc ran() {}\n"},
		{"comments name theirs", "rig/rig.go", "package rig\n\n// Told is one.\ntype Ran struct{}\n"},
	}
	covered := map[string]bool{}
	for _, tc := range slices.Concat(cases, variantsAsBools, archsKnown, bugsByName, wordsOfOne, limitsStated, licencesNamed) {
		tree := good()
		if tc.file == "rig/extra.go" {
			delete(tree, "rig/internal/b/b.go")
		} else {
			tree[tc.file] = tc.text
		}
		if len(breaches(t, tree, tc.check)) == 0 {
			t.Errorf("%s: %s with %.60q is no breach", tc.check, tc.file, tc.text)
		}
		covered[tc.check] = true
	}
	for name := range checks {
		if !covered[name] {
			t.Errorf("%s: no case shows that it can fail", name)
		}
	}
}

// Subcommands are no breach, however many; other files of their package are.
func TestSubcommandsCountApart(t *testing.T) {
	tree := good()
	for i := range 20 {
		tree[fmt.Sprintf("cmd/kcovrig/c%d.go", i)] = header + "package main\n\nfunc newC() *cobra.Command { return nil }\n"
	}
	if found := breaches(t, tree, "packages are small"); len(found) != 0 {
		t.Errorf("twenty subcommands: %q", found)
	}
	for i := range 15 {
		tree[fmt.Sprintf("cmd/kcovrig/x%d.go", i)] = header + "package main\n"
	}
	if found := breaches(t, tree, "packages are small"); len(found) != 1 {
		t.Errorf("sixteen files that are none: %q", found)
	}
}

// Three files that use each other's names in a circle are a knot, by functions,
// fields or methods; a chain is none.
func TestKnotsAreFound(t *testing.T) {
	const head = "package rig\n\n"
	tree := good()
	tree["rig/a.go"] = header + head + "type a struct{ field b }\n\nfunc (x b) name() {}\n"
	tree["rig/b.go"] = header + head + "type b struct{ inner int }\n\nfunc run() { other() }\n"
	tree["rig/c.go"] = header + head + "func other() { var x a; _ = x.field.inner }\n"
	found := breaches(t, tree, "knots are small")
	if len(found) != 1 || !strings.HasPrefix(found[0], "rig: its knot has 3 files") {
		t.Errorf("a knot of three: %q", found)
	}
	tree["rig/b.go"] = header + head + "type b struct{ inner int }\n"
	if found := breaches(t, tree, "knots are small"); len(found) != 0 {
		t.Errorf("a chain is no knot: %q", found)
	}
}

// Of three files in a circle the one reference is named without which there is none; a
// package that was held to it stays so.
func TestReferencesBackUpAreFound(t *testing.T) {
	const head = "package rig\n\n"
	tree := good()
	tree["docs/architecture.md"] = strings.Replace(parts, "kcovrig` refer down", "kcovrig`, `rig`\nand `guest` refer\ndown", 1)
	tree["rig/a.go"] = header + head + "func first() { second(); third() }\n"
	tree["rig/b.go"] = header + head + "func second() { third(); fourth() }\n"
	tree["rig/c.go"] = header + head + "func third() { first() }\n"
	tree["rig/d.go"] = header + head + "func fourth() {}\n"
	found := breaches(t, tree, "files refer down")
	if len(found) != 1 || found[0] != "rig/c.go: refers back up to a.go: first" {
		t.Errorf("a reference back up: %q", found)
	}
	tree["rig/c.go"] = header + head + "func third() {}\n"
	if found := breaches(t, tree, "files refer down"); len(found) != 0 {
		t.Errorf("none: %q", found)
	}
	tree["rig/boot/boot.go"] = header + "package boot\n"
	if found := breaches(t, tree, "files refer down"); len(found) != 1 || !strings.Contains(found[0], "does not say any more") {
		t.Errorf("a page that drops a package: %q", found)
	}
}
