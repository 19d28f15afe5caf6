// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/reporttest"
)

// artifacts is where the pictures stay, for whoever wants to look at them.
const artifacts = "../../bin/reports"

// writePage renders runs into a file and returns its address.
func writePage(t *testing.T, html string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(path, []byte(html), 0o644))
	return "file://" + path
}

func (b *browser) keep(name, encoded string) {
	b.t.Helper()
	data, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(b.t, err)
	require.Greater(b.t, len(data), 10_000, name)
	require.NoError(b.t, os.MkdirAll(artifacts, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(artifacts, name), data, 0o644))
}

// look sets the screen and takes a picture of the whole page.
func (b *browser) look(name string, width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]string{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	assert.Equal(b.t, "true", b.eval("document.documentElement.scrollWidth <= innerWidth"), "%s: nothing sticks out sideways", name)
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	b.keep(name, shot.Data)
}

// tooPale counts texts, in the page and in its drawings, whose contrast to the
// page is below 4.5, WCAG 2.2's level AA; squares of a grid have a ground of their own.
const tooPale = `(() => {
  const lum = c => { const v = c.match(/[\d.]+/g).slice(0, 3).map(x => { x /= 255; return x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
  const paper = lum(getComputedStyle(document.body).backgroundColor), bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) {
    const e = n.parentElement, s = getComputedStyle(e);
    if (!n.data.trim() || e.closest('title, desc, style, table.grid td')) continue;
    const l = lum(e.namespaceURI.endsWith('svg') ? s.fill : s.color);
    if ((Math.max(l, paper) + .05) / (Math.min(l, paper) + .05) < 4.5) bad.push(n.data);
  }
  return bad.join('; ');
})()`

func TestPageInABrowser(t *testing.T) {
	b := startBrowser(t)
	for _, name := range append([]string{"all"}, samples...) {
		names := []string{name}
		if name == "all" {
			names = samples
		}
		b.open(writePage(t, render(t, "html", reporttest.Load(t, names...))))
		for _, width := range []int{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				b.look(fmt.Sprintf("%s-%d-%s.png", name, width, scheme), width, scheme)
				assert.Empty(t, b.eval(tooPale), "%s, %s", name, scheme)
			}
		}
		assert.Empty(t, b.complaints(), name)
	}
}

func TestPageHasItsParts(t *testing.T) {
	b := startBrowser(t)
	b.open(writePage(t, render(t, "html", reporttest.Load(t, "readers"))))
	for expression, want := range map[string]string{
		"document.querySelectorAll('table.rates tbody tr').length":                                           "4",
		"document.querySelectorAll('table.rates td')[0].innerText.includes('61.4 to 80.1 %')":                "true",
		"document.querySelectorAll('figure:not(.timeline) svg.chart path').length > 40":                      "true",
		"document.querySelectorAll('.story .event').length":                                                  "10",
		"document.querySelectorAll('.story .old').length":                                                    "1",
		"document.querySelectorAll('.story td:nth-child(2).held').length":                                    "7",
		"document.querySelectorAll('.story td:nth-child(3).held').length":                                    "0",
		"document.querySelectorAll('.story .torn').length":                                                   "1",
		"[...document.querySelectorAll('svg.chart')].every(s => s.getBBox().height > 100)":                   "true",
		"[...document.querySelectorAll('figure')].every(f => f.querySelector('details table'))":              "true",
		"document.querySelector('.command').innerText.startsWith('kcovrig compare --scenario=ring --arch=')": "true",
		"document.querySelector('.lead').innerText.startsWith('Fixed: ')":                                    "true",
		"document.scripts.length": "0",
	} {
		assert.Equal(t, want, b.eval(expression), expression)
	}
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value any }
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	named := map[string]int{}
	for _, n := range tree.Nodes {
		role := fmt.Sprint(n.Role.Value)
		if !n.Ignored && fmt.Sprint(n.Name.Value) != "" && n.Name.Value != nil {
			named[role]++
		}
		assert.False(t, !n.Ignored && (role == "image" || role == "img") && (n.Name.Value == nil || n.Name.Value == ""), "a picture without a name")
	}
	assert.Equal(t, 4, named["image"]+named["img"], "4 plots: %v", named)
	assert.GreaterOrEqual(t, named["heading"], 6, "%v", named)
}

// The two vCPUs stand side by side, on a phone too, and a moment is in one column.
func TestWitnessInColumns(t *testing.T) {
	b := startBrowser(t)
	b.open(writePage(t, render(t, "html", reporttest.Load(t, "fixed"))))
	for _, width := range []int{390, 1280} {
		b.look(fmt.Sprintf("columns-%d.png", width), width, "light")
		assert.Equal(t, "true", b.eval(`[...document.querySelectorAll('.story .event')].every(r => {
			const [left, right] = [...r.querySelectorAll('td')].map(c => c.getBoundingClientRect());
			return left.right <= right.left + 1 && Math.abs(left.width - right.width) < 2 && left.width > 100 && left.top == right.top;
		})`), "%d", width)
		assert.Equal(t, "true", b.eval(`[...document.querySelectorAll('.story .event')].every(r => [...r.querySelectorAll('td')].filter(c => c.innerText.trim()).length == 1)`))
		assert.Equal(t, "true", b.eval(`[...document.querySelectorAll('.story .line')].every(l => l.scrollWidth <= l.clientWidth)`), "no text is cut at %d", width)
	}
}

