// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNeedsAreMetByLabels(t *testing.T) {
	l := Labels{Protocol: "p1", Host: "arm64", KVM: true, QEMU: "11.0.3", Cores: 4, MemoryMiB: 8192}
	for _, n := range []Needs{
		{}, {Host: "arm64"}, {KVM: true}, {QEMU: "11.0"}, {QEMU: "11"}, {QEMU: "9.2.1"}, {QEMU: "11.0.3"}, {Cores: 4}, {MemoryMiB: 8192}, {NotOn: []string{"w2"}},
		{Host: "arm64", KVM: true, QEMU: "10.2", Cores: 2, MemoryMiB: 2048, NotOn: []string{"w2", "w3"}},
		{Protocol: "p1"},
	} {
		require.True(t, n.Met("w1", l), "%+v", n)
	}
	for _, n := range []Needs{{Host: "x86_64"}, {Protocol: "p2"}, {QEMU: "11.0.10"}, {QEMU: "11.1"}, {Cores: 5}, {MemoryMiB: 8193}, {NotOn: []string{"w2", "w1"}}} {
		require.False(t, n.Met("w1", l), "%+v", n)
	}
	require.False(t, Needs{KVM: true}.Met("w1", Labels{}))
	require.False(t, Needs{QEMU: "1"}.Met("w1", Labels{}))
}

func TestAWorkerThatChoosesScenariosIsGivenNoOther(t *testing.T) {
	l := Labels{Scenarios: []string{"own", "0123456789abcdef0123"}}
	require.True(t, Needs{Scenario: "own"}.Met("w1", l))
	for _, n := range []Needs{{}, {Scenario: "ring"}, {Scenario: "0123456789abcdef"}} {
		require.False(t, n.Met("w1", l), "%+v", n)
	}
	require.True(t, Needs{Scenario: "ring"}.Met("w1", Labels{}), "any")
	require.Equal(t, "scenario 0123456789abcdef", Needs{Scenario: "0123456789abcdef0123"}.String())
}

func TestVersionsCompareByTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		older bool
	}{
		{"9.2", "10.0", true}, {"10.0", "9.2", false}, {"11.0", "11", false}, {"11", "11.0.0", false}, {"11.0.0", "11.0.1", true},
		{"10.0.2+dfsg", "10.0.2", false}, {"10.0-rc1", "10.1", true}, {"", "1", true},
	} {
		require.Equal(t, c.older, olderThan(c.a, c.b), "%s, %s", c.a, c.b)
	}
}

func TestAClassIsItsNeeds(t *testing.T) {
	require.Equal(t, Needs{NotOn: []string{"a", "b"}}.class(), Needs{NotOn: []string{"b", "a"}}.class())
	require.NotEqual(t, Needs{KVM: true}.class(), Needs{}.class())
	require.Equal(t, "host arm64, KVM, QEMU >= 11.0, cores >= 2, memory >= 1024 MiB, a kcovrig with protocol p1, not on w1, w2",
		Needs{Host: "arm64", KVM: true, QEMU: "11.0", Cores: 2, MemoryMiB: 1024, Protocol: "p1", NotOn: []string{"w1", "w2"}}.String())
}

func TestATokenIsItsTask(t *testing.T) {
	a := Task{ID: "a", Spec: []byte(`{"x":1}`), Artifacts: []Artifact{{Name: "n", SHA256: "0", Path: "/here"}}}
	b := a
	b.Artifacts = []Artifact{{Name: "n", SHA256: "0", Path: "/there"}}
	require.Equal(t, a.token(), b.token())
	for _, other := range []Task{{ID: "b", Spec: a.Spec, Artifacts: a.Artifacts}, {ID: "a", Spec: []byte(`{"x":2}`), Artifacts: a.Artifacts}, {ID: "a", Spec: a.Spec}} {
		require.NotEqual(t, a.token(), other.token())
	}
}

func TestWorkersOfAnotherProtocolAreTold(t *testing.T) {
	s := embedded(t)
	work(t, WorkerConfig{Server: s, Name: "w1", Labels: Labels{Protocol: "old", QEMU: "11.0"}}, echo)
	outcomes, _ := coordinate(t, CoordinatorConfig{Server: s, Patience: time.Second},
		Task{ID: "a", Needs: Needs{Protocol: "new"}}, Task{ID: "b", Needs: Needs{Protocol: "new", KVM: true}}, Task{ID: "c", Needs: Needs{Protocol: "old"}})
	require.Equal(t, Unrunnable, outcomes["a"].Status)
	require.Contains(t, outcomes["a"].Failure.Message, "it needs a kcovrig with protocol new, and 1 workers are there; some could but for their protocol: run the same version everywhere")
	require.Equal(t, Unrunnable, outcomes["b"].Status)
	require.NotContains(t, outcomes["b"].Failure.Message, "some could")
	require.Equal(t, Done, outcomes["c"].Status)
}
