// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func program() Program {
	return Program{
		Args: []string{"-x"}, Env: []string{"A=b"}, Window: WindowTold,
		Detect: []Detect{{Kind: KindTold}, {Kind: KindOops, Function: "tls_getsockopt"}, {Kind: KindExit, Exit: "SIGSEGV"}, {Kind: KindHang, NS: 1e9, Function: "pipe_read"}},
	}
}

func TestAProgramIsRefusedForEachThingThatIsWrong(t *testing.T) {
	require.NoError(t, program().Check())
	for want, spoil := range map[string]func(*Program){
		"65 arguments":            func(p *Program) { p.Args = make([]string, MaxArgs+1) },
		"none of them zero":       func(p *Program) { p.Args = []string{"a\x00b"} },
		"5000 bytes":              func(p *Program) { p.Env = []string{"A=" + strings.Repeat("x", 4998)} },
		"not NAME=VALUE":          func(p *Program) { p.Env = []string{"=b"} },
		"unknown kind of window":  func(p *Program) { p.Window = "" },
		"have no length":          func(p *Program) { p.EveryNS = 5 },
		"between 1 ms and 60 s":   func(p *Program) { p.Window = WindowTimed },
		"0 detections":            func(p *Program) { p.Detect = nil },
		"unknown kind of detecti": func(p *Program) { p.Detect[0].Kind = "luck" },
		`kind of detection ""`:    func(p *Program) { p.Detect[0].Kind = "" },
		`function "f"`:            func(p *Program) { p.Detect[0].Function = "f" },
		`function "a b"`:          func(p *Program) { p.Detect[1].Function = "a b" },
		"told by a time":          func(p *Program) { p.Detect[3].NS = 0 },
		"between 100 ms":          func(p *Program) { p.Detect[3].NS = 1 },
		"cannot be found to hang": func(p *Program) { p.Window, p.EveryNS = WindowTimed, 1e7 },
		"hangs of 1s and of 2s": func(p *Program) {
			p.Detect = append(p.Detect, Detect{Kind: KindHang, NS: 2e9})
		},
		"a panic ends the boot":   func(p *Program) { p.Detect[0].Kind = KindPanic },
		`exit "0"`:                func(p *Program) { p.Detect[2].Exit = "0" },
		`exit "SIG-"`:             func(p *Program) { p.Detect[2].Exit = "SIG-" },
		"a boot of 0 windows":     func(p *Program) { p.Detect[1].Reboot = true },
		"a boot of 7 windows":     func(p *Program) { p.Windows = 7 },
		"a boot of 1048577 windo": func(p *Program) { p.Detect[0].Reboot, p.Windows = true, MaxWindows+1 },
	} {
		p := program()
		spoil(&p)
		assert.ErrorContains(t, p.Check(), want)
	}
}

func TestADetectionsWordsAreBoundedAndPrintable(t *testing.T) {
	modes := []string{""}
	good := Detection{Kind: KindOops, Text: "Oops in f — so", Fields: map[string]string{"pc": "f+0x1c/0x2bc"}}
	require.NoError(t, good.Check(modes))
	require.NoError(t, Detection{}.Check(modes))
	long := map[string]string{}
	for i := range MaxFields + 1 {
		long[strings.Repeat("a", i+1)] = ""
	}
	for name, d := range map[string]Detection{
		"another mode":    {Mode: "pc"},
		"unknown kind":    {Kind: "luck"},
		"a long text":     {Text: strings.Repeat("x", MaxText+1)},
		"an escape":       {Text: "\x1b[2J"},
		"a new line":      {Text: "a\nb"},
		"not UTF-8":       {Text: "\xff"},
		"many fields":     {Fields: long},
		"a field's name":  {Fields: map[string]string{"a b": ""}},
		"a field's value": {Fields: map[string]string{"a": "\x07"}},
		"a long value":    {Fields: map[string]string{"a": strings.Repeat("x", MaxFieldValue+1)}},
	} {
		assert.ErrorIs(t, d.Check(modes), ErrMalformed, name)
	}
}

func TestTheWordsOfAHitBecomeFields(t *testing.T) {
	text, fields := Told(" lost note=3 \x1b[2J a\x00=1 len=0 =x ")
	assert.Equal(t, "lost note=3 ?[2J a?=1 len=0 =x", text)
	assert.Equal(t, map[string]string{"note": "3", "len": "0"}, fields)
}

func FuzzWhateverAProgramTellsMayBeSent(f *testing.F) {
	f.Add("lost note=3")
	f.Add(strings.Repeat("a=\xff ", 40))
	f.Add(strings.Repeat("\u00ff", 600))
	f.Fuzz(func(t *testing.T, words string) {
		text, fields := Told(words)
		require.NoError(t, Detection{Kind: KindTold, Text: text, Fields: fields}.Check([]string{""}))
	})
}
