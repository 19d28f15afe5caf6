// SPDX-License-Identifier: Apache-2.0

// Package page is what pages in HTML have in common: the templates, their style and
// what a content security policy may name. A page is one file: its style is inlined,
// its plots are SVG, and its policy forbids it to fetch anything or to run scripts.
// What a page shows it leaves to the reports.
package page

import (
	"bytes"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"unicode"

	"kcovrig/rig/disk"
	"kcovrig/rig/report/explain"
	"kcovrig/rig/report/words"
	"kcovrig/rig/wording"
)

//go:embed *.html page.css history
var files embed.FS

// Reports holds the templates of reports, page.html first.
var Reports = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"percent": words.Percent, "span": words.Span, "power": words.Power, "unbroken": words.Unbroken, "css": style, "capital": words.Capital, "said": newSaid,
	"eventHead": func() []string { return explain.EventColumns }, "signs": func() [][2]string { return explain.Signs },
}).ParseFS(files, "*.html"))

// Write fills in a template. What moves a cursor, or turns the direction of the text
// around, is shown as a question mark: names, consoles and patches may hold anything.
func Write(w io.Writer, pages *template.Template, name string, data any) error {
	var b bytes.Buffer // so that an error leaves no half page
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	_, err := w.Write(bytes.Map(visible, b.Bytes()))
	return err
}

func visible(r rune) rune {
	if r == '\n' || r == '\t' || unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) {
		return r
	}
	return '?'
}

// said is a count, and the words to tell it in.
type said struct {
	Count any
	Words wording.Words
}

func newSaid(count any, words wording.Words) said { return said{count, words} }

// History is the templates of the history's pages, which share the reports' style
// and parts, with further functions.
func History(functions template.FuncMap) *template.Template {
	return template.Must(template.Must(Reports.Clone()).Funcs(template.FuncMap{"historyCSS": historyStyle}).Funcs(functions).ParseFS(files, "history/*.html"))
}

func style() (template.CSS, error) {
	text, err := files.ReadFile("page.css")
	return template.CSS(text), err // our own file
}

func historyStyle() (template.CSS, error) {
	text, err := files.ReadFile("history/history.css")
	return template.CSS(text), err // our own file
}

// StyleHashes are the sources that a content security policy may name for the
// style elements of reports and of the history's pages.
func StyleHashes() ([]string, error) {
	var list []string
	for _, of := range []func() (template.CSS, error){style, historyStyle} {
		text, err := of()
		if err != nil {
			return nil, err
		}
		sum := disk.NewHash()
		sum.Write([]byte(text))
		list = append(list, "'sha256-"+base64.StdEncoding.EncodeToString(sum.Sum(nil))+"'")
	}
	return list, nil
}
