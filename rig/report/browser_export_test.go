// SPDX-License-Identifier: Apache-2.0

package report

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// Browser lets tests of what imports this package use its browser.
type Browser struct{ b *browser }

// TooPale is an expression that names texts of too little contrast.
const TooPale = tooPale

// StartBrowser starts one that may ask nothing but server.
func StartBrowser(t *testing.T, server string) Browser {
	t.Helper()
	b := startBrowser(t)
	u, err := url.Parse(server)
	require.NoError(t, err)
	b.server.Store(u)
	return Browser{b}
}

func (b Browser) Open(url string)               { b.b.t.Helper(); b.b.open(url) }
func (b Browser) Eval(expression string) string { b.b.t.Helper(); return b.b.eval(expression) }
func (b Browser) Complaints() []string          { b.b.t.Helper(); return b.b.complaints() }
func (b Browser) Look(name string, width int, scheme string) {
	b.b.t.Helper()
	b.b.look(name, width, scheme)
}

// Print takes a picture of the page as it is laid out for paper of that width.
func (b Browser) Print(name string, width int) {
	b.b.t.Helper()
	b.b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
	require.Equal(b.b.t, "true", b.b.eval("document.documentElement.scrollWidth <= innerWidth"), "%s: nothing sticks out of the paper", name)
	var shot struct{ Data string }
	b.b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	b.b.keep(name, shot.Data)
	b.b.call("Emulation.setEmulatedMedia", map[string]any{"media": ""}, nil)
}
func (b Browser) Call(method string, params, result any) {
	b.b.t.Helper()
	b.b.call(method, params, result)
}

// Follow does what loads another page, and waits for it.
func (b Browser) Follow(do func()) {
	b.b.t.Helper()
	b.b.events = nil
	do()
	for !b.b.saw("Page.loadEventFired") {
		b.b.next()
	}
}

// Press presses and releases a key.
func (b Browser) Press(key, code string, number int, text string) {
	b.b.t.Helper()
	kind := "rawKeyDown"
	if text != "" {
		kind = "keyDown"
	}
	for _, kind := range []string{kind, "keyUp"} {
		b.b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "text": text}, nil)
	}
}
