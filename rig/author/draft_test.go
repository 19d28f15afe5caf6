// SPDX-License-Identifier: Apache-2.0

package author

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/kernel/patches"
	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/scenario"
)

// linux is a tree of the Makefiles and Kconfig files that are read.
var linux = map[string]string{
	"Kbuild":             "obj-y += kernel/\nobj-y += drivers/\nobj-$(CONFIG_NET)\t+= net/\n",
	"Makefile":           "VERSION = 6\n",
	"net/Makefile":       "obj-$(CONFIG_INET) += ipv4/\nobj-$(CONFIG_TLS)\t+= tls/\n",
	"net/Kconfig":        "menuconfig NET\n\tbool \"Networking\"\n\nif NET\nconfig INET\n\tbool \"TCP/IP\"\n\thelp\n\t  if you need it\n\nendif\n",
	"net/tls/Makefile":   "obj-$(CONFIG_TLS) += tls.o\n\ntls-y := tls_main.o \\\n\ttls_sw.o # two\ntls-$(CONFIG_TLS_DEVICE) += tls_device.o\n",
	"net/tls/Kconfig":    "config TLS\n\ttristate \"TLS\"\n\tdepends on INET\n\nconfig TLS_DEVICE\n\tbool \"offload\"\n\tdepends on TLS && (A || B)\n",
	"kernel/Makefile":    "obj-y = fork.o\nobj-$(CONFIG_WATCH_QUEUE) += watch_queue.o\n",
	"init/Kconfig":       "config WATCH_QUEUE\n\tbool \"watch\"\n\tselect KEYS\n",
	"drivers/Makefile":   "obj-y += a/b/\n",
	"drivers/a/b/Kbuild": "lib-y += here.o\nobj-$(CONFIG_PC) += pc.o\n",
	"drivers/a/Kconfig":  "config PC\n\tbool\n\tdepends on X86 && SMP\n",
	"arch/x86/Kconfig":   "config X86\n\tdef_bool y\nconfig SMP\n\tbool\n",
	"arch/arm64/Kconfig": "config SMP\n\tbool\n",
}

func readLinux(path string) (string, error) {
	text, ok := linux[path]
	if !ok {
		return "", fs.ErrNotExist
	}
	return text, nil
}

func symbols(b Build) (out []string) {
	for _, s := range b.Settings {
		out = append(out, s.Symbol)
	}
	return out
}

func TestTheSymbolsThatCompileAFileAreFoundInTheMakefiles(t *testing.T) {
	for file, want := range map[string]string{
		"net/tls/tls_main.c":     "NET INET TLS",
		"net/tls/tls_sw.c":       "NET INET TLS",
		"net/tls/tls_device.c":   "NET INET TLS TLS_DEVICE",
		"kernel/watch_queue.c":   "WATCH_QUEUE",
		"kernel/fork.c":          "",
		"drivers/a/b/here.c":     "",
		"drivers/a/b/pc.c":       "SMP PC",
		"include/linux/fork.h":   "",
		"Documentation/x/fork.c": "",
	} {
		assert.Equal(t, want, strings.Join(symbols(settings([]string{file}, readLinux)), " "), file)
	}
	b := settings([]string{"net/tls/tls_device.c", "kernel/none.c"}, readLinux)
	assert.Equal(t, []string{"CONFIG_TLS_DEVICE depends on (A || B)"}, b.Conditions)
	assert.Equal(t, []string{"no Makefile says what compiles kernel/none.c"}, b.Unknown)
	assert.Equal(t, []string{"CONFIG_PC depends on X86"}, settings([]string{"drivers/a/b/pc.c"}, readLinux).Conditions)
}

// A tree is anybody's: one that goes round in circles ends.
func TestMakefilesThatNameEachOtherEnd(t *testing.T) {
	loop := func(string) (string, error) {
		return "a-y := b.o\nb-y := a.o\nobj-$(CONFIG_A) += x/\nconfig A\n depends on B\nconfig B\n depends on A\n", nil
	}
	b := settings([]string{"x/a.c"}, loop)
	assert.NotEmpty(t, b.Unknown)
}

func patch(subject, message, file string) File {
	return File{"fix.patch", []byte("From: A <a@b.c>\nSubject: " + subject + "\n\n" + message + "\n---\n" +
		"--- a/" + file + "\n+++ b/" + file + "\n@@ -1 +1,2 @@\n a\n+b\n")}
}

func tlsPatch(t *testing.T) File {
	t.Helper()
	const name = "0001-tls-order-icsk_ulp_data-before-sk_prot.patch"
	text, err := fs.ReadFile(patches.Files(), "tls/plain/"+name)
	require.NoError(t, err)
	return File{name, text}
}

