// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

func sh(script string) Command {
	return Command{Path: "sh", Args: []string{"-c", script}, Kind: fault.Kernel, Op: "try it"}
}

func TestRunKeepsOutputAndExitCode(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("what a former run left, longer than this one"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := sh(`printf "$GREETING\n"; echo no >&2; cat; exit 7`)
	cmd.Log, cmd.Stdin, cmd.Env = log, strings.NewReader("fed\n"), []string{"GREETING=hello"}
	res, err := Run(t.Context(), cmd)
	if res.ExitCode != 7 || string(res.Stdout) != "hello\nfed\n" {
		t.Errorf("exit code %d, stdout %q", res.ExitCode, res.Stdout)
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Kernel || f.Op != "try it" || f.Log != log || !strings.Contains(f.Tail, "no") {
		t.Fatalf("error %#v", err)
	}
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != 7 || !strings.Contains(err.Error(), `sh -c '`) {
		t.Errorf("error without argv: %v", err)
	}
	kept, _ := os.ReadFile(log)
	if len(kept) != len("hello\nno\nfed\n") {
		t.Errorf("log holds %q", kept)
	}
}

func TestRunSucceeds(t *testing.T) {
	res, err := Run(t.Context(), sh(`pwd; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done`))
	if err != nil || res.ExitCode != 0 || res.CPU <= 0 || res.Wall <= 0 {
		t.Fatalf("%+v, %v", res, err)
	}
}

func TestMissingThingsAreFaultsOfTheRig(t *testing.T) {
	inFolder := sh("true")
	inFolder.Dir = "/no/such/folder"
	inLog := sh("true")
	inLog.Log = "/no/such/folder/log"
	for name, cmd := range map[string]Command{
		"no-such-program":         {Path: "no-such-program", Kind: fault.Kernel},
		"/no/such/file":           {Path: "/no/such/file", Kind: fault.Kernel},
		"working folder":          inFolder,
		"/no/such/folder/log":     inLog,
		"exec format error":       {Path: notAProgram(t)},
		"no space left on device": {Path: "sh", Args: []string{"-c", "echo x"}, Log: "/dev/full"},
	} {
		_, err := Run(t.Context(), cmd)
		if fault.KindOf(err) != fault.Rig || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v (%v)", name, err, fault.KindOf(err))
		}
	}
}

func notAProgram(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("\x7fELF nonsense"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTailIsBoundedAndLast(t *testing.T) {
	cmd := sh(`i=0; while [ $i -lt 30000 ]; do echo line $i; i=$((i+1)); done; exit 1`)
	res, err := Run(t.Context(), cmd)
	if len(res.Tail) > tailBytes || !strings.HasSuffix(res.Tail, "line 29999") {
		t.Errorf("tail of %d bytes", len(res.Tail))
	}
	var f *fault.Error
	if !errors.As(err, &f) || strings.Count(f.Tail, "\n") != errTail-1 || !strings.HasPrefix(f.Tail, "line 29980") {
		t.Errorf("error's tail %q", f.Tail)
	}
}

func TestLastLines(t *testing.T) {
	for _, c := range []struct {
		n    int
		want string
	}{{0, "a\nb\nc"}, {1, "c"}, {2, "b\nc"}, {3, "a\nb\nc"}, {9, "a\nb\nc"}} {
		if got := LastLines("a\nb\nc\n", c.n); got != c.want {
			t.Errorf("%d: %q", c.n, got)
		}
	}
}

func TestQuote(t *testing.T) {
	argv := []string{"a", "", "b c", "it's", "$x", "k=v,w"}
	res, err := Run(t.Context(), sh(`for w in `+Quote(argv)+`; do echo "$w"; done`))
	if err != nil || string(res.Stdout) != strings.Join(argv, "\n")+"\n" {
		t.Errorf("%q, %v", res.Stdout, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			res, err := Run(t.Context(), sh(fmt.Sprintf("echo %d; exit %d", i, i)))
			if string(res.Stdout) != fmt.Sprintln(i) || res.ExitCode != i || (err == nil) != (i == 0) {
				t.Errorf("%d: %+v, %v", i, res, err)
			}
		})
	}
	wg.Wait()
}

func TestAlreadyCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, sh("true")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestStdoutGoesToItsWriter(t *testing.T) {
	var out bytes.Buffer
	cmd := sh("echo out; echo err >&2")
	cmd.Stdout = &out
	res, err := Run(t.Context(), cmd)
	if err != nil || out.String() != "out\n" || len(res.Stdout) != 0 || res.Tail != "err" {
		t.Errorf("%v: %q, kept %q, tail %q", err, out.String(), res.Stdout, res.Tail)
	}
}

func TestAFailingStdoutDoesNotBlockTheCommand(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close()
	cmd := sh("head -c 1000000 /dev/zero; exit 3")
	cmd.Stdout = w
	if res, _ := Run(t.Context(), cmd); res.ExitCode != 3 {
		t.Errorf("exit code %d", res.ExitCode)
	}
}

func TestAnnounceTellsWhatStarts(t *testing.T) {
	var mu sync.Mutex
	var told []string
	ctx := OnStart(t.Context(), func(argv []string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, Quote(argv))
	})
	if _, err := Run(context.WithoutCancel(ctx), sh("exit 0")); err != nil {
		t.Fatal(err)
	}
	_, _ = Run(ctx, Command{Path: "no-such-program"})
	if len(told) != 1 || told[0] != "sh -c 'exit 0'" {
		t.Errorf("told %q", told)
	}
}

func TestLineIsToldWholeLines(t *testing.T) {
	var lines []string
	cmd := sh(`printf 'one\ntw'; sleep 0.05; echo three >&2; sleep 0.05; printf 'o\n\n'; head -c 70000 /dev/zero | tr '\0' x; printf 'rest'`)
	cmd.Line = func(line string) { lines = append(lines, line) }
	if _, err := Run(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(lines, "|")
	for _, want := range []string{"one", "two", "three"} {
		if !strings.Contains("|"+text, "|"+want+"|") {
			t.Errorf("%q is missing in %.80q", want, text)
		}
	}
}

// A build's Makefile and a compiler's messages are whoever's: they do not fill the disk.
func TestALogIsBounded(t *testing.T) {
	cmd := sh(`echo first; head -c 40000000 /dev/zero | tr '\0' x; echo; echo last`)
	cmd.Log = filepath.Join(t.TempDir(), "log")
	if _, err := Run(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(cmd.Log)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > disk.MaxLog || !strings.HasPrefix(string(text), "first\n") || !strings.HasSuffix(string(text), "x\nlast\n") {
		t.Errorf("%d bytes", len(text))
	}
}
