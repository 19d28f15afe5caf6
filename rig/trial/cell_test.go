// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func asked(change func(*Result)) string {
	r := Result{Command: "compare", Spec: Spec{
		Scenario: "ring", Arch: "arm64", Readers: []Reader{Acquire}, Modes: []string{"pc", "cmp"}, MemoryModel: ModelArm, Accel: AccelAuto, Seed: 7, Jobs: 2,
	}}
	change(&r)
	return CellName(r)
}

func TestCellNames(t *testing.T) {
	const plain = "compare,ring,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire"
	same := map[string]func(*Result){
		"nothing": func(*Result) {},
		"seed":    func(r *Result) { r.Spec.Seed = 1 << 60 },
		"jobs":    func(r *Result) { r.Spec.Jobs = 8 },
		"order":   func(r *Result) { r.Spec.Modes = []string{"cmp", "pc"} },
		"what it was made with": func(r *Result) {
			r.Kernel, r.QEMU, r.Host = Kernel{Version: "6.1", TreeHash: "x"}, QEMU{Version: "12", Argv: []string{"q"}}, Host{CPU: "c"}
		},
		"what it said": func(r *Result) { r.Judgement.Verdict, r.Failure = Fixed, &Failure{} },
	}
	for name, change := range same {
		assert.Equal(t, plain, asked(change), name)
	}
	for want, change := range map[string]func(*Result){
		"compare,ring,x86_64,memoryModel=arm,modes=cmp+pc,readers=acquire":                             func(r *Result) { r.Spec.Arch = "x86_64" },
		"compare,ring,arm64,memoryModel=arm,modes=pc,readers=acquire+relaxed":                          func(r *Result) { r.Spec.Modes, r.Spec.Readers = []string{"pc"}, []Reader{Relaxed, Acquire} },
		"run-unpatched,ring,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire":                        func(r *Result) { r.Command, r.Observations = "run", []Observation{{Variant: Unpatched}} },
		"run-patched,ring,x86_64,memoryModel=arm,modes=cmp+pc,readers=acquire":                         func(r *Result) { r.Command, r.Spec.Variant, r.Spec.Arch = "run", "patched", "x86_64" },
		"run-as-is,ring,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire":                            func(r *Result) { r.Command, r.Spec.Variant = "run", AsIs },
		"run-patched,ring,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire":                          func(r *Result) { r.Command, r.Observations = "run", []Observation{{Variant: Patched}} },
		"compare,ring,arm64,memoryModel=arm,modes=cmp+pc,patch=/a%2Cb%25%20c%0A.patch,readers=acquire": func(r *Result) { r.Spec.Patch = Patches{"/a,b% c\n.patch"} },
		"compare,ring,arm64,memoryModel=arm,modes=cmp+pc,patch=/b.patch+/a.patch,readers=acquire":      func(r *Result) { r.Spec.Patch = Patches{"/b.patch", "/a.patch"} },
		"compare,ring,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire,rev=v6.12,tree=/linux":        func(r *Result) { r.Spec.Tree, r.Spec.Rev = "/linux", "v6.12" },
		"compare,ring,arm64,accel=kvm,duration=10s,memoryModel=native,modes=cmp+pc,readers=acquire": func(r *Result) {
			r.Spec.Accel, r.Spec.MemoryModel, r.Spec.Duration = AccelKVM, ModelNative, 10*time.Second
		},
		"compare,ring,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire,scopeOnly=true,scopes=guest:x%2Cy": func(r *Result) { r.Spec.Scopes, r.Spec.ScopeOnly = []string{"guest:x,y"}, true },
		"compare,ring,arm64,cleanShare=0.05,memoryModel=arm,modes=cmp+pc,qemu=/q,readers=acquire":           func(r *Result) { r.Spec.CleanShare, r.Spec.QEMU = 0.05, "/q" },
	} {
		assert.Equal(t, want, asked(change))
	}
}

// Every member of Spec changes the name, but for those that say so: a member
// that is added cannot be forgotten.
func TestEveryMemberOfASpecNamesACell(t *testing.T) {
	for i := range reflect.TypeFor[Spec]().NumField() {
		name := reflect.TypeFor[Spec]().Field(i).Name
		changed := asked(func(r *Result) {
			switch f := reflect.ValueOf(&r.Spec).Elem().Field(i); f.Kind() {
			case reflect.String:
				f.SetString("another")
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Float64:
				f.SetFloat(0.125)
			case reflect.Slice:
				f.Set(reflect.Append(f, reflect.Zero(f.Type().Elem())))
				f.Index(f.Len() - 1).SetString("another")
			case reflect.Uint64:
				f.SetUint(99)
			default:
				f.SetInt(99)
			}
		})
		if name == "Seed" || name == "Jobs" {
			assert.Equal(t, asked(func(*Result) {}), changed, name)
			continue
		}
		assert.NotEqual(t, asked(func(*Result) {}), changed, name)
	}
}

func TestScenariosOfOneNameAreDifferentCells(t *testing.T) {
	mine := Result{Command: "compare", Spec: Spec{Scenario: "ring", ScenarioHash: strings.Repeat("a", 64), Arch: "arm64"}}
	other := mine
	other.Spec.ScenarioHash = strings.Repeat("b", 64)
	assert.Equal(t, "compare,ring,arm64,scenarioHash="+strings.Repeat("a", 16), CellName(mine))
	assert.NotEqual(t, CellName(mine), CellName(other))
	shipped := mine
	shipped.Spec.ScenarioHash, shipped.ScenarioHash = "", strings.Repeat("c", 64)
	assert.Equal(t, "compare,ring,arm64", CellName(shipped), "one that comes with the rig keeps its name")
}