var drafts = map[string]func(t *testing.T) Input{
	"found": func(t *testing.T) Input {
		p := patch("[PATCH net v2 1/1] tls: fix missing memory barrier: \"tls_init\"",
			"Unable to handle kernel NULL pointer dereference at virtual address 50\npc : tls_getsockopt.isra.0+0x1c/0x2bc\nlr : f+0x18/0x20\n\nFixes: 3c4d7559159b (\"tls: kernel TLS support\")", "net/tls/tls_main.c")
		return Input{Patch: p, Program: &File{"repro.c", []byte("puts(\"ready\"); puts(\"try 1\");")},
			Tree: &Tree{Version: "6.12.117", Side: Lacks, Build: settings([]string{"net/tls/tls_main.c"}, readLinux)}}
	},
	"little": func(t *testing.T) Input {
		return Input{Patch: File{"../weird name?.diff", []byte("--- a/include/x.h\n+++ b/include/x.h\n@@ -1 +1,2 @@\n a\n+b\n")}}
	},
	"sanitizer": func(t *testing.T) Input {
		p := patch("gsm: free it later", "BUG: KASAN: slab-use-after-free in gsm_send+0x1/0x2 [n_gsm]\nRIP: 0010:other+0x1/0x2\nINFO: task a:1 blocked for more than 1 s", "kernel/watch_queue.c")
		return Input{Name: "gsm", Patch: p, Config: &File{"my config", []byte("CONFIG_A=y\n")}, Program: &File{"poc", []byte("\x7fELF\x00")},
			Tree: &Tree{Version: "6.12.117", Why: "line 3 differs"}}
	},
	"header": func(t *testing.T) Input {
		return Input{Patch: patch("ring: order the tail", "", "include/linux/ring.h"),
			Tree: &Tree{Version: "6.12.117", Side: Lacks, Proposed: Proposed{Files: []string{"net/tls/tls_main.c", "kernel/watch_queue.c"}, Names: []string{"RING", "ring_put"}, Others: []string{"fs/aio.c"}, More: 3},
				Build: settings([]string{"net/tls/tls_main.c", "kernel/watch_queue.c"}, readLinux)}}
	},
	"headeronly": func(t *testing.T) Input {
		return Input{Patch: patch("ring: order the tail", "", "include/linux/ring.h"), Tree: &Tree{Version: "6.12.117", Side: Lacks}}
	},
	"silent": func(t *testing.T) Input {
		return Input{Patch: tlsPatch(t), Program: &File{"repro.c", []byte("int main(void) { for (;;) ; }")},
			Tree: &Tree{Version: "6.12.117", Side: Has, Build: settings([]string{"net/tls/tls_main.c"}, readLinux)}}
	},
}

func TestADraftSaysWhatWasFoundAndMarksWhatWasNot(t *testing.T) {
	for name, in := range drafts {
		_, files, err := Draft(in(t))
		require.NoError(t, err, name)
		var b strings.Builder
		for _, f := range slices.Sorted(maps.Keys(files)) {
			b.WriteString("== " + f + "\n")
			if f == scenario.FileName {
				b.Write(files[f])
			}
		}
		goldentest.Check(t, filepath.Join("draft", name+".txt"), b.String())
	}
}

// What is drafted is a scenario: nothing that was left to its writer stops it from
// being read, but for a fix that nothing compiled holds.
func TestADraftIsAScenario(t *testing.T) {
	for name, in := range drafts {
		draft, files, err := Draft(in(t))
		require.NoError(t, err, name)
		dir := filepath.Join(t.TempDir(), "s")
		require.NoError(t, write(dir, files), name)
		s, err := scenario.Load(dir)
		require.NoError(t, err, name)
		assert.Equal(t, draft, s.Name)
	}
}