// The patch, the code and the consoles are a click away: a link at the top opens them.
func TestEvidenceIsAClickAway(t *testing.T) {
	b := startBrowser(t)
	b.open(writePage(t, render(t, "html", reporttest.Load(t, "fixed"))))
	for _, id := range []string{"r1-patch0", "r1-code", "r1-console0", "r1-console1"} {
		open := fmt.Sprintf("document.getElementById('%s').closest('details').open", id)
		assert.Equal(t, "false", b.eval(open), id)
		b.eval(fmt.Sprintf("document.querySelector('.links a[href=\"#%s\"]').click()", id))
		assert.Equal(t, "true", b.eval(open), id)
	}
	for _, width := range []int{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(fmt.Sprintf("evidence-%d-%s.png", width, scheme), width, scheme)
			assert.Empty(t, b.eval(tooPale), scheme)
		}
	}
	assert.Equal(t, "1", b.eval("document.querySelectorAll('.code td.orders').length"))
	assert.Equal(t, "dmb ishst", b.eval("document.querySelector('.code td.orders code').innerText"))
	assert.Empty(t, b.complaints())
}

// Everything that scrolls or opens can be reached without a mouse.
func TestPageByKeyboard(t *testing.T) {
	b := startBrowser(t)
	b.open(writePage(t, render(t, "html", reporttest.Load(t, "readers"))))
	reached := map[string]bool{}
	for range 40 {
		for _, kind := range []string{"rawKeyDown", "keyUp"} {
			b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}, nil)
		}
		reached[b.eval("document.activeElement.tagName + ' ' + document.activeElement.className")] = true
	}
	for _, want := range []string{"DIV scroll", "SUMMARY ", "PRE command"} {
		assert.True(t, reached[want], "%s: %v", want, reached)
	}
}

func TestPageInPrint(t *testing.T) {
	b := startBrowser(t)
	b.open(writePage(t, render(t, "html", reporttest.Load(t, "readers"))))
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print", "features": []any{map[string]string{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	assert.Equal(t, "rgb(255, 255, 255)", b.eval("getComputedStyle(document.body).backgroundColor"), "paper is white in the dark too")
	assert.Empty(t, b.eval(tooPale))
	for _, name := range samples {
		b.open(writePage(t, render(t, "html", reporttest.Load(t, name))))
		var pdf struct{ Data string }
		b.call("Page.printToPDF", map[string]any{}, &pdf)
		b.keep(name+".pdf", pdf.Data)
		assert.Less(t, emptyPaper(t, b, pdf.Data), .1, "%s: how much of the pages before the last is empty", name)
	}
}

// emptyPaper is how much of a print's pages before the last is empty at least, as a share:
// what the page's height on paper does not fill, were the last one full. Paper is Chromium's,
// 8.5 by 11 inches with margins of 1 cm.
func emptyPaper(t *testing.T, b *browser, encoded string) float64 {
	t.Helper()
	const width, height = 740, 980.4 // at 96 dpi
	pdf, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	pages := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
	require.Positive(t, pages)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	filled, err := strconv.ParseFloat(b.eval("document.body.getBoundingClientRect().height"), 64)
	require.NoError(t, err)
	return (float64(pages-1)*height - filled) / (float64(max(1, pages-1)) * height)
}

// The checks above can fail: each fault that they look for is found in a spoilt page.
func TestBrowserFindsFaults(t *testing.T) {
	b := startBrowser(t)
	good := render(t, "html", reporttest.Load(t, "fixed"))
	policy := `<meta http-equiv="Content-Security-Policy"`
	for name, bad := range map[string]string{
		"forbidden picture": strings.Replace(good, "<main>", `<main><img alt="" src="http://example.invalid/x.png">`, 1),
		"fetched picture":   strings.Replace(strings.Replace(good, policy, "<meta", 1), "<main>", `<main><img alt="" src="http://example.invalid/x.png">`, 1),
		"script":            strings.Replace(strings.Replace(good, policy, "<meta", 1), "<main>", `<main><script>undefined.x</script>`, 1),
	} {
		require.NotEqual(t, good, bad)
		b.open(writePage(t, bad))
		assert.NotEmpty(t, b.complaints(), name)
	}
	b.open(writePage(t, strings.Replace(good, "--soft: #56606b", "--soft: #a7b0ba", 1)))
	assert.NotEmpty(t, b.eval(tooPale))
	assert.Empty(t, func() string { b.open(writePage(t, good)); return b.eval(tooPale) }())
}
