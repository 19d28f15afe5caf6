// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/disk"
)

// Needs are the labels that a worker must have to be given a task. A zero
// field asks for nothing.
type Needs struct {
	Host      string   `json:"host,omitempty"`       // the machine's architecture, as kcovrig names them: arm64, x86_64
	KVM       bool     `json:"kvm,omitempty"`        // a KVM that really boots guests
	QEMU      string   `json:"qemu,omitempty"`       // at least this version, as "11.0"
	Cores     int      `json:"cores,omitempty"`      // at least
	MemoryMiB int      `json:"memory_mib,omitempty"` // at least
	Protocol  string   `json:"protocol,omitempty"`   // how the callers' tasks and results are to be read: exactly this
	Scenario  string   `json:"scenario,omitempty"`   // the bug, as the callers tell it from others: exactly this, of workers that choose
	NotOn     []string `json:"not_on,omitempty"`     // workers' names
}

// Labels are what a worker offers to each task that it runs.
type Labels struct {
	Host      string   `json:"host"`
	KVM       bool     `json:"kvm"`
	QEMU      string   `json:"qemu"` // empty: none
	Cores     int      `json:"cores"`
	MemoryMiB int      `json:"memory_mib"`
	Protocol  string   `json:"protocol"`
	Scenarios []string `json:"scenarios,omitempty"` // that it runs alone; none: any
}

// Met says whether a worker of that name with these labels may run a task
// with needs n.
func (n Needs) Met(worker string, l Labels) bool {
	return (n.Host == "" || n.Host == l.Host) && (!n.KVM || l.KVM) &&
		(n.Protocol == "" || n.Protocol == l.Protocol) && (n.QEMU == "" || l.QEMU != "" && !olderThan(l.QEMU, n.QEMU)) &&
		(len(l.Scenarios) == 0 || slices.Contains(l.Scenarios, n.Scenario)) &&
		l.Cores >= n.Cores && l.MemoryMiB >= n.MemoryMiB && !slices.Contains(n.NotOn, worker)
}

// olderThan compares dotted versions by their numbers; what follows a number
// ("-rc1", "+dfsg") is left out, and a part that is missing counts as 0.
func olderThan(a, b string) bool {
	return slices.Compare(numbers(a), numbers(b)) < 0
}

func numbers(version string) []int {
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		digits := strings.IndexFunc(part+"x", func(r rune) bool { return r < '0' || r > '9' })
		n, err := strconv.Atoi(part[:digits])
		if err != nil {
			break
		}
		all = append(all, n)
		if digits < len(part) {
			break
		}
	}
	for len(all) > 0 && all[len(all)-1] == 0 { // 11.0 is 11
		all = all[:len(all)-1]
	}
	return all
}

// String names the needs for a person.
func (n Needs) String() string {
	var words []string
	add := func(set bool, format string, value any) {
		if set {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	add(n.Host != "", "host %s", n.Host)
	if n.KVM {
		words = append(words, "KVM")
	}
	add(n.QEMU != "", "QEMU >= %s", n.QEMU)
	add(n.Cores != 0, "cores >= %d", n.Cores)
	add(n.MemoryMiB != 0, "memory >= %d MiB", n.MemoryMiB)
	add(n.Protocol != "", "a kcovrig with protocol %s", n.Protocol)
	add(n.Scenario != "", "scenario %.16s", n.Scenario) // a name, or the beginning of a hash
	add(len(n.NotOn) > 0, "not on %s", strings.Join(n.NotOn, ", "))
	if len(words) == 0 {
		return "nothing in particular"
	}
	return strings.Join(words, ", ")
}

// demands counts what is asked for; workers look for demanding tasks first, so
// that a rare machine is not busy with what any could do.
func (n Needs) demands() int {
	count := 0
	for _, set := range []bool{n.Host != "", n.KVM, n.QEMU != "", n.Cores > 0, n.MemoryMiB > 0} {
		if set {
			count++
		}
	}
	return count
}

// class names tasks of equal needs: they share a subject and a consumer.
func (n Needs) class() string {
	n.NotOn = slices.Sorted(slices.Values(n.NotOn))
	data, _ := json.Marshal(n) // plain fields: it cannot fail
	return disk.Sum(data)[:16]
}
