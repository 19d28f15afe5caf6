// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	_ "embed"
	"html/template"
	"io"

	"kcovrig/rig/barrier"
	"kcovrig/rig/report/page"
	"kcovrig/rig/report/words"
)

//go:embed barriers.html
var barriersHTML string

var pages = template.Must(template.Must(page.Reports.Clone()).New("barriers.html").Funcs(template.FuncMap{
	"answer": answer, "where": where, "seen": seen, "heading": heading, "less": lessWords, "seenWith": seenWith, "seenAltered": seenAltered, "disagreements": disagreements,
	"together": together, "more": func(r barrier.Report, g several) string { return g.more(r) },
	"sentence": Sentence, "oneLine": words.OneLine, "grounds": grounds, "printable": printable,
	"modelWithout": modelWithout, "modelWith": modelWith, "modelUnder": modelUnder, "sentences": sentences,
}).Parse(barriersHTML))

// html is one file that fetches nothing and runs nothing.
func html(w io.Writer, r barrier.Report) error { return page.Write(w, pages, "barriers.html", r) }
