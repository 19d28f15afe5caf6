// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

const (
	protoAt, opsAt, skProtAt = 0x44c010b0, 0x44c010b8, 0x44d20028
	proto, ops, prot         = 0xffff800081e01000, 0xffff800081e02000, 0xffff800081e03000
)

// of gives an event the instructions of Linux 6.12 for arm64, gcc 12.
func of(cpu int, ns int64, kind trial.WitnessKind, at string, address, value, version uint64) trial.WitnessEvent {
	e := trial.WitnessEvent{VCPU: cpu, AtNS: ns, Kind: kind, Address: address, Value: value, Version: version}
	for name, i := range map[string]trial.Instruction{
		"enter": {Symbol: "tls_ctx_create", Offset: 0x2c, Text: "cbz x0, 0xffff8000802f0a78", Source: "net/tls/tls_main.c:931", SourceText: "if (!ctx)"},
		"proto": {Symbol: "tls_ctx_create", Offset: 0x54, Text: "stp x0, x20, [x19, #176]", Source: "net/tls/tls_main.c:936", SourceText: "ctx->sk_proto = READ_ONCE(sk->sk_prot);"},
		"prot":  {Symbol: "tls_init", Offset: 0xa8, Text: "str x2, [x21, #40]", Source: "net/tls/tls_main.c:138", SourceText: "WRITE_ONCE(sk->sk_prot,"},
		"unl":   {Symbol: "tls_init", Offset: 0xc0, Text: "dmb ish", Source: "net/tls/tls_main.c:1020", SourceText: "write_unlock_bh(&sk->sk_callback_lock);"},
		"fault": {Symbol: "tls_getsockopt", Offset: 0x1c, Text: "ldr x5, [x5, #80]"},
		"flag":  {Symbol: "sock_common_getsockopt", Offset: 8, Text: "ldr x5, [x5, #40]"},
		"data":  {Symbol: "tls_getsockopt", Offset: 0x18, Text: "ldr x5, [x5, #176]"},
	} {
		if name == at {
			e.Symbol, e.Offset, e.Text, e.Source, e.SourceText = i.Symbol, i.Offset, i.Text, i.Source, i.SourceText
		}
	}
	return e
}

func instructionOf(at, kind string) trial.ScopeStop {
	e := of(0, 0, trial.Executed, at, 0, 0, 0)
	return trial.ScopeStop{Kind: kind, Instruction: trial.Instruction{Symbol: e.Symbol, Offset: e.Offset, Text: e.Text, Source: e.Source, SourceText: e.SourceText}}
}

// oopsed is a compare whose witnesses are of hits of a program's scenario.
func oopsed() result.Saved {
	r := reporttest.Sample()
	r.Words = wording.Words{Hit: "oops in tls_getsockopt", Hits: "oopses in tls_getsockopt", Window: "try", Windows: "tries"}
	d := wire.Detection{
		Mode: "program", Window: 29, Kind: wire.KindOops, Witness: 1,
		Text:   "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000050 in tls_getsockopt+0x1c/0x2bc",
		Fields: map[string]string{"pc": "tls_getsockopt+0x1c/0x2bc", "address": "0000000000000050"},
	}
	fault := of(1, 1900, trial.Fault, "fault", 0, 0, 0)
	held := []trial.WitnessEvent{
		of(0, 0, trial.Entered, "enter", 0, 0, 0),
		of(0, 300, trial.Delayed, "proto", protoAt, proto, 1), of(0, 310, trial.Delayed, "proto", opsAt, ops, 1),
		of(0, 700, trial.Executed, "prot", skProtAt, prot, 1),
	}
	landed := []trial.WitnessEvent{
		of(0, 1500, trial.Barrier, "unl", 0, 0, 0), of(0, 1510, trial.Drained, "proto", protoAt, proto, 1),
		of(0, 1520, trial.Drained, "proto", opsAt, ops, 1), of(0, 1600, trial.Left, "", 0, 0, 0),
	}
	loads := []trial.WitnessEvent{
		of(1, 1200, trial.Load, "flag", skProtAt, prot, 1), of(1, 1400, trial.Load, "data", protoAt, 0, 0),
	}
	witness := func(d wire.Detection, parts ...[]trial.WitnessEvent) trial.Witness {
		w := trial.Witness{Variant: trial.Unpatched, Reader: trial.InKernel, Detection: d}
		for _, p := range parts {
			w.Events = append(w.Events, p...)
		}
		return w
	}
	told := wire.Detection{Mode: "program", Window: 3, Boot: 2, Kind: wire.KindTold, Text: "no note after 300 looks"}
	heard := of(0, 90_000, trial.Mark, "", 0, 0, 0)
	heard.Text = "the guest is notified of the hit"
	end := []trial.WitnessEvent{of(1, 1900, trial.Implied, "data", 0, 0, 0), fault}
	r.Witnesses = []trial.Witness{
		witness(d, held, end), witness(d, held, landed, end), witness(d, held, loads, landed, []trial.WitnessEvent{fault}), witness(d, []trial.WitnessEvent{fault}),
		witness(told, held, []trial.WitnessEvent{of(2, 800, trial.Delayed, "prot", 0x50, 1, 1)}, landed, []trial.WitnessEvent{heard}),
	}
	scope := []trial.ScopeFunction{{Symbol: "tls_ctx_create", Role: "body"}, {Symbol: "tls_init", Role: "body"}}
	wmb := instructionOf("prot", "barrier")
	wmb.Text, wmb.SourceText, wmb.Offset = "dmb ishst", "smp_wmb();", 0xa4
	r.Code = []trial.Code{
		{Variant: trial.Unpatched, Container: "tls_ctx_create", Ordered: "unknown", Scope: scope, Stops: []trial.ScopeStop{instructionOf("unl", "barrier"), instructionOf("enter", "call")}},
		{Variant: trial.Patched, Container: "tls_ctx_create", Ordered: "unknown", Scope: scope, Stops: []trial.ScopeStop{instructionOf("unl", "barrier"), wmb}},
	}
	for i := range r.Observations {
		r.Observations[i].Reader = trial.InKernel
	}
	return result.Saved{Name: "run", Document: result.NewDocument(r)}
}

