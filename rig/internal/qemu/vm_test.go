// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

func start(t *testing.T, cfg Config) *VM {
	t.Helper()
	vm, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { vm.Close() })
	if err := vm.Cont(t.Context()); err != nil {
		t.Fatal(err)
	}
	return vm
}

func TestHowAMachineEnds(t *testing.T) {
	for mode, want := range map[string]struct {
		is   error
		kind fault.Kind
		tail string
	}{
		"poweroff": {ErrPowerOff, fault.Guest, "Booting"},
		"panic":    {ErrPanic, fault.Kernel, "Kernel panic"},
		"crash":    {ErrExit, fault.Rig, "what was that"},
		"cut":      {ErrCut, fault.Rig, "Booting"},
	} {
		t.Run(mode, func(t *testing.T) {
			vm := start(t, fake(t, mode))
			if _, err := io.ReadAll(vm.Wire()); err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Fatal(err)
			}
			err := vm.Why(t.Context(), io.EOF)
			var f *fault.Error
			if !errors.Is(err, want.is) || fault.KindOf(err) != want.kind || !errors.As(err, &f) {
				t.Fatalf("%v (%v)", err, fault.KindOf(err))
			}
			if f.Log == "" || !strings.Contains(f.Tail, want.tail) || !strings.Contains(err.Error(), "-nodefaults") {
				t.Errorf("log %q, tail %q, error %v", f.Log, f.Tail, err)
			}
			if f.Try == "" {
				t.Error("nothing to try")
			}
		})
	}
}

// A machine whose kernel panics while it is to be paused: the panic is what ended it.
func TestAMachineThatCannotBePausedSaysHowItEnded(t *testing.T) {
	for mode, want := range map[string]error{"panic": ErrPanic, "poweroff": ErrPowerOff} {
		vm := start(t, fake(t, mode))
		<-vm.Exited()
		if err := vm.Pause(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestADeadlineIsNoPanicAndAPanicNoTimeout(t *testing.T) {
	for mode, want := range map[string]error{"silent": ErrTimeout, "panic-hang": ErrPanic} {
		vm := start(t, fake(t, mode))
		if _, err := bufio.NewReader(vm.Wire()).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := vm.Wait(ctx)
		cancel()
		if !errors.Is(err, want) || fault.KindOf(err) != fault.Kernel {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestStartFails(t *testing.T) {
	cfg := fake(t, "early")
	_, err := Start(t.Context(), cfg)
	var f *fault.Error
	if !errors.Is(err, ErrExit) || fault.KindOf(err) != fault.Rig || !errors.As(err, &f) || f.Tail != "qemu: no such machine" {
		t.Errorf("early: %v", err)
	}
	cfg.Binary = []string{"no-such-qemu"}
	if _, err := Start(t.Context(), cfg); fault.KindOf(err) != fault.Rig || !strings.Contains(err.Error(), "no-such-qemu") {
		t.Errorf("missing: %v", err)
	}
	cfg = fake(t, "mute")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("mute: %v", err)
	}
}

func TestAQMPThatDoesNotAnswer(t *testing.T) {
	vm, err := Start(t.Context(), fake(t, "stuck"))
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := vm.Cont(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// One that was killed since it did not answer ended for that reason, and not because it was closed.
func TestAQEMUThatIsTooSlowSaysSo(t *testing.T) {
	was := qmpTime
	t.Cleanup(func() { qmpTime = was })
	vm, err := Start(t.Context(), fake(t, "stuck"))
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	qmpTime = 300 * time.Millisecond
	err = vm.Cont(t.Context())
	var f *fault.Error
	if !errors.Is(err, context.DeadlineExceeded) || fault.KindOf(err) != fault.Rig || !errors.As(err, &f) ||
		!strings.Contains(err.Error(), "QMP cont") || !strings.Contains(f.Try, "less busy") {
		t.Error(err)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	cfg := fake(t, "silent")
	vm := start(t, cfg)
	sockets, pid := vm.cfg.Sockets, vm.PID()
	for range 2 {
		if err := vm.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", sockets, err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("QEMU is left: %v", err)
	}
}

func TestCancelEndsTheMachine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	vm, err := Start(ctx, fake(t, "silent"))
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	cancel()
	<-vm.Exited()
	if err := vm.Wait(ctx); !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Unknown {
		t.Error(err)
	}
}

func TestQuit(t *testing.T) {
	vm := start(t, fake(t, "silent"))
	if err := vm.Quit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if res := vm.Result(); res.ExitCode != 0 {
		t.Errorf("exit code %d", res.ExitCode)
	}
}

func TestNoQEMUSurvivesTheRigsSIGKILL(t *testing.T) {
	cfg := fake(t, "silent")
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	rig, err := proc.Start(t.Context(), proc.Command{Path: cfg.Binary[2], Env: []string{fakeRig + "=" + cfg.Dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer rig.Close()
	eventually(t, "QEMU's start", func() bool { return rig.Tail(1) != "" })
	pid, err := strconv.Atoi(rig.Tail(1))
	if err != nil {
		t.Fatal(err)
	}
	if !running(pid) {
		t.Fatal("QEMU does not run before the kill")
	}
	if err := syscall.Kill(rig.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "QEMU's end", func() bool { return !running(pid) })
}

// running says whether pid is alive; a zombie is not.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, rest, _ := strings.Cut(string(stat), ") ")
	return err == nil && rest != "" && rest[0] != 'Z' && rest[0] != 'X'
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never came: " + what)
		}
	}
}

// A guest prints for as long as it runs: the console keeps how it began and what it said
// last, within bounds, and the machine is never stopped by it.
func TestAFloodedConsoleIsBounded(t *testing.T) {
	cfg := fake(t, "flood")
	vm := start(t, cfg)
	if _, err := io.ReadAll(vm.Wire()); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
	<-vm.Exited()
	if err := vm.Why(t.Context(), io.EOF); !errors.Is(err, ErrPanic) || !strings.Contains(err.Error(), "of so much to say") {
		t.Errorf("%.200v", err)
	}
	if err := vm.Close(); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(cfg.Console())
	if err != nil {
		t.Fatal(err)
	}
	switch words := string(text); {
	case len(text) > disk.MaxLog:
		t.Errorf("%d bytes of it are kept", len(text))
	case !strings.HasPrefix(words, "Booting\n") || !strings.HasSuffix(words, "of so much to say\n") || !strings.Contains(words, "\n[kcovrig cut "):
		t.Errorf("of %d bytes the first are %.20q, and the last %.60q", len(text), words, words[max(0, len(words)-60):])
	}
}

// What cannot be kept of the console is said, as of QEMU's own output, and stops no machine.
func TestAConsoleThatCannotBeKeptSaysSo(t *testing.T) {
	cfg := fake(t, "flood")
	if err := os.Symlink("/dev/full", cfg.Console()); err != nil {
		t.Fatal(err)
	}
	vm := start(t, cfg)
	<-vm.Exited()
	if err := vm.Close(); !errors.Is(err, syscall.ENOSPC) || fault.KindOf(err) != fault.Rig || !strings.Contains(err.Error(), "keep the console") {
		t.Error(err)
	}
}

// A QEMU that a guest has taken over does not fill kcovrig's memory by a message without an end.
func TestAMessageOfQMPIsBounded(t *testing.T) {
	vm, err := Start(t.Context(), fake(t, "babble"))
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	if err := vm.Cont(t.Context()); err == nil || fault.KindOf(err) != fault.Rig {
		t.Errorf("%v", err)
	}
	<-vm.Exited()
	if said := vm.Result().Tail; said != "" {
		t.Error(said)
	}
}
