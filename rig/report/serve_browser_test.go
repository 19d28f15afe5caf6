// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/history"
	"kcovrig/rig/history/web"
	"kcovrig/rig/matrix"
	"kcovrig/rig/report"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// hostileCell is a name as nobody would give it: markup, an escape sequence, a
// bidirectional override, a script written from right to left, and no end.
var hostileCell = `zz"><img src=x onerror=alert(1)>` + "\x1b[31m\u202egnitsoh \u05d0\u05d1\u05d2 " + strings.Repeat("nameswithoutanyplacetobreakthem", 9)

// fillHistory makes a month of a matrix: a cell that changes, one without an effect, one
// whose kernel fails now and then, and one with a hostile name. The results are a
// sample's, its counts redrawn.
func fillHistory(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h.db")
	db, err := history.Open(t.Context(), path)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	for night := range 30 {
		for cell, sample := range map[string]string{"nightly: 6.12 arm64 acquire": "fixed", "nightly: 6.12 x86_64 acquire": "no-effect", "nightly: 7.3-rc1 arm64 acquire, relaxed": "readers", hostileCell: "fixed"} {
			if cell == hostileCell && night > 12 && night < 29 {
				continue
			}
			saved, err := result.Load(filepath.Join("testdata", "runs", sample))
			require.NoError(t, err)
			doc := saved.Document
			doc.Spec.Seed = uint64(night + 1)
			for i := range doc.Measured {
				a := &doc.Measured[i]
				share := 0.55 + 0.05*rng.Float64()
				if night >= 25 && cell != hostileCell && sample == "fixed" {
					share, doc.Kernel.Compiler = 0.9, "aarch64-linux-gnu-gcc 13"
				}
				if a.HitBlocks > 0 {
					a.HitBlocks = uint64(share * float64(a.Blocks))
					a.HitWindows = 2 * a.HitBlocks
				}
			}
			if sample == "readers" && night%9 == 4 {
				doc.Verdict, doc.Error = trial.Inconclusive, &trial.Failure{Whose: "kernel", Message: "it panicked"}
				for i := range doc.Measured {
					doc.Measured[i].Outcome = trial.OutcomeKernelFault
				}
			}
			if sample == "readers" && night%11 == 10 {
				doc.Verdict = trial.NotFixed
			}
			at := time.Date(2026, 1, 1+night, 2, 30, 0, 0, time.UTC)
			doc.Spec.Tree = cell // a result of its own
			text, err := json.Marshal(doc)
			require.NoError(t, err)
			id, _, err := db.Record(t.Context(), history.Entry{Result: doc.Result(), Document: text, Cell: cell, At: at})
			require.NoError(t, err)
			require.NoError(t, db.RecordPast(t.Context(), expected(doc, cell, id, at)))
		}
	}
	require.NoError(t, db.Close())
	return path
}

// expected is what a matrix made of a run that was to come to what the sample comes to.
func expected(doc result.Document, cell, id string, at time.Time) matrix.Past {
	p := matrix.Past{Cell: cell, Night: at.Add(-3 * time.Hour), At: at, Run: id, Expect: matrix.Fixed, Status: matrix.Expected, CameTo: string(doc.Verdict), Reason: "as in line 7"}
	switch {
	case doc.Verdict == trial.NoEffect:
		p.Expect = matrix.NoEffect
	case doc.Error != nil:
		p.Status, p.CameTo, p.Reason = matrix.Failed, doc.Error.Whose+" fault", doc.Error.Message
	case doc.Verdict == trial.NotFixed:
		p.Status, p.Reason = matrix.Unexpected, "mode pc: the patched kernel showed 2 hits"
	}
	return p
}

// serve runs the server as kcovrig serve does, and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	urls, ended := make(chan string, 1), make(chan error, 1)
	path := ""
	if os.Getenv("KCOVRIG_E2E") == "1" { // else the browser's start skips the test
		path = fillHistory(t)
	} else {
		cancel()
		return "http://127.0.0.1:1/"
	}
	go func() { ended <- web.Serve(ctx, web.Config{History: path, Ready: func(url string) { urls <- url }}) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
	return <-urls
}

func TestHistoryInABrowser(t *testing.T) {
	root := serve(t)
	b := report.StartBrowser(t, root)
	b.Open(root)
	run := b.Eval("document.querySelector('table.grid td a').pathname")
	cell := b.Eval("document.querySelector('table.grid th a').href")
	for name, address := range map[string]string{"grid": root, "trend": cell, "run": root + strings.TrimPrefix(run, "/")} {
		b.Open(address)
		for _, width := range []int{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				b.Look(fmt.Sprintf("history-%s-%d-%s.png", name, width, scheme), width, scheme)
				assert.Empty(t, b.Eval(report.TooPale), "%s, %s", name, scheme)
				assert.Empty(t, b.Eval(paleCells), "%s, %s", name, scheme)
				if name == "grid" && width == 1280 {
					assert.Equal(t, "true", b.Eval("document.querySelector('table.grid').offsetWidth <= document.querySelector('#grid').clientWidth"), "30 nights fit")
				}
			}
		}
		if name == "grid" {
			b.Print("history-grid-print.png", 718) // A4 with margins
		}
		assert.Empty(t, b.Complaints(), name)
		assert.Equal(t, "0", b.Eval("document.scripts.length"))
	}
}

// A square that also says which way a rate moved can be read on paper, where squares are small.
func TestTheSignsOfASquareStandApart(t *testing.T) {
	root := serve(t)
	b := report.StartBrowser(t, root)
	b.Open(root)
	for _, media := range []string{"screen", "print"} {
		b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 718, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
		b.Call("Emulation.setEmulatedMedia", map[string]any{"media": media}, nil)
		assert.Equal(t, "5", b.Eval("document.querySelectorAll('table.grid td .moved').length"))
		assert.Empty(t, b.Eval(overlapping), media)
	}
}