func TestExplainAHit(t *testing.T) {
	for name, o := range map[string]Options{
		"waiting": {Width: 100}, "landed": {Number: 2, Width: 100}, "followed": {Number: 3, Width: 100}, "nothing": {Number: 4},
		"told": {Number: 5, Width: 100}, "all": {Number: 2, Width: 100, All: true},
	} {
		text := explanation(t, oopsed(), o)
		goldentest.Check(t, "hit/"+name+".txt", text)
		assert.NotRegexp(t, `(?i)\bstale|\barms?\b|\bentry\b`, text, "the words of another scenario")
	}
}

func TestAHitInJSON(t *testing.T) {
	for n, want := range map[int]struct {
		reordered, shape string
		landed           any
	}{1: {"", "", nil}, 2: {"", "", 1510.}, 3: {"writer", "message passing, stores reordered", 1510.}} {
		var b bytes.Buffer
		require.NoError(t, explainJSON(&b, Explanation{oopsed(), Options{Number: n}}))
		var got struct {
			Summary, Shape string
			Window         map[string]any
		}
		require.NoError(t, json.Unmarshal(b.Bytes(), &got))
		assert.Equal(t, want.reordered, got.Window["reordered"], "%d", n)
		assert.Equal(t, want.shape, got.Shape, "%d", n)
		assert.Equal(t, want.landed, got.Window["landedNS"], "%d", n)
		assert.Equal(t, []any{300., 700., 1900.}, []any{got.Window["heldNS"], got.Window["visibleNS"], got.Window["lookedNS"]})
		assert.Contains(t, got.Summary, "vCPU 1 took the exception at tls_getsockopt+0x1c.")
	}
}

// Whose accesses were reordered is not said where the events do not show it.
func TestWhatDoesNotFollowIsNotSaid(t *testing.T) {
	d := oopsed().Document
	summary, _ := Told(d.Witnesses[0], d.Code[0], d.Words)
	assert.Contains(t, summary, "tls_getsockopt is not in the emulator's scope. With --scope kernel:tls_getsockopt")
	assert.Contains(t, summary, "does not follow from the events alone")
	d.Code[0].Scope = append(d.Code[0].Scope, trial.ScopeFunction{Symbol: "tls_getsockopt"})
	summary, _ = Told(d.Witnesses[0], d.Code[0], d.Words)
	assert.Contains(t, summary, "the emulator did not follow its loads")
	summary, _ = Told(d.Witnesses[3], d.Code[0], d.Words)
	assert.Contains(t, summary, "none passed another")
	assert.NotContains(t, summary, "does not follow")
	summary, old := Told(d.Witnesses[2], d.Code[0], d.Words)
	assert.NotContains(t, summary, "does not follow")
	assert.False(t, old(5), "it read what had landed: the store had not")
	summary, _ = Told(trial.Witness{Detection: wire.Detection{Kind: wire.KindOops}}, trial.Code{}, d.Words)
	assert.Contains(t, summary, "does not show when")
}

func TestTimelineOfAHit(t *testing.T) {
	d := oopsed().Document
	for n := range d.Witnesses {
		drawn(t, d, n+1)
	}
	line, text := drawn(t, d, 1)
	assert.Contains(t, text, "EXCEPTION")
	assert.Contains(t, text, "it PASSES the store to")
	assert.Equal(t, [2]string{"vCPU 0", "vCPU 1: takes the exception"}, line.Heads)
	assert.Equal(t, HeldOpen, line.Rows[len(line.Rows)-1].Left.Held, "it had not landed")
	assert.NotEmpty(t, line.Rows[len(line.Rows)-1].Right.Lines, "the other vCPU took the exception")
	landed, _ := drawn(t, d, 2)
	assert.Contains(t, held(landed), HeldBack)
	assert.Empty(t, held(landed)[len(landed.Rows)-1])
}
