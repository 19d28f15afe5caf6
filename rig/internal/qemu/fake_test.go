// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"kcovrig/rig/disk"
)

// The test binary is re-executed as a QEMU of few words (fakeMode says how it
// ends), or as a rig that starts one and waits to be killed (fakeRig).
const (
	fakeMode = "QEMU_TEST_FAKE"
	fakeRig  = "QEMU_TEST_RIG" // the boot's folder
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(fakeRig); dir != "" {
		os.Unsetenv(fakeRig)
		runRig(dir)
		return
	}
	if mode := os.Getenv(fakeMode); mode != "" {
		fakeQEMU(mode)
		return
	}
	os.Exit(m.Run())
}

func option(after string) string {
	for _, word := range os.Args {
		if strings.HasPrefix(word, after) {
			_, path, _ := strings.Cut(word, "path=")
			return path
		}
	}
	panic("no option " + after)
}

func fakeQEMU(mode string) {
	if mode == "early" {
		fmt.Fprintln(os.Stderr, "qemu: no such machine")
		os.Exit(1)
	}
	wire, err := net.Dial("unix", option("socket,id=wire"))
	if err != nil {
		panic(err)
	}
	console, err := net.Dial("unix", option("socket,id=console"))
	if err != nil {
		panic(err)
	}
	ln, err := net.Listen("unix", option("socket,id=qmp"))
	if err != nil {
		panic(err)
	}
	c, err := ln.Accept()
	if err != nil {
		panic(err)
	}
	if mode == "mute" {
		time.Sleep(time.Hour)
	}
	fmt.Fprintln(c, `{"QMP":{"version":{"qemu":{"major":11,"minor":1,"micro":3},"package":""},"capabilities":[]}}`)
	commands := json.NewDecoder(c)
	for {
		var cmd struct{ Execute string }
		if err := commands.Decode(&cmd); err != nil {
			time.Sleep(time.Hour)
		}
		if cmd.Execute == "cont" && mode == "stuck" {
			continue
		}
		if cmd.Execute == "cont" && mode == "babble" {
			babble(c)
		}
		// More events than any buffer holds: an undrained one would block the reply.
		for range 1000 {
			fmt.Fprintln(c, `{"event":"RESUME","timestamp":{"seconds":1,"microseconds":1}}`)
		}
		fmt.Fprintln(c, `{"return":{}}`)
		time.Sleep(50 * time.Millisecond) // go-qemu's reply aliases its read buffer
		switch cmd.Execute {
		case "quit":
			os.Exit(0)
		case "cont":
			fakeGuest(mode, c, wire, console)
		}
	}
}

// babble begins a message that has no end, as far as it is read.
func babble(c net.Conn) {
	_, err := io.WriteString(c, `{"event":"`)
	for sent := 0; err == nil && sent < 256<<20; sent += 1 << 16 {
		_, err = io.WriteString(c, strings.Repeat("x", 1<<16))
	}
	if err == nil {
		fmt.Fprintln(os.Stderr, "all of it was read")
	}
	os.Exit(3)
}

func fakeGuest(mode string, qmp, wire, printed net.Conn) {
	console := func(text string) { _, _ = io.WriteString(printed, text) }
	shutdown := func(reason string) {
		fmt.Fprintf(qmp, `{"event":"SHUTDOWN","data":{"guest":true,"reason":%q},"timestamp":{"seconds":1,"microseconds":1}}`+"\n", reason)
		os.Exit(0)
	}
	console("Booting\n")
	fmt.Fprintln(wire, `{"hello":{}}`)
	switch mode {
	case "poweroff":
		shutdown("guest-shutdown")
	case "panic":
		console("Internal error: Oops: 96000004\nKernel panic - not syncing: Oops\n")
		shutdown("guest-reset")
	case "flood":
		for range 3 * disk.MaxLog / 1024 {
			console(strings.Repeat("x", 1023) + "\n")
		}
		console("Kernel panic - not syncing: of so much to say\n")
		shutdown("guest-reset")
	case "panic-hang":
		console("Kernel panic - not syncing: hung\n")
	case "crash":
		fmt.Fprintln(os.Stderr, "qemu: fatal: what was that")
		os.Exit(134)
	case "full":
		fmt.Fprintln(os.Stderr, "kcovrig: map trace x: No space left on device")
		os.Exit(1)
	case "killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	case "cut":
		wire.Close()
	}
}

func fake(t *testing.T, mode string) Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := config(t, "arm64")
	c.Binary, c.Dir, c.Sockets = []string{"env", fakeMode + "=" + mode, self}, t.TempDir(), ""
	c.Kernel = c.Dir + "/Image"
	image := make([]byte, 4096)
	copy(image[c.Arch.ImageMagicAt:], c.Arch.ImageMagic)
	if err := os.WriteFile(c.Kernel, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// runRig boots what fake wrote to dir and waits.
func runRig(dir string) {
	text, err := os.ReadFile(dir + "/config.json")
	if err != nil {
		panic(err)
	}
	var c Config
	if err := json.Unmarshal(text, &c); err != nil {
		panic(err)
	}
	vm, err := Start(context.Background(), c)
	if err != nil {
		panic(err)
	}
	if err := vm.Cont(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(vm.PID())
	time.Sleep(time.Hour)
}
