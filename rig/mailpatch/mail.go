// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// document is a text that may hold a patch, and the mail it is from.
type document struct {
	subject, from, id string
	texts             []string // readings of it, the likeliest first
	html              bool
}

// diffStart begins what changes a file.
var diffStart = regexp.MustCompile(`(?m)^(diff --git .|--- .*\r?\n\+\+\+ .*\r?\n@@ -)`)

func (d document) hasDiff() bool { return !d.html && diffStart.MatchString(d.texts[0]) }

// mboxLine begins each mail of an mbox, and each file of git format-patch.
var mboxLine = regexp.MustCompile(`(?m)^From \S+(?: at \S+)?[ \t]+(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*\d\d:\d\d.*$`)

// headerLine is the first line of a mail that is no mbox.
var headerLine = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*:`)

// quotedFrom is a line that an mbox holds quoted.
var quotedFrom = regexp.MustCompile(`(?m)^>(>*From )`)

// maxDepth bounds mails within mails.
const maxDepth = 8

// documents splits text into its mails, and those into their parts.
func documents(text string, depth int) ([]document, error) {
	if depth > maxDepth {
		return nil, errors.New("mails lie within mails, too deep")
	}
	var starts []int
	for _, at := range mboxLine.FindAllStringIndex(text, -1) {
		starts = append(starts, at[0])
	}
	if len(starts) == 0 || strings.TrimSpace(text[:starts[0]]) != "" {
		starts = append([]int{0}, starts...)
	}
	var docs []document
	for i, start := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		more, err := oneMail(text[start:end], depth)
		if err != nil {
			return nil, err
		}
		docs = append(docs, more...)
	}
	return docs, nil
}

// oneMail reads one mail; what is none is a text.
func oneMail(text string, depth int) ([]document, error) {
	body := text
	if at := mboxLine.FindStringIndex(text); at != nil && at[0] == 0 {
		_, body, _ = strings.Cut(text, "\n")
		body = quotedFrom.ReplaceAllString(body, "$1")
	}
	body = strings.TrimLeft(body, "\r\n")
	var m *mail.Message
	if headerLine.MatchString(body) {
		m, _ = mail.ReadMessage(strings.NewReader(body)) // an error: it is none
	}
	if m == nil || m.Header.Get("Subject")+m.Header.Get("From")+m.Header.Get("Content-Type")+m.Header.Get("Date") == "" {
		return []document{{texts: []string{body}}}, nil
	}
	docs, err := parts(m.Header.Get, m.Body, depth)
	if err != nil {
		return nil, err
	}
	word := mime.WordDecoder{CharsetReader: charsetReader}
	decoded := func(key string) string {
		if text, err := word.DecodeHeader(m.Header.Get(key)); err == nil {
			return text
		}
		return m.Header.Get(key)
	}
	for i := range docs {
		d := &docs[i]
		if d.subject == "" { // an attached mail has its own
			d.subject, d.from = decoded("Subject"), decoded("From")
		}
		if d.id == "" {
			d.id = m.Header.Get("Message-Id")
		}
	}
	return docs, nil
}

// parts reads a mail's body, or a part of one.
func parts(header func(string) string, body io.Reader, depth int) ([]document, error) {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		return several(multipart.NewReader(body, params["boundary"]), depth)
	}
	switch strings.ToLower(strings.TrimSpace(header("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(io.LimitReader(body, maxText+1))
	if errors.Is(err, io.ErrUnexpectedEOF) && !diffStart.Match(content) {
		return nil, nil // cut off, as a signature may be; it is no patch
	}
	if err != nil {
		return nil, fmt.Errorf("damaged mail: %w", err)
	}
	if kind == "message/rfc822" {
		return documents(string(content), depth+1)
	}
	text, err := Plain(content)
	if err != nil {
		return nil, err
	}
	if charset := strings.ToLower(params["charset"]); charset != "" && charset != "utf-8" && charset != "us-ascii" {
		if r, err := charsetReader(charset, strings.NewReader(text)); err == nil {
			if decoded, err := io.ReadAll(r); err == nil {
				text = string(decoded)
			}
		}
	}
	if strings.EqualFold(params["format"], "flowed") {
		return []document{{texts: []string{flowed(text, strings.EqualFold(params["delsp"], "yes")), unstuffed(text), text}}}, nil
	}
	if disposition, _, _ := mime.ParseMediaType(header("Content-Disposition")); disposition == "attachment" || !strings.HasPrefix(kind, "text/") {
		return documents(text, depth+1) // git format-patch's file, attached
	}
	return []document{{texts: []string{text}, html: kind == "text/html"}}, nil
}

// several reads a mail's parts; equal ones count once, such as a patch that was
// pasted and attached.
func several(r *multipart.Reader, depth int) ([]document, error) {
	if depth > maxDepth {
		return nil, errors.New("mails lie within mails, too deep")
	}
	var docs []document
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) || err != nil && len(docs) > 0 { // cut off behind a part that is whole
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("damaged mail: %w", err)
		}
		more, err := parts(part.Header.Get, part, depth+1)
		if err != nil {
			return nil, err
		}
		docs = append(docs, more...)
	}
}

// charsetReader turns what a mail says its letters are into UTF-8.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return encoding.NewDecoder().Reader(r), nil
}

// flowed joins the lines that format=flowed (RFC 3676) has broken.
func flowed(text string, delSpace bool) string {
	var out bytes.Buffer
	for line := range strings.Lines(unstuffed(text)) {
		ended := strings.TrimRight(line, "\r\n")
		if !strings.HasSuffix(ended, " ") || ended == "-- " || ended == line {
			out.WriteString(line)
			continue
		}
		if delSpace {
			ended = ended[:len(ended)-1]
		}
		out.WriteString(ended)
	}
	return out.String()
}

// unstuffed takes away the blank that format=flowed puts before some lines.
func unstuffed(text string) string {
	var out bytes.Buffer
	for line := range strings.Lines(text) {
		out.WriteString(strings.TrimPrefix(line, " "))
	}
	return out.String()
}
