// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// head are the first four lines of the files below.
const head = "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\n"

const (
	ofSource  = head + "workload: {source: a.c}\n"
	ofBuiltin = head + "order: {function: f, first: [g]}\nworkload:\n  builtin: ring\n  modes: [once]\n  readers: {acquire: {symbols: [\"guest:r\"]}}\n"
)

// silly are files that nobody should get away with, and what is said of each: all of it,
// with line and column.
var silly = map[string]string{
	// Detections.
	ofSource + "detect: [{hang: pipe_read}]\n":                                      `6:17: detect.hang: want a time from 100ms to 600s, not "pipe_read"; did you mean {hang: 2s, in: pipe_read}?`,
	ofSource + "detect: [{hang: 2}]\n":                                              `6:17: detect.hang: want a time from 100ms to 600s, not "2"; did you mean 2s?`,
	ofSource + "detect: [{hang: 2000}]\n":                                           `6:17: detect.hang: want a time from 100ms to 600s, not "2000"; did you mean 2s?`,
	ofSource + "detect: [{hang: 1.5 sec}]\n":                                        `6:17: detect.hang: want a time from 100ms to 600s, not "1.5 sec"; did you mean 1500ms?`,
	ofSource + "detect: [{hang: 2m}]\n":                                             `6:17: detect.hang: want a time from 100ms to 600s, not "2m"; did you mean 120s?`,
	ofSource + "detect: [{hang: 601s}]\n":                                           `6:17: detect.hang: want a time from 100ms to 600s, not "601s"`,
	ofSource + "detect: [{hang: }]\n":                                               `6:17: detect.hang: want a time from 100ms to 600s, not nothing; write hang alone for 2s`,
	ofSource + "detect: [{hang: 2s, in: }]\n":                                       `6:25: detect.in: want a function of the kernel, not nothing; leave in out for a sleep in any function`,
	ofSource + "detect: [{in: pipe_read}]\n":                                        `6:10: detect: want exactly one of oops, warn, bug, kasan, panic, hang, exit; did you mean {hang: 2s, in: pipe_read}?`,
	ofSource + "detect: [{exit: x}]\n":                                              `6:17: detect.exit: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not "x"`,
	ofSource + "detect: [{exit: 0}]\n":                                              `6:17: detect.exit: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not "0": a program that ends so has done its work`,
	ofSource + "detect: [{exit: 256}]\n":                                            `6:17: detect.exit: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not "256"`,
	ofSource + "detect: [{exit: \"3\"}]\n":                                          `6:17: detect.exit: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not "3"; did you mean 3, without quotes?`,
	ofSource + "detect: [{exit: segv}]\n":                                           `6:17: detect.exit: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not "segv"; did you mean SIGSEGV?`,
	ofSource + "detect: [{exit: SIGSEG}]\n":                                         `6:17: detect.exit: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not "SIGSEG"; did you mean SIGSEGV?`,
	ofSource + "detect: [{exit: }]\n":                                               `6:17: detect.exit: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not nothing; write exit alone for any of them`,
	ofSource + "detect: [{signal: SIGSEGV}]\n":                                      `6:11: unknown key "signal"; did you mean exit?`,
	ofSource + "detect: [SIGSEGV]\n":                                                `6:10: unknown detect "SIGSEGV"; did you mean {exit: SIGSEGV}?`,
	ofSource + "detect: [{exit: 3, in: f}]\n":                                       `6:20: detect.in: it belongs to hang; exit has none`,
	ofSource + "detect: [{oops: a, in: b}]\n":                                       `6:20: detect.in: it belongs to hang; write {oops: a} or {oops: b}`,
	ofSource + "detect: [{oops: , in: b}]\n":                                        "6:17: detect.oops: want a function of the kernel, not nothing; write oops alone for one in any function\n6:19: detect.in: it belongs to hang; write {oops: b}",
	ofSource + "detect: [{oops: true}]\n":                                           `6:17: detect.oops: want a function of the kernel, not "true"; write oops alone for one in any function`,
	ofSource + "detect: [{warn: [a, b]}]\n":                                         `6:17: detect.warn: want a function of the kernel, not a list; write an entry for each`,
	ofSource + "detect: [{bug: \"f+0x1c/0x2bc\"}]\n":                                `6:16: detect.bug: want a name of the kernel's code, not "f+0x1c/0x2bc"; did you mean f?`,
	ofSource + "detect: [{kasan: f()}]\n":                                           `6:18: detect.kasan: want a name of the kernel's code, not "f()"; did you mean f?`,
	ofSource + "detect: [{oops: f, hang: 2s}]\n":                                    `6:20: detect: oops and hang are several ways to show: write an entry for each`,
	ofSource + "detect: [{told: f}]\n":                                              `6:11: detect.told: it stands alone, without a value: write told`,
	ofSource + "detect: [{opps: f}]\n":                                              `6:11: unknown key "opps"; did you mean "oops"?`,
	ofSource + "detect: [\"oops: f\", hang 2s, oops in f]\n":                        "6:10: unknown detect \"oops: f\"; did you mean {oops: f}?\n6:21: unknown detect \"hang 2s\"; did you mean {hang: 2s}?\n6:30: unknown detect \"oops in f\"; did you mean {oops: f}?",
	ofSource + "detect: oops\n":                                                     `6:9: detect: want a list, not a text; did you mean [oops]?`,
	ofSource + "detect: {oops: f}\n":                                                `6:9: detect: want a list, not a mapping; put it in [ ], also where it is the only one`,
	ofSource + "detect: [[oops]]\n":                                                 `6:10: detect: want a way in which the bug shows, such as oops or {oops: tls_getsockopt}, not a list`,
	ofSource + "detect: [{panic: f, after: continue}]\n":                            `6:28: detect.after: a panic ends the boot, and nothing goes on after it: leave after out`,
	ofSource + "detect: [{oops: " + strings.Repeat("f", 129) + "}]\n":               `6:17: detect.oops: it has more than 128 characters`,
	ofSource + "detect: [{oops: f}, oops, {oops: f}]\n":                             `6:27: detect: the entry is given twice`,
	ofSource + "detect: [{oops: f}, {oops: f, after: reboot}]\n":                    `6:21: detect: the same as entry 1`,
	ofSource + "detect: [hang, {hang: 2000ms}]\n":                                   `6:16: detect: the same as entry 1`,
	ofSource + "detect: [hang, {hang: 3s}]\n":                                       `6:16: detect: a hang of 3s, and entry 1 is one of 2s: want one time for all`,
	head + "workload: {source: a.c, window: {every: 10ms}}\ndetect: [oops, hang]\n": `6:16: detect: a program with timed windows says nothing, so that it cannot be found to hang`,
	ofSource + "after: restart\n":                                                   `6:8: unknown after "restart"; have: continue, reboot`,
	// Across members.
	head + "order: {function: f, first: [g]}\nworkload: {source: a.c}\n":             `5:1: order: it does not go with a program: where the memory emulator works follows from the patch`,
	head + "workload: {source: a.c, boot: 30}\ndetect: [oops]\n":                     `5:25: workload.boot: it bounds boots that a hit ends, and none does; did you mean after: reboot?`,
	head + "workload: {source: a.c, modes: [a, b]}\nafter: reboot\n":                 `5:36: workload.modes: more than one, where a hit ends the boot`,
	head + "workload: {source: a.c, readers: {acquire: {symbols: [\"guest:r\"]}}}\n": `5:25: workload.readers: it does not go with source: that is of the guest's own workloads, not a program's`,
	head + "workload: {source: a.c, mark: \"guest:m\"}\n":                            `5:25: workload.mark: it does not go with source: that is of the guest's own workloads, not a program's`,
	head + "workload: {binary: a, source: a.c}\n":                                    `5:23: workload: want exactly one of builtin, source, binary, not binary and source`,
	ofBuiltin + "  args: [x]\n  boot: 3\n":                                           "10:3: workload.args: it does not go with builtin: that is a program's, not of the guest's own workloads\n11:3: workload.boot: it does not go with builtin: that is a program's, not of the guest's own workloads",
	ofBuiltin + "detect: [told, oops]\nafter: reboot\n":                              "10:16: detect: a workload of the guest's own tells its hits: told is the only way in which they show\n11:8: after: no hit of a workload of the guest's own ends the boot",
	ofBuiltin + "scope: {kernel: [f]}\n":                                             `10:1: scope: it does not go with order: the two writes say where the memory emulator works`,
	strings.Replace(ofBuiltin, "order: {function: f, first: [g]}\n", "", 1):          `6:3: workload.builtin: it needs order too: the two writes that a workload of the guest's own watches`,
	strings.Replace(ofBuiltin, "  modes: [once]\n", "", 1):                           `7:3: workload.builtin: it needs modes too: kcovrig has no names for what its own guest does`,
	ofSource + "scope: {kernel: [f], callees: [g, f]}\n":                             `6:35: scope.callees: f is in scope.kernel, so always in scope`,
	ofSource + "scope: {program: [main]}\n":                                          `6:9: unknown key "program"; have: patch, kernel, callees`,
	ofSource + "scope: {patch: {callers: -1}}\n":                                     `6:26: scope.patch.callers: want a whole number from 0 to 4, not "-1"`,
	// Words.
	ofSource + "words: {units: entries}\n":                              `6:9: words.units: it needs unit too: the word that it is the plural of`,
	ofSource + "words: {hits: lost notes, windows: tries}\n":            "6:9: words.hits: it needs hit too: the word that it is the plural of\n6:27: words.windows: it needs window too: the word that it is the plural of",
	ofSource + "words: {hit: \"lost \\u202enote\"}\n":                   `6:14: words.hit: want words on one line, of printable characters, not "lost \u202enote"`,
	ofSource + "words: {hit: 7}\n":                                      `6:14: words.hit: want a text, not a number; did you mean "7", in quotes?`,
	strings.Replace(ofSource, "title: t", "title: \"a \\u202ebug\"", 1): `3:8: title: want one line of printable characters, not "a \u202ebug"`,
	strings.Replace(ofSource, "title: t", "title: \"a\\u200bbug\"", 1):  `3:8: title: want one line of printable characters, not "a\u200bbug"`,
	strings.Replace(ofSource, "title: t", "title: \"\\u00a0\"", 1):      `3:8: title: it is empty`,
	strings.Replace(ofSource, "title: t", "title: 2026-11-29", 1):       `3:8: title: want a text, not a date; did you mean "2026-11-29", in quotes?`,
	strings.Replace(ofSource, "name: own", "name: My_Bug!", 1):          `2:7: name: want lower-case letters, digits, - and _, not "My_Bug!"; did you mean my_bug?`,
	strings.Replace(ofSource, "name: own", "name: 007", 1):              `2:7: name: want a text, not a number; did you mean "007", in quotes?`,
	// make and config.
	ofSource + "make: [O=y]\n":                              `6:8: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not "O=y"; O is set by kcovrig itself`,
	ofSource + "make: [KBUILD_OUTPUT=y]\n":                  `6:8: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not "KBUILD_OUTPUT=y"; KBUILD_OUTPUT is set by kcovrig itself`,
	ofSource + "make: [INSTALL_PATH=y, M=n, V=y, W=y]\n":    "6:8: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"INSTALL_PATH=y\"\n6:24: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"M=n\"\n6:29: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"V=y\"\n6:34: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"W=y\"",
	ofSource + "make: [LLVM=y, ARCH=y, CC=n]\n":             "6:8: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"LLVM=y\"; LLVM is set by kcovrig itself\n6:16: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"ARCH=y\"; ARCH is set by kcovrig itself\n6:24: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"CC=n\"; CC is set by kcovrig itself",
	ofSource + "make: [CONFIG_NET=y]\n":                     `6:8: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not "CONFIG_NET=y"; what the kernel is configured by belongs to config`,
	ofSource + "make: [KASAN_SANITISE_ring.o=n]\n":          `6:8: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not "KASAN_SANITISE_ring.o=n"; did you mean KASAN_SANITIZE_ring.o=n?`,
	ofSource + "make: [KASAN_SANITIZE=1, UBSAN_SANITIZE]\n": "6:8: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"KASAN_SANITIZE=1\"; did you mean KASAN_SANITIZE=y?\n6:26: make: want a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n, not \"UBSAN_SANITIZE\"; did you mean UBSAN_SANITIZE=y?",
	ofSource + "config: |\n  CONFIG_A=y\n  B=y\n":           "6:9: config: want lines such as CONFIG_NET=y or # CONFIG_INET is not set, not \"CONFIG_A=y\\nB=y\\n\"; line 2 of it: did you mean CONFIG_B=y?",
	ofSource + "config: \"CONFIG_A=\\e[2J\"\n":              `6:9: config: want lines such as CONFIG_NET=y or # CONFIG_INET is not set, not "CONFIG_A=\x1b[2J"; line 1 of it is none`,
	ofSource + "config: \"\\n\"\n":                          `6:9: config: it is empty`,
	// Paths, and files.
	strings.Replace(ofSource, "[fix.patch]", "[./fix.patch]", 1):                                `4:7: fix: want a path in the scenario's folder, such as patches/fix.patch, not "./fix.patch"; did you mean fix.patch?`,
	strings.Replace(ofSource, "[fix.patch]", "fix.patch", 1):                                    `4:6: fix: want a list, not a text; did you mean [fix.patch]?`,
	strings.Replace(ofSource, "[fix.patch]", "[{patches: [a.diff]}]", 1):                        `4:18: fix.patches: want a file whose name ends in .patch, in the scenario's folder, not "a.diff"; rename it`,
	strings.Replace(ofSource, "[fix.patch]", "[{patches: [a.patch]}, {patches: [a.patch]}]", 1): `4:29: fix: the entry is given twice`,
	strings.Replace(ofSource, "[fix.patch]", "[a.patch, b, {patches: [a.patch]}]", 1):           `4:19: fix: the same as entry 1`,
	strings.Replace(ofSource, "[fix.patch]", "[{patches: [a.patch], kernels: 6.6}]", 1):         `4:37: fix.kernels: want versions, such as ">=5.10 <6.6", not "6.6"; did you mean ">=6.6"?`,
	strings.Replace(ofSource, "source: a.c", "source: prog", 1):                                 `5:20: workload.source: want a C file in the scenario's folder, such as ring.c, not "prog"; did you mean binary: prog?`,
	strings.Replace(ofSource, "source: a.c", "source: /a.c", 1):                                 `5:20: workload.source: want a C file in the scenario's folder, such as ring.c, not "/a.c"; a scenario names nothing outside of its folder: copy it there`,
	ofSource + "objects: [net/tls/tls_main.c]\n":                                                `6:11: objects: want an object of a C file of the kernel's, such as net/tls/tls_main.o, not "net/tls/tls_main.c"; did you mean net/tls/tls_main.o?`,
	head + "workload: {source: a.c, env: [A=1, B=2, A=3]}\n":                                    `5:41: workload.env: A is given twice`,
	head + "workload: {source: a.c, env: [A=1, A=1], boot: x}\n":                                "5:36: workload.env: A is given twice\n5:48: workload.boot: want a whole number from 1 to 1048576, not \"x\"",
	ofSource + "config: \"CONFIG_A=y\\nCONFIG_A=n\"\nafter: x\n":                                "6:9: config: line 2 of it sets CONFIG_A, as line 1 does\n7:8: unknown after \"x\"; have: continue, reboot",
	head + "workload: {source: a.c, args: [\"\\u2066x\"]}\n":                                    `5:32: workload.args: want words on one line, of printable characters, not "\u2066x"`,
	head + "workload: {source: a.c, env: [\"A=\\u202e\"]}\n":                                    `5:31: workload.env: want NAME=VALUE on one line, not "A=\u202e"`,
	head + "workload: {source: a.c, window: 10ms}\n":                                            `5:33: unknown workload.window "10ms"; did you mean {every: 10ms}?`,
	head + "workload: {source: a.c, window: every}\n":                                           `5:33: unknown workload.window "every"; did you mean {every: 10ms}?`,
	head + "workload: {source: a.c, window: {every: 10}}\n":                                     `5:41: workload.window.every: want a time from 1ms to 60s, not "10"; did you mean 10ms?`,
	head + "workload: {source: a.c, window: {every: 0ms}}\n":                                    `5:41: workload.window.every: want a time from 1ms to 60s, not "0ms"`,
	head + "workload: {source: a.c, window: {every: 99999s}}\n":                                 `5:41: workload.window.every: want a time from 1ms to 60s, not "99999s"`,
	ofSource + "machine: {cpus: 2.5}\n":                                                         `6:17: machine.cpus: want a whole number from 2 to 8, not "2.5"`,
	ofSource + "machine: {memory: 512}\n":                                                       `6:19: machine.memory: want a size from 128M to 1G, not "512"; did you mean 512M?`,
	ofSource + "machine: {arch: arm64}\n":                                                       `6:17: machine.arch: want a list, not a text; did you mean [arm64]?`,
}