// A person reads what the folder holds, and git takes it.
func TestAPackedPatchIsKeptPlain(t *testing.T) {
	p := tlsPatch(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(p.Text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for _, in := range []File{{"fix.patch.gz", packed.Bytes()}, {"fix.patch", packed.Bytes()}, {"fix.patch", append([]byte("\xef\xbb\xbf"), p.Text...)}} {
		_, files, err := Draft(Input{Patch: in})
		require.NoError(t, err)
		assert.Equal(t, string(p.Text), string(files["fix.patch"]), in.Name)
	}
}

func TestWhatAMessageQuotesIsWhatIsDetected(t *testing.T) {
	for message, want := range map[string][]Sign{
		"pc : f+0x1/0x2\nlr : g+0x1/0x2":                                          {{"oops", "f"}},
		"RIP: 0010:f+0x1/0x2\nRIP: 0033:0x7f":                                     {{"oops", "f"}},
		"IP: [<ffffffff8100>] f+0x1/0x2":                                          {{"oops", "f"}},
		"PC is at f+0x1/0x2":                                                      {{"oops", "f"}},
		"BUG: KASAN: use-after-free in f+0x1/0x2\nRIP: 0010:g+0x1":                {{"kasan", "f"}},
		"WARNING: CPU: 0 PID: 1 at net/a.c:3 f+0x1/0x2\npc : g+0x1/0x2":           {{"warn", "f"}},
		"WARNING: CPU: 0 PID: 1 at net/a.c:3\nRIP: 0010:f+0x1/0x2":                {{"warn", "f"}},
		"kernel BUG at mm/a.c:3!\nInternal error: Oops - BUG: 0 [#1]\npc : f+0x1": {{"bug", "f"}},
		"Kernel BUG at g+0x1/0x1 [verbose debug info unavailable]\nOops: invalid opcode: 0000 [#1] SMP\nRIP: 0010:f+0x0/0x1": {{"bug", "f"}},
		"BUG: kernel NULL pointer dereference, address: 0":                                                                   {{"oops", ""}},
		"Unable to handle kernel paging request\npc : f.isra.0+0x1/0x2":                                                      {{"oops", "f"}},
		"pc : f+0x1/0x2\n\nWARNING: at a.c:1 g+0x1/0x2\npc : f+0x1/0x2":                                                      {{"oops", "f"}, {"warn", "g"}},
		"nothing of the kind, but RIP and pc : are words":                                                                    nil,
	} {
		assert.Equal(t, want, read(message).signs, message)
	}
}

func TestNewWritesOverNothing(t *testing.T) {
	dir := t.TempDir()
	fix := filepath.Join(dir, "fix.patch")
	require.NoError(t, os.WriteFile(fix, tlsPatch(t).Text, 0o644))
	_, err := New(t.Context(), Request{Dir: dir, Patch: fix})
	require.ErrorContains(t, err, "holds files already")
	_, err = New(t.Context(), Request{Dir: fix, Patch: fix})
	require.Error(t, err)
	assert.Equal(t, "my_bug-2", nameOf("__My_bug 2"), "a folder's name is the scenario's where it can be")
	made, err := New(t.Context(), Request{Dir: filepath.Join(dir, "Mine 2"), Patch: fix})
	require.NoError(t, err)
	assert.Equal(t, "mine-2", made.Name)
	assert.NotEmpty(t, made.Todo)
	assert.Equal(t, "kcovrig scenario check '"+filepath.Join(dir, "Mine 2")+"'", made.Next)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2)
}

// What is printed as the next command looks into the same tree, and at the folder that was written.
func TestTheNextCommandIsOneThatWorks(t *testing.T) {
	assert.Equal(t, "kcovrig scenario check --tree 'my linux' --rev v6.12 mine", Request{Tree: "my linux", Rev: "v6.12"}.next("mine"))
	assert.Equal(t, "kcovrig scenario check ./-x", Request{}.next("-x"))
	assert.Equal(t, "kcovrig scenario check ./"+scenario.Default, Request{}.next(scenario.Default))
}

func TestNewRefusesWhatItWouldNotObeyOrCheckNotRead(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	fix := file("fix.patch", string(tlsPatch(t).Text))
	for want, o := range map[string]Request{
		"--rev needs --tree": {Rev: "v6.12"},
		"--config: a.config: want lines such as CONFIG_NET=y or": {Config: file("a.config", "CONFIG_NET=y\nnoise\n")},
		"; line 2 of it is none":                                 {Config: file("b.config", "CONFIG_NET=y\nnoise\n")},
		"line 3 of it sets CONFIG_NET, as line 1 does":           {Config: file("c.config", "CONFIG_NET=y\n\nCONFIG_NET=m\n")},
		"line 1 of it: did you mean # CONFIG_A is not set?":      {Config: file("d.config", "CONFIG_A is not set\n")},
	} {
		o.Patch, o.Dir = fix, filepath.Join(dir, "new")
		_, err := New(t.Context(), o)
		require.ErrorContains(t, err, want)
		assert.Equal(t, fault.User, fault.KindOf(err), want)
		assert.NoDirExists(t, o.Dir, want)
	}
}

func TestAProgramThatUsesTheHeaderIsKnownToTalk(t *testing.T) {
	of := func(source string) string {
		_, files, err := Draft(Input{Patch: tlsPatch(t), Program: &File{"repro.c", []byte(source)}})
		require.NoError(t, err)
		return string(files["scenario.yaml"])
	}
	talks := of("#include \"kcovrig.h\"\nint main(void) { ready(); tried(1); return done(); }")
	assert.Contains(t, talks, "ready: true")
	assert.NotContains(t, talks, "window:")
	assert.Contains(t, of("int main(void) { already(); retried(1); }"), "window: {every: 10ms}")
}
