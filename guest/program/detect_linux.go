// SPDX-License-Identifier: Apache-2.0

package program

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// detects says whether a kind is detected at all.
func detects(list []wire.Detect, kind wire.Kind) bool {
	return slices.ContainsFunc(list, func(d wire.Detect) bool { return d.Kind == kind })
}

// toldAlone says whether a try is a hit only where the program says so.
func toldAlone(list []wire.Detect) bool {
	return !slices.ContainsFunc(list, func(d wire.Detect) bool { return d.Kind != wire.KindTold })
}

// reboots says whether one of those of list that a hit is ends the stress.
func reboots(list []wire.Detect, is func(wire.Detect) bool) bool {
	return slices.ContainsFunc(list, func(d wire.Detect) bool { return d.Reboot && is(d) })
}

// hangLimit is the silence that is detected, which all of its detections share.
func hangLimit(list []wire.Detect) (limit time.Duration, detected bool) {
	for _, d := range list {
		if d.Kind == wire.KindHang {
			return time.Duration(d.NS), true
		}
	}
	return 0, false
}

// isHangAt knows the detections of a hang in one of these functions, or anywhere.
func isHangAt(places []string) func(wire.Detect) bool {
	return func(d wire.Detect) bool {
		return d.Kind == wire.KindHang && (d.Function == "" || slices.ContainsFunc(places, func(p string) bool { return isOf(p, d.Function) }))
	}
}

// isDeath says whether d is this death.
func isDeath(d wire.Detect, status syscall.WaitStatus) bool {
	switch {
	case d.Kind != wire.KindExit:
		return false
	case d.Exit == "":
		return true
	case status.Signaled():
		return d.Exit == "signal" || d.Exit == unix.SignalName(status.Signal())
	}
	return d.Exit == strconv.Itoa(status.ExitStatus())
}

// death says how a program ended, in words and by name.
func death(status syscall.WaitStatus) (words string, fields map[string]string) {
	if status.Signaled() {
		name := unix.SignalName(status.Signal())
		if name == "" {
			name = "signal " + strconv.Itoa(int(status.Signal()))
		}
		return "it died of " + name, map[string]string{"signal": name}
	}
	code := strconv.Itoa(status.ExitStatus())
	return "it exited with status " + code, map[string]string{"status": code}
}

// then names reports that followed a hit, which are its consequences.
func then(after []report) string {
	var words []string
	for _, r := range after {
		name, _, _ := strings.Cut(r.symbol, "+")
		words = append(words, strings.Trim(string(r.kind)+" "+name, " "))
	}
	return wire.Clean(strings.Join(words, ", "), wire.MaxFieldValue)
}