// overlapping names the squares whose two signs lie on one another, or outside.
const overlapping = `[...document.querySelectorAll('table.grid td .moved')].map(m => {
  const a = m.previousElementSibling.getBoundingClientRect(), b = m.getBoundingClientRect(), s = m.parentElement.getBoundingClientRect();
  return a.left < s.left || b.right > s.right || a.right > b.left + b.width / 4 ? [a.left, a.right, b.left, b.right].map(x => x.toFixed(1)) + '' : '';
}).filter(Boolean).join('; ')`

// paleCells counts the grid's squares whose sign has less contrast to the square than 4.5.
const paleCells = `(() => {
  const lum = c => { const v = c.match(/[\d.]+/g).slice(0, 3).map(x => { x = c.startsWith('color(') ? +x : x / 255; return x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
  const bad = [];
  for (const e of document.querySelectorAll('table.grid td[class] a, table.grid td[class] .square')) {
    const b = getComputedStyle(e).backgroundColor;
    const x = lum(getComputedStyle(e).color), y = lum(b);
    if ((Math.max(x, y) + .05) / (Math.min(x, y) + .05) < 4.5) bad.push(e.innerText + b);
  }
  return bad.join('; ');
})()`

// clipped names the labels of plots that do not lie within the page.
const clipped = `[...document.querySelectorAll('svg.chart text')].filter(t => {
  const b = t.getBoundingClientRect(), s = t.closest('svg'), o = getComputedStyle(s).overflow == 'visible' ? document.documentElement.getBoundingClientRect() : s.getBoundingClientRect();
  return b.width && (b.left < o.left || b.right > o.right);
}).map(t => t.textContent).join('; ')`

func TestTheGridHasItsParts(t *testing.T) {
	root := serve(t)
	b := report.StartBrowser(t, root)
	b.Open(root)
	for expression, want := range map[string]string{
		"document.querySelector('.lead').innerText":                                                                             "4 of 4 cells as expected; 1 cell came to something else than the night before, 2026-01-28.",
		"document.querySelector('#changed + ul').innerText.includes('fixed, no run the night before')":                          "true",
		"document.querySelectorAll('table.grid tbody tr').length":                                                               "4",
		"document.querySelectorAll('table.grid thead tr:last-child th').length":                                                 "31",
		"[...document.querySelectorAll('table.grid thead th[colspan]')].map(e => e.innerText).join()":                           "Jan 2026,Dec",
		"[...document.querySelectorAll('table.grid td a')].every(a => a.title.match(/(fixed|effect|fault)/))":                   "true",
		"[...document.querySelectorAll('table.grid td a')].every(a => a.offsetWidth == 28 && a.offsetHeight == 28)":             "true",
		"document.querySelectorAll('table.grid td .moved').length":                                                              "5",
		"[...new Set([...document.querySelectorAll('table.grid td.trouble a')].map(a => a.innerText.slice(0, 1)))].sort() + ''": "!,\u2717",
		"new Set([...document.querySelectorAll('table.grid td a')].map(a => getComputedStyle(a).backgroundColor)).size":         "2",
		"document.images.length": "0",
	} {
		assert.Equal(t, want, b.Eval(expression), expression)
	}
	b.Follow(func() { b.Eval("document.querySelector('table.grid th a').click()") })
	assert.Equal(t, "2", b.Eval("document.querySelectorAll('figure svg.chart').length"), "pc and cmp")
	assert.Empty(t, b.Eval(clipped))
	assert.Contains(t, b.Eval("document.querySelector('.changes').innerText"), "compiler: aarch64-linux-gnu-gcc 13")
	b.Follow(func() { b.Eval("document.querySelector('tbody th a').click()") })
	assert.Equal(t, "Fixed: ", b.Eval("document.querySelector('.lead').innerText.slice(0, 7)"))
	b.Follow(func() { b.Eval("document.querySelector('nav a').click()") })
	assert.Equal(t, "nightly: 6.12 arm64 acquire", b.Eval("document.querySelector('h1').innerText"))
	assert.Empty(t, b.Complaints())
}

// Without a mouse: by Tab to a run and by Enter into its report, and cells can be asked for.
func TestHistoryByKeyboard(t *testing.T) {
	root := serve(t)
	b := report.StartBrowser(t, root)
	b.Open(root)
	reached := map[string]bool{}
	for range 16 {
		b.Press("Tab", "Tab", 9, "")
		reached[b.Eval("document.activeElement.tagName + ' ' + (document.activeElement.className || document.activeElement.name || '')")] = true
		if b.Eval("document.activeElement.closest('td') !== null") == "true" {
			break
		}
	}
	for _, want := range []string{"A skip", "INPUT cell", "INPUT nights", "BUTTON ", "DIV scroll"} {
		assert.True(t, reached[want], "%s: %v", want, reached)
	}
	b.Follow(func() { b.Press("Enter", "Enter", 13, "\r") })
	assert.Contains(t, b.Eval("location.pathname"), "/run/")
	b.Open(root)
	b.Eval("document.querySelector('input[name=cell]').focus(); document.querySelector('input[name=cell]').value = '*x86_64*'; 0")
	b.Follow(func() { b.Press("Enter", "Enter", 13, "\r") })
	assert.Equal(t, "1", b.Eval("document.querySelectorAll('table.grid tbody tr').length"))
	assert.Empty(t, b.Complaints())
}
