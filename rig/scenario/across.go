// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/wire"
	"kcovrig/rig/yamlfile"
)

// across checks what members that do not stand beside each other ask of one another, and
// tells it at the one that the author would change.
type across struct {
	r   *yamlfile.Reader
	top *yaml.Node
	f   *file
}

func (a across) check() {
	if a.f.Workload.Builtin != "" {
		a.builtin()
	} else {
		a.program()
	}
	a.signsTwice()
	a.hangs()
	a.fixTwice()
	a.scopeTwice()
	if err := a.f.words().Validate(); err != nil {
		a.r.Fail(a.value("words"), "%v", err)
	}
	if p, err := a.f.program(); p != nil && err != nil && !a.r.Failed() {
		a.r.Fail(a.value("workload"), "workload: %v", err)
	}
}

// builtin wants what the rig must know of a workload of the guest's own.
func (a across) builtin() {
	if a.f.Order.Function == "" {
		a.r.Fail(a.key("workload", "builtin"), "workload.builtin: it needs order too: the two writes that a workload of the guest's own watches")
	}
	for i, s := range a.f.Detect {
		if s.Kind != wire.KindTold {
			a.r.Fail(a.entry(i, "detect"), "detect: a workload of the guest's own tells its hits: told is the only way in which they show")
		}
	}
	if a.f.After == reboot {
		a.r.Fail(a.value("after"), "after: no hit of a workload of the guest's own ends the boot")
	}
}

// program refuses what does not go with a program of the scenario's own.
func (a across) program() {
	w := a.f.Workload
	if a.f.Order.Function != "" {
		a.r.Fail(a.key("order"), "order: it does not go with a program: where the memory emulator works follows from the patch")
	}
	ends := slices.ContainsFunc(a.f.Detect, a.f.ends)
	if w.Boot > 0 && !ends {
		a.r.Fail(a.key("workload", "boot"), "workload.boot: it bounds boots that a hit ends, and none does; %s", didYouMean("after: reboot"))
	}
	if ends && len(w.Modes) > 1 {
		a.r.Fail(a.entry(1, "workload", "modes"), "workload.modes: more than one, where a hit ends the boot")
	}
}

// signsTwice refuses a way to show that stands there already.
func (a across) signsTwice() {
	for i, s := range a.f.Detect {
		first := slices.IndexFunc(a.f.Detect, func(other sign) bool { return other.same() == s.same() })
		if first < i {
			a.r.Fail(a.entry(i, "detect"), "detect: the same as entry %d", first+1)
		}
	}
}

// hangs have one time, and a program that talks.
func (a across) hangs() {
	first := -1
	for i, s := range a.f.Detect {
		switch {
		case s.Kind != wire.KindHang:
		case a.f.Workload.Window.Kind == wire.WindowTimed:
			a.r.Fail(a.entry(i, "detect"), "detect: a program with timed windows says nothing, so that it cannot be found to hang")
		case first < 0:
			first = i
		case s.Lasts != a.f.Detect[first].Lasts:
			a.r.Fail(a.entry(i, "detect"), "detect: a hang of %v, and entry %d is one of %v: want one time for all", s.Lasts, first+1, a.f.Detect[first].Lasts)
		}
	}
}

// fixTwice refuses what the first entry that fits would always be taken before.
func (a across) fixTwice() {
	same := func(x, y series) bool {
		return slices.Equal(x.files(), y.files()) && x.Reverse == y.Reverse && x.Kernels.String() == y.Kernels.String()
	}
	for i, s := range a.f.Fix {
		if first := slices.IndexFunc(a.f.Fix, func(other series) bool { return same(other, s) }); first < i {
			a.r.Fail(a.entry(i, "fix"), "fix: the same as entry %d", first+1)
		}
	}
}

// scopeTwice refuses a function that is in scope always, and only when it is called.
func (a across) scopeTwice() {
	for i, name := range a.f.Scope.Callees {
		if slices.Contains(a.f.Scope.Kernel, name) {
			a.r.Fail(a.entry(i, "scope", "callees"), "scope.callees: %s is in scope.kernel, so always in scope", name)
		}
	}
}

// member finds a member of the file by its way from the top: the key, and the value. Of
// one that is not there, those of the nearest above it.
func (a across) member(way ...string) (key, value *yaml.Node) {
	key, value = a.top, a.top
	for _, name := range way {
		found := false
		for i := 0; value.Kind == yaml.MappingNode && i+1 < len(value.Content) && !found; i += 2 {
			if found = value.Content[i].Value == name; found {
				key, value = value.Content[i], yamlfile.Follow(value.Content[i+1])
			}
		}
		if !found {
			break
		}
	}
	return key, value
}

// key is where a member's name stands, value where its value does.
func (a across) key(way ...string) yamlfile.Place {
	key, _ := a.member(way...)
	return yamlfile.PlaceOf(key)
}

func (a across) value(way ...string) yamlfile.Place {
	_, value := a.member(way...)
	return yamlfile.PlaceOf(value)
}

// entry is where an entry of a list stands.
func (a across) entry(i int, way ...string) yamlfile.Place {
	_, list := a.member(way...)
	if list.Kind != yaml.SequenceNode || i >= len(list.Content) {
		return yamlfile.PlaceOf(list)
	}
	return yamlfile.PlaceOf(list.Content[i])
}
