// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
)

// maxText bounds a patch file: the whole of Linux is smaller than twice that.
const maxText = 256 << 20

// errLarge is a file beyond maxText.
var errLarge = fmt.Errorf("it is larger than %d MiB", maxText>>20)

// Plain undoes what is put around a text: gzip, a byte order mark, UTF-16.
func Plain(content []byte) (string, error) {
	if len(content) > maxText {
		return "", errLarge
	}
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return "", fmt.Errorf("damaged gzip: %w", err)
		}
		inner, err := io.ReadAll(io.LimitReader(r, maxText+1))
		switch {
		case len(inner) > maxText:
			return "", errLarge
		case err != nil:
			return "", fmt.Errorf("damaged gzip: %w", err)
		case bytes.HasPrefix(inner, []byte{0x1f, 0x8b}):
			return "", errors.New("it was packed by gzip more than once")
		}
		return Plain(inner)
	}
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if bytes.HasPrefix(content, []byte(mark)) {
			units := make([]uint16, 0, len(content)/2)
			for i := 2; i+1 < len(content); i += 2 {
				units = append(units, order.Uint16(content[i:]))
			}
			return string(utf16.Decode(units)), nil
		}
	}
	return strings.TrimPrefix(string(content), "\xef\xbb\xbf"), nil
}

// headerCR is a line of a diff's header that ends as on Windows.
var headerCR = regexp.MustCompile(`(?m)^(diff --git |Index: |--- |\+\+\+ |@@ -).*\r$`)

// unixLines takes the carriage returns away that came with the file. Those of the
// changed file itself stay: then the header's lines have none.
func unixLines(text string) string {
	if headerCR.MatchString(text) {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}
