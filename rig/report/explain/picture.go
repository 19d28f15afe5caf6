// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"html"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// The picture's measures, in SVG units: what is written is of one width per letter, so that
// lines are broken here as they are on a terminal.
const (
	letter      = 7.25 // of the font, at textSize
	textSize    = 12
	lineHeight  = 16
	margin      = 16
	timeLetters = 9
	cellLetters = 40
	cellRoom    = (cellLetters + 2) * letter
	signRoom    = 24 // between a column's edge and its text
	rowGap      = 6
	whole       = timeLetters*letter + 2*(signRoom+cellRoom) // between the margins
	textLetters = timeLetters + 2*cellLetters + 8            // of what stands above and below the columns
)

// pictureStyle has the page's colours, for a picture that stands alone.
const pictureStyle = `text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1c2127; white-space: pre; }
.paper { fill: #fff; } .edge { stroke: #d5dae0; stroke-width: 2; } .held { stroke: #b3261e; stroke-width: 5; } .open { stroke-dasharray: 6 4; }
.tear { stroke: #56606b; stroke-dasharray: 2 4; } .what { font-weight: 700; } .faint { fill: #56606b; }
.alarm { fill: #b3261e; font-weight: 700; } .relief { fill: #0b57b8; } .late { fill: #b3261e; }
@media (prefers-color-scheme: dark) { text { fill: #e6e9ed; } .paper { fill: #14181d; } .edge { stroke: #3a424c; } .held { stroke: #ff8a80; }
.tear { stroke: #a7b0ba; } .faint { fill: #a7b0ba; } .alarm, .late { fill: #ff8a80; } .relief { fill: #82b4ff; } }`

// Picture is the page's drawing of witness n as an SVG file, for pages that are not made here.
func Picture(d result.Document, n int) string {
	t := Draw("w", d, n)
	p := picture{y: margin + textSize}
	p.paragraph("what", t.Title)
	p.y += rowGap
	p.text(column(0), "what", t.Heads[0])
	p.text(column(1), "what", t.Heads[1])
	top := p.y + rowGap
	p.y += lineHeight + rowGap
	for _, r := range t.Rows {
		p.row(r)
	}
	for at := range t.Heads {
		fmt.Fprintf(&p.edges, "<path class=\"edge\" d=\"M%s %dV%d\"/>\n", number(column(at)-signRoom), top, p.y-lineHeight+rowGap)
	}
	p.y += rowGap
	p.paragraph("", t.Text)
	var legend []string
	for _, s := range Signs {
		legend = append(legend, s[0]+" "+s[1])
	}
	p.paragraph("faint", strings.Join(legend, "; "))
	width, height := number(2*margin+whole), p.y-lineHeight+margin
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%[1]s\" height=\"%[2]d\" viewBox=\"0 0 %[1]s %[2]d\" role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">%[3]s</title>\n<desc id=\"d\">%[4]s</desc>\n<style>%[5]s</style>\n<rect class=\"paper\" width=\"%[1]s\" height=\"%[2]d\"/>\n%[6]s</svg>\n",
		width, height, escaped(t.Title), escaped(t.Text), pictureStyle, p.edges.String()+p.held.String()+p.b.String())
}

// picture is what was drawn so far, and the line that comes next.
type picture struct {
	edges, held, b strings.Builder // in the order in which they are drawn
	y              int
}

// column is where the text of a column begins.
func column(n int) float64 {
	return margin + timeLetters*letter + signRoom + float64(n)*(cellRoom+signRoom)
}

func number(x float64) string { return fmt.Sprintf("%.4g", x) }

func escaped(text string) string { return html.EscapeString(words.OneLine(text)) }

// text writes a line of a class, its beginning at x.
func (p *picture) text(x float64, class, text string) {
	if class != "" {
		class = fmt.Sprintf(" class=%q", class)
	}
	fmt.Fprintf(&p.b, "<text x=\"%s\" y=\"%d\"%s>%s</text>\n", number(x), p.y, class, html.EscapeString(printed(text)))
}

// printed is text that does nothing but stand there, its blanks kept.
func printed(text string) string {
	blanks := len(text) - len(strings.TrimLeft(text, " "))
	return text[:blanks] + words.OneLine(text)
}

// paragraph writes a text over the picture's whole width.
func (p *picture) paragraph(class, text string) {
	for _, line := range words.Wrap(printed(text), textLetters) {
		p.text(margin, class, strings.TrimLeft(line, " "))
		p.y += lineHeight
	}
}

// row draws a moment: its time, and what happened in the two columns.
func (p *picture) row(r DrawnRow) {
	if r.Torn != "" {
		fmt.Fprintf(&p.edges, "<path class=\"tear\" d=\"M%s %dH%s\"/>\n", number(column(0)-signRoom), p.y-lineHeight/2+rowGap, number(column(1)+cellRoom))
		p.y += lineHeight
		p.text(column(0), "faint", r.Torn+" pass")
		p.y += lineHeight
	}
	begins, ends := p.y, p.y+lineHeight
	p.text(margin, "faint", fmt.Sprintf("%*s", timeLetters-1, r.Time))
	for n, cell := range []Cell{r.Left, r.Right} {
		p.y = begins
		if cell.Sign != "" {
			class := ""
			if cell.Old || r.Kind == trial.Delayed || r.Kind == trial.Drained {
				class = "late"
			}
			p.text(column(n)-signRoom+8, class, cell.Sign)
		}
		for _, l := range cell.Lines {
			for _, line := range words.Wrap(printed(l.Text), cellLetters) {
				p.text(column(n), l.Class, line)
				p.y += lineHeight
			}
		}
		ends = max(ends, p.y)
	}
	p.y = ends + rowGap
	for n, cell := range []Cell{r.Left, r.Right} {
		if cell.Held != "" {
			fmt.Fprintf(&p.held, "<path class=%q d=\"M%s %dV%d\"/>\n", cell.Held, number(column(n)-signRoom), begins-lineHeight+rowGap/2, p.y-lineHeight+rowGap/2)
		}
	}
}