func TestWhatIsSaidOfSillyFiles(t *testing.T) {
	withRing(t)
	for text, want := range silly {
		_, err := parse("f", []byte(text))
		if assert.Error(t, err, text) {
			said, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), op+": "), " (try: ")
			assert.Equal(t, "f:"+strings.ReplaceAll(want, "\n", "\nf:"), said, text)
		}
	}
}

// meaning are the silly files that no schema can tell from good ones.
var meaning = []string{
	ofSource + "detect: [{oops: f}, {oops: f, after: reboot}]\n", ofSource + "detect: [hang, {hang: 2000ms}]\n", ofSource + "detect: [hang, {hang: 3s}]\n",
	ofSource + "scope: {kernel: [f], callees: [g, f]}\n",
	strings.Replace(ofSource, "[fix.patch]", "[a.patch, b, {patches: [a.patch]}]", 1),
	head + "workload: {source: a.c, env: [A=1, B=2, A=3]}\n",
}

func TestTheSchemaRejectsSillyFilesToo(t *testing.T) {
	withRing(t)
	text, err := FileSchema()
	require.NoError(t, err)
	schema := schemaOf(t, text)
	wrong := map[string]bool{}
	for _, text := range meaning {
		require.Contains(t, silly, text)
		wrong[text] = true
	}
	for text := range silly {
		var value any
		require.NoError(t, yaml.Unmarshal([]byte(text), &value), text)
		assert.Equal(t, wrong[text], schema.Validate(value) == nil, text)
	}
	for _, text := range []string{ofSource, ofBuiltin} {
		var value any
		require.NoError(t, yaml.Unmarshal([]byte(text), &value))
		assert.NoError(t, schema.Validate(value))
		_, err := parse("f", []byte(text))
		assert.NoError(t, err)
	}
}
